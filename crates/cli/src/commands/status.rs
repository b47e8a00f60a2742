//! `status`: how far a job is.

use std::fmt::Write;

use client::import::JobStatus;
use serde::Deserialize;
use serde_json::Value;

use crate::{api::ApiArgs, exit::Verdict, output, progress::Totals};

/// Show how far an import is
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// The id that the import answered
    id: String,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Status {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let status = self.api.open()?.get(&["import", "status", &self.id], &[]).await?;
        if self.json {
            output::json(&status);
        } else {
            output::line(&summary(&status)?);
            super::import::say_failures(&JobStatus::deserialize(&status)?);
        }
        Ok(Verdict::Good)
    }
}

/// A status in one line.
pub(crate) fn summary(status: &Value) -> anyhow::Result<String> {
    let job = JobStatus::deserialize(status)?;
    let totals = Totals::of(std::slice::from_ref(&job));
    let word = status["state"].as_str().unwrap_or(&job.status).to_owned();
    let mut text = format!(
        "{}: {} of {} images stored",
        output::paint(&word, totals.failed + totals.cancelled == 0),
        totals.processed,
        totals.total
    );
    for (number, what) in [(totals.failed, "failed"), (totals.cancelled, "cancelled")] {
        if number > 0 {
            let _ = write!(text, ", {number} {what}");
        }
    }
    Ok(text)
}
