//! The worker service: wire types and client. It owns tasks, one image each.

use serde::{Deserialize, Serialize};

use crate::{Error, call::Target, drive::File};

/// Body of `POST /process-batch` as our import service sends it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Batch {
    /// The job the files belong to.
    pub job_id: String,
    /// At most `BATCH_SIZE` files, each as Drive listed it.
    pub files: Vec<File>,
    /// True when the sender understands `results` in `/import/update-status`. The original's import service does not
    /// send it; then the worker reports the original's counters too.
    #[serde(default)]
    pub accepts_results: bool,
}

/// Answer to `POST /process-batch`: 202, the files are written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BatchAccepted {
    /// Files in the batch.
    pub batch_size: u64,
    /// For a person.
    pub message: String,
    /// True when the worker reports outcomes by file. Absent from the original's worker, whose reports of failures do
    /// not say which file failed.
    #[serde(default)]
    pub reports_results: bool,
}

/// Answer to `POST /jobs/{id}/cancel`: 202.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CancelAccepted {
    /// Always true.
    pub success: bool,
    /// Tasks of the job that had not ended.
    pub cancelled: u64,
}

/// Client of the worker service.
#[derive(Debug, Clone)]
pub struct Client {
    target: Target,
}

impl Client {
    /// A client of the service at `base`.
    pub fn new(base: url::Url, http: reqwest::Client) -> Self {
        Self { target: Target::new("worker-service", base, http) }
    }

    /// `POST /process-batch`.
    pub async fn process_batch(&self, batch: &Batch) -> Result<BatchAccepted, Error> {
        let url = self.target.url(&["process-batch"]);
        self.target.send_ok(self.target.http.post(url).json(batch)).await?.json()
    }

    /// `POST /jobs/{job_id}/cancel`; `None` where the worker is the original's, which cannot cancel.
    pub async fn cancel_job(&self, job_id: &str) -> Result<Option<CancelAccepted>, Error> {
        let url = self.target.url(&["jobs", job_id, "cancel"]);
        let answer = self.target.send(self.target.http.post(url)).await?;
        match answer.status {
            http::StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => answer.json().map(Some),
            _ => Err(answer.into_error()),
        }
    }
}
