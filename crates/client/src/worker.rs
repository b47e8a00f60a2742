//! The worker service: wire types and client. It owns tasks, one image each.

use serde::{Deserialize, Serialize};

use crate::{
    Calls, Error,
    call::{Call, Target},
    drive::File,
};

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
    /// The span that the work is a part of, as in the header of this name: that of the job, not of this call. Absent
    /// where there are no traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
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

/// Body of `POST /process-single` with `refresh`: a known image is stored anew from Drive, and its row gets the new
/// object; `id` and `created_at` stay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefreshImage {
    /// Makes the new object's key: never the same for two tries that may differ.
    pub job_id: String,
    /// The image in Drive; what Drive says about it now is what counts.
    pub file_data: File,
    /// Always true.
    pub refresh: bool,
}

/// Answer to `POST /process-single`: 200.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImageRefreshed {
    /// Always true.
    pub success: bool,
    /// The row as it is now.
    pub image: serde_json::Value,
}

/// Client of the worker service.
#[derive(Debug, Clone)]
pub struct Client {
    target: Target,
}

impl Client {
    /// A client of the service at `base`.
    pub fn new(base: url::Url, calls: impl Into<Calls>) -> Self {
        Self { target: Target::new("worker-service", base, calls) }
    }

    /// `POST /process-batch`.
    pub async fn process_batch(&self, batch: &Batch) -> Result<BatchAccepted, Error> {
        let url = self.target.url(&["process-batch"]);
        self.target.send_ok(Call::post(url).json(batch)).await?.json()
    }

    /// `POST /process-single` with `refresh`; answers when it is done.
    pub async fn refresh_image(&self, refresh: &RefreshImage) -> Result<ImageRefreshed, Error> {
        let url = self.target.url(&["process-single"]);
        self.target.send_ok(Call::post(url).json(refresh)).await?.json()
    }

    /// `POST /jobs/{job_id}/cancel`; `None` where the worker is the original's, which cannot cancel.
    pub async fn cancel_job(&self, job_id: &str) -> Result<Option<CancelAccepted>, Error> {
        let url = self.target.url(&["jobs", job_id, "cancel"]);
        let answer = self.target.send(Call::post(url)).await?;
        match answer.status {
            http::StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => answer.json().map(Some),
            _ => Err(answer.into_error()),
        }
    }
}
