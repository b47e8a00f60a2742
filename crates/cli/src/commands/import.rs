//! `import`: starts an import, and may wait for its end.

use std::time::Instant;

use client::import::{ImportStarted, JobStatus, StartImport};
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::{Api, ApiArgs},
    exit::Verdict,
    output, progress,
};

/// Import the images of a public Google Drive folder
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// A link to the folder, or its id
    url: String,
    /// Import the images in subfolders too, and those that shortcuts point to
    #[arg(long)]
    recursive: bool,
    /// Wait for the end, and show how far it is; exit code 1 when an image failed
    #[arg(long)]
    watch: bool,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Import {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let api = self.api.open()?;
        let began = Instant::now();
        let import = StartImport { folder_url: self.url, recursive: self.recursive };
        let body = serde_json::to_value(&import)?;
        let answer = api.post(&["import", "google-drive"], Some(&body)).await?;
        let started = ImportStarted::deserialize(&answer)?;
        let Some(job) = started.job_id.filter(|_| self.watch) else {
            if self.json {
                output::json(&answer);
            } else {
                output::line(&output::sentence(&started.message));
                started.hint.iter().for_each(|hint| output::say(&output::sentence(hint)));
                answer["job_id"].as_str().iter().for_each(|job| output::line(job));
            }
            return Ok(Verdict::Good);
        };
        output::say(&format!("{} (job {job})", output::shown(&started.message)));
        watch(&api, &job, began, self.json).await
    }
}

/// Shows how far a job is until it ends, and then how it ended.
pub(crate) async fn watch(api: &Api, job: &str, started: Instant, as_json: bool) -> anyhow::Result<Verdict> {
    let ended = progress::watch(api, &[job.to_owned()], started).await?;
    let all_well = ended.iter().all(progress::went_well);
    ended.iter().for_each(say_failures);
    let status = progress::status(api, job, &[]).await?;
    if as_json {
        let mut line = json!({"job_id": job});
        if let (Some(line), Some(status)) = (line.as_object_mut(), status.as_object()) {
            line.extend(status.clone());
        }
        output::json(&line);
    } else {
        output::line(&super::status::summary(&status)?);
    }
    Ok(Verdict::of(all_well))
}

/// Says why what failed has failed.
pub(crate) fn say_failures(job: &JobStatus) {
    job.error.iter().for_each(|error| output::say(&format!("The job failed: {error}")));
    for failed in &job.failures {
        let failure = &failed.failure;
        let what = output::sentence(&format!("{} {}", failure.message, failure.advice));
        output::say(&format!("{}: {what}", output::shown(&failed.name)));
    }
}
