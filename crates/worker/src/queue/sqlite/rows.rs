//! Rows as values.

use std::sync::Arc;

use sqlx::{Row, sqlite::SqliteRow};

use super::QueueError;
use crate::task::{JobKey, JobState, Progress, Task};

/// From the columns `job_state` and `failure`.
pub(super) fn state_of(row: &SqliteRow) -> Result<JobState, QueueError> {
    Ok(match row.try_get::<&str, _>("job_state")? {
        "cancelled" => JobState::Cancelled,
        "failed" => JobState::Failed(serde_json::from_str(row.try_get("failure")?)?),
        _ => JobState::Open,
    })
}

/// From all columns of a task.
pub(super) fn task(row: &SqliteRow, job_state: JobState, has_twin: bool) -> Result<Task, QueueError> {
    let progress: Option<&str> = row.try_get("progress")?;
    let mut progress: Progress = progress.map(serde_json::from_str).transpose()?.unwrap_or_default();
    progress.maybe_stored |= row.try_get::<bool, _>("touched")? && progress.stored.is_none();
    Ok(Task {
        id: row.try_get("id")?,
        claim: row.try_get("claim")?,
        job: JobKey(row.try_get("job")?),
        job_state,
        file_id: row.try_get("file_id")?,
        file: Arc::new(serde_json::from_str(row.try_get("file")?)?),
        request_id: row.try_get("request_id")?,
        has_twin,
        progress,
        flying: None,
    })
}
