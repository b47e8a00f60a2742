//! `delete`: removes one image.

use crate::{api::ApiArgs, exit::Verdict, output};

/// Delete an image: its entry and its object
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The number of the image, as `images` shows it
    id: u64,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Delete {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let answer = self.api.open()?.delete(&["images", &self.id.to_string()]).await?;
        if self.json {
            output::json(&answer);
        } else {
            output::line(answer["message"].as_str().unwrap_or("Deleted"));
        }
        Ok(Verdict::Good)
    }
}
