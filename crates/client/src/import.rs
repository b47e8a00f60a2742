//! The import service: wire types and client. It owns jobs.

mod calls;
mod jobs;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::metadata::Image;

pub use calls::Client;
pub use jobs::{
    FailedImage, FailurePage, ImportPreview, Job, JobCancelled, JobPage, ListingState, RetryStarted,
    SkippedByPreview,
};

/// Body of `POST /import/google-drive` and of `POST /import/preview`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartImport {
    /// A link to a Google Drive folder, or its bare id.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub folder_url: String,
    /// The images in subfolders too, and those that shortcuts point to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recursive: bool,
}

/// Answer to `POST /import/google-drive`: 202 with a job, or 200 when the folder holds no image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportStarted {
    /// For a person.
    pub message: String,
    /// The job, absent when there is nothing to import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// Images known so far: all of them unless `listing` says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_images: Option<u64>,
    /// `in_progress` while the folder is still being listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<String>,
    /// What was found out about an id that lists nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Where a job is. The last three are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Pages of the folder are still being read; images are imported meanwhile.
    Listing,
    /// All images are known and being imported.
    Running,
    /// Everything waits for something that passes by itself: see `waiting_reason` and `waiting_until`.
    Waiting,
    /// Every image has an outcome.
    Completed,
    /// Stopped by a person.
    Cancelled,
    /// Ended as a whole: see `error`.
    Failed,
}

impl JobState {
    /// True for the states that nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }
}

impl fmt::Display for JobState {
    /// As on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listing => "listing",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        })
    }
}

/// Answer to `GET /import/status/{job_id}`.
///
/// Counters are JSON numbers, not integers: the original's wire lets a client add fractions.
/// `Entry` is how an entry of `imported` is held.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobStatus<Entry = Value> {
    /// `processing` or `completed` (the latter for every final state).
    pub status: String,
    /// Images that are known.
    pub total: u64,
    /// Images that are stored, newly or since before.
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub processed: serde_json::Number,
    /// Images that failed.
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub failed: serde_json::Number,
    /// One entry per stored image, in the order of completion: the image, or
    /// `{"error":"Image already exists","image":{…}}`. At most the newest 1,000.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<ImportedEntry>, required))]
    pub imported: Vec<Entry>,
    /// True when `imported` holds only the newest entries.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported_truncated: bool,
    /// Absent from services of the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required))]
    #[cfg_attr(feature = "openapi", schema(value_type = JobState, required))]
    pub state: Option<JobState>,
    /// Images that were stopped before they were stored.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub cancelled: u64,
    /// Bytes of the images that are stored.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub bytes_done: u64,
    /// Bytes of all images that are known, where the listing tells.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub bytes_total: u64,
    /// Why the whole job failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_reason: Option<String>,
    /// Until when, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_until: Option<String>,
    /// The newest failures, at most 100: each with file, reason and advice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<ImageFailure>,
}

/// An entry of `imported`, as our services write it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum ImportedEntry {
    /// An image that the job stored.
    Stored(Box<Image>),
    /// An image that was stored before.
    Known(KnownImage),
}

/// An image that was stored before a job came to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnownImage {
    /// `Image already exists`.
    pub error: String,
    /// The image as it is stored.
    pub image: Box<Image>,
}

/// One image that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageFailure {
    /// Its id in Drive.
    pub file_id: String,
    /// Its name in Drive.
    pub name: String,
    /// Why.
    #[serde(flatten)]
    pub failure: Failure,
}

/// Why an image, or a whole job, failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// Stable name of the reason in kebab-case, such as `download-quota-exceeded`.
    pub reason: String,
    /// What happened, for a person.
    pub message: String,
    /// What a person can do.
    pub advice: String,
    /// How often it was tried.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub attempts: u32,
}

/// How one image ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Stored now.
    Imported,
    /// Stored before.
    Known,
    /// Given up.
    Failed,
    /// Stopped by a person.
    Cancelled,
}

/// The outcome of one image, as our worker reports it. `Entry` is how `image` is held.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileResult<Entry = Value> {
    /// The file in Drive.
    pub file_id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// For `imported` the image object; for `known` `{"error":"Image already exists","image":{…}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Entry>,
    /// Bytes of the image as stored.
    #[serde(default)]
    pub bytes: u64,
    /// For `failed`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// What a worker waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// RFC 3339, UTC.
    pub until: String,
    /// For a person.
    pub reason: String,
}

/// Body of `POST /import/update-status`.
///
/// With `results` the counters of the original (`processed`, `failed`, `imported`) are ignored by our import
/// service; the original's import service reads only them. Never are both counted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct UpdateStatus {
    /// The job as the batch named it: text, or whatever a foreign client sent.
    pub job_id: Value,
    /// Outcomes by file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<FileResult>>,
    /// Set while everything waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Set when no image of the job can succeed (bad key, API disabled): the job ends as failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_failed: Option<Failure>,
    /// The original's increment of stored images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed: Option<u64>,
    /// The original's increment of failed images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// The original's list of stored images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Vec<Value>>,
}
