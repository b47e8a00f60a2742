//! Wire types of the jobs API: jobs, their failures, retries, and previews of imports.

use serde::{Deserialize, Serialize};

use super::{ImageFailure, JobState};

/// One job: in the list of jobs, on its own, and in its events. Every field is always there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// Its id.
    pub job_id: String,
    /// Where it is.
    pub state: JobState,
    /// The same in the original's words: `processing`, or `completed` in every final state.
    pub status: String,
    /// How far its listing is: `total` is final only when that is done.
    pub listing: ListingState,
    /// The folder that it imports.
    pub folder_id: String,
    /// The folder's name; `null` until it is known, or where Drive does not say.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub folder_name: Option<String>,
    /// Opens the folder in Google Drive.
    pub folder_url: String,
    /// Subfolders are imported too.
    pub recursive: bool,
    /// The job whose failed and cancelled images it tries again.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub retry_of: Option<String>,
    /// RFC 3339, UTC.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub created_at: Option<String>,
    /// RFC 3339, UTC; `null` while it runs.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub ended_at: Option<String>,
    /// Images that are known.
    pub total: u64,
    /// Images that are stored, newly or since before.
    pub processed: u64,
    /// Images that failed.
    pub failed: u64,
    /// Images that were stopped before they were stored.
    pub cancelled: u64,
    /// Bytes of the images that are stored.
    pub bytes_done: u64,
    /// Bytes of all images that are known, where the listing tells.
    pub bytes_total: u64,
    /// Images with an outcome per second, on average since the start; `null` where there is none.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub images_per_second: Option<f64>,
    /// Bytes stored per second, on average since the start; `null` where there are none.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub bytes_per_second: Option<f64>,
    /// An estimate of the seconds until its end; `null` while nobody can tell, and after the end.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub seconds_left: Option<u64>,
    /// Why it failed as a whole, and what to do.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error: Option<String>,
    /// What is waited for.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub waiting_reason: Option<String>,
    /// Until when, RFC 3339 in UTC.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub waiting_until: Option<String>,
}

/// How far a listing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ListingState {
    /// Pages are still to come.
    InProgress,
    /// All images are known.
    Done,
    /// It ended early: Drive refused the rest for good, or the job was stopped.
    Broken,
}

/// Answer to `GET /import/jobs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobPage {
    /// Newest first.
    pub jobs: Vec<Job>,
    /// As asked for.
    pub page: i64,
    /// As asked for.
    pub per_page: i64,
    /// Jobs in all.
    pub total: u64,
    /// Pages in all.
    pub total_pages: u64,
}

/// Answer to `POST /import/jobs/{job_id}/cancel`: 202, also when it was cancelled before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobCancelled {
    /// Always true.
    pub success: bool,
    /// The job.
    pub job_id: String,
    /// For a person.
    pub message: String,
    /// `cancelled`.
    pub state: JobState,
    /// Images that are known.
    pub total: u64,
    /// Images that were stored until now.
    pub processed: f64,
    /// Images that failed until now.
    pub failed: f64,
    /// Images that were stopped.
    pub cancelled: f64,
}

/// Answer to `POST /import/jobs/{job_id}/retry`: 202 with a job, or 200 when there is nothing to retry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetryStarted {
    /// For a person.
    pub message: String,
    /// The job whose images are tried again.
    pub retry_of: String,
    /// The new job, absent when there is nothing to retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// Images known so far: all of them unless `listing` says otherwise.
    pub total_images: u64,
    /// `in_progress` while more images are being taken over from the old job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<String>,
    /// What a retry cannot bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// One image that failed, as the list of failures answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailedImage {
    /// Which, and why.
    #[serde(flatten)]
    pub image: ImageFailure,
    /// Opens the image in Google Drive.
    pub drive_url: String,
}

/// Answer to `GET /import/jobs/{job_id}/failures`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailurePage {
    /// In the order of the listing.
    pub failures: Vec<FailedImage>,
    /// As asked for.
    pub page: i64,
    /// As asked for.
    pub per_page: i64,
    /// Failures in all.
    pub total: u64,
    /// Pages in all.
    pub total_pages: u64,
}

/// Answer to `POST /import/preview`: what an import of the folder would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportPreview {
    /// The folder.
    pub folder_id: String,
    /// Its name, where Drive says it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub folder_name: Option<String>,
    /// Opens it in Google Drive.
    pub folder_url: String,
    /// Subfolders were looked at too.
    pub recursive: bool,
    /// Folders that were looked at.
    pub folders: u64,
    /// Images in them.
    pub images: u64,
    /// Their bytes, where the listing tells.
    pub bytes: u64,
    /// Images that are stored already and have not changed; `null` where metadata cannot be asked.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub known: Option<u64>,
    /// Images that would be copied; `null` where `known` is.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub to_import: Option<u64>,
    /// What an import would leave out.
    pub skipped: SkippedByPreview,
    /// False when the time was up: there is more than is counted here.
    pub complete: bool,
    /// What was found out about an id that lists nothing, or why an import would be refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What an import would leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkippedByPreview {
    /// Folders in the folder: an import with `recursive` takes them too.
    pub subfolders: u64,
    /// Shortcuts: an import with `recursive` follows those to images and folders.
    pub shortcuts: u64,
    /// Files that are no images.
    pub other_files: u64,
    /// Images whose owner does not let others download them: they would fail.
    pub not_downloadable: u64,
    /// Subfolders that cannot be read: they would count as failed.
    pub unreadable_folders: u64,
}
