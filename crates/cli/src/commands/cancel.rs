//! `cancel`: stops a job.

use crate::{api::ApiArgs, exit::Verdict, output};

/// Stop an import; what is stored stays
#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    /// The id that the import answered
    id: String,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Cancel {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let answer = self.api.open()?.post(&["import", "jobs", &self.id, "cancel"], None).await?;
        if self.json {
            output::json(&answer);
        } else {
            output::line(answer["message"].as_str().unwrap_or("The import is being stopped"));
        }
        Ok(Verdict::Good)
    }
}
