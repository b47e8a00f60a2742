//! `jobs`: the imports there were, newest first.

use client::import::{Job, JobPage};
use serde::Deserialize;

use crate::{api::ApiArgs, exit::Verdict, output};

/// List the imports, newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Jobs {
    /// Which page
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    page: u64,
    /// Imports on a page
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    per_page: u64,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Jobs {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let (page, per_page) = (self.page.to_string(), self.per_page.to_string());
        let query = [("page", page.as_str()), ("per_page", per_page.as_str())];
        let answer = self.api.open()?.get(&["import", "jobs"], &query).await?;
        if self.json {
            output::json(&answer);
            return Ok(Verdict::Good);
        }
        let page = JobPage::deserialize(&answer)?;
        let rows: Vec<_> = page.jobs.iter().map(row).collect();
        output::line(&output::table(&["job", "started", "state", "stored", "failed", "folder"], &rows));
        output::say(&format!("Page {} of {}, {} imports in all", page.page, page.total_pages, page.total));
        Ok(Verdict::Good)
    }
}

fn row(job: &Job) -> Vec<String> {
    let folder = job.folder_name.as_deref().unwrap_or(&job.folder_id);
    vec![
        output::shown(&job.job_id),
        job.created_at.clone().unwrap_or_default(),
        job.state.to_string(),
        format!("{} of {}", job.processed, job.total),
        (job.failed + job.cancelled).to_string(),
        output::shown(folder),
    ]
}
