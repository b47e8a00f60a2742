//! Calls of the import service.

use super::{
    FailurePage, ImportPreview, ImportStarted, Job, JobPage, JobStatus, RetryStarted, StartImport,
    UpdateStatus,
};
use crate::{
    Calls, Error,
    call::{Call, Target},
};

/// Client of the import service, or of the gateway when `base` ends in `/api`.
#[derive(Debug, Clone)]
pub struct Client {
    target: Target,
}

impl Client {
    /// A client of the service at `base`.
    pub fn new(base: url::Url, calls: impl Into<Calls>) -> Self {
        Self { target: Target::new("import-service", base, calls) }
    }

    /// `POST /import/google-drive`.
    pub async fn start_import(&self, import: &StartImport) -> Result<ImportStarted, Error> {
        let url = self.target.url(&["import", "google-drive"]);
        self.target.send_ok(Call::post(url).json(import)).await?.json()
    }

    /// `GET /import/status/{job_id}`; `with_imported` asks for the list of stored images too.
    pub async fn job_status(&self, job_id: &str, with_imported: bool) -> Result<JobStatus, Error> {
        let mut url = self.target.url(&["import", "status", job_id]);
        if !with_imported {
            url.set_query(Some("imported=0"));
        }
        self.target.send_ok(Call::get(url)).await?.json()
    }

    /// `POST /import/update-status`.
    pub async fn update_status(&self, update: &UpdateStatus) -> Result<(), Error> {
        let url = self.target.url(&["import", "update-status"]);
        self.target.send_ok(Call::post(url).json(update)).await.map(drop)
    }

    /// `POST /import/preview`.
    pub async fn preview_import(&self, import: &StartImport) -> Result<ImportPreview, Error> {
        let url = self.target.url(&["import", "preview"]);
        self.target.send_ok(Call::post(url).json(import)).await?.json()
    }

    /// `GET /import/jobs`, one page, newest first.
    pub async fn list_jobs(&self, page: u64, per_page: u64) -> Result<JobPage, Error> {
        let url = self.page_url(&["import", "jobs"], page, per_page);
        self.target.send_ok(Call::get(url)).await?.json()
    }

    /// `GET /import/jobs/{job_id}`.
    pub async fn job(&self, job_id: &str) -> Result<Job, Error> {
        let url = self.target.url(&["import", "jobs", job_id]);
        self.target.send_ok(Call::get(url)).await?.json()
    }

    /// `POST /import/jobs/{job_id}/cancel`. Cancelling twice is fine; 409 when the job has ended otherwise.
    pub async fn cancel_job(&self, job_id: &str) -> Result<(), Error> {
        let url = self.target.url(&["import", "jobs", job_id, "cancel"]);
        self.target.send_ok(Call::post(url)).await.map(drop)
    }

    /// `POST /import/jobs/{job_id}/retry`. 409 while the job has not ended.
    pub async fn retry_job(&self, job_id: &str) -> Result<RetryStarted, Error> {
        let url = self.target.url(&["import", "jobs", job_id, "retry"]);
        self.target.send_ok(Call::post(url)).await?.json()
    }

    /// `GET /import/jobs/{job_id}/failures`, one page, in the order of the listing.
    pub async fn list_failures(&self, job_id: &str, page: u64, per_page: u64) -> Result<FailurePage, Error> {
        let url = self.page_url(&["import", "jobs", job_id, "failures"], page, per_page);
        self.target.send_ok(Call::get(url)).await?.json()
    }

    fn page_url(&self, path: &[&str], page: u64, per_page: u64) -> url::Url {
        let mut url = self.target.url(path);
        url.query_pairs_mut()
            .append_pair("page", &page.to_string())
            .append_pair("per_page", &per_page.to_string());
        url
    }
}
