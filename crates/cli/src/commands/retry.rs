//! `retry`: a new job of what failed, or was cancelled, in an old one.

use std::time::Instant;

use client::import::RetryStarted;
use serde::Deserialize;

use crate::{api::ApiArgs, exit::Verdict, output};

/// Try the failed and cancelled images of an import again
#[derive(Debug, clap::Args)]
pub(crate) struct Retry {
    /// The id that the import answered
    id: String,
    /// Wait for the end, and show how far it is; exit code 1 when an image failed
    #[arg(long)]
    watch: bool,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Retry {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let api = self.api.open()?;
        let began = Instant::now();
        let answer = api.post(&["import", "jobs", &self.id, "retry"], None).await?;
        let started = RetryStarted::deserialize(&answer)?;
        started.hint.iter().for_each(|hint| output::say(&output::sentence(hint)));
        if let Some(job) = started.job_id.filter(|_| self.watch) {
            output::say(&format!("{} (job {job})", output::sentence(&started.message)));
            return super::import::watch(&api, &job, began, self.json).await;
        }
        if self.json {
            output::json(&answer);
        } else {
            output::line(&output::sentence(&started.message));
            answer["job_id"].as_str().iter().for_each(|job| output::line(job));
        }
        Ok(Verdict::Good)
    }
}
