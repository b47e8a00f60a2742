//! Answers of the scripts as values.

use std::sync::Arc;

use client::import::FileResult;

use super::QueueError;
use crate::{
    queue::Ending,
    task::{JobKey, JobState, Progress, Task},
};

/// What `claim.lua` answers for a task: number, lease, job, its state, why it failed, file id, record, request, whether an
/// object may exist, progress, whether the same bytes were there before.
pub(super) type Claimed = (i64, i64, String, String, String, String, String, String, bool, String, bool);

/// What `take_reports.lua` answers for an outcome: number, job, outcome, state of the job, why it failed, whether its
/// sender understands outcomes by file.
pub(super) type Ended = (i64, String, String, String, String, bool);

/// What `finish.lua` answers: state of the job, why it failed, whether its sender understands outcomes by file, whether the
/// report is in this worker's hands.
pub(super) type AboutEnd = (String, String, bool, bool);

/// A task that was leased.
pub(super) fn task(claimed: Claimed) -> Result<Task, QueueError> {
    let (id, claim, job, state, failure, file_id, file, request, is_touched, progress, has_twin) = claimed;
    let mut progress: Progress =
        if progress.is_empty() { Progress::default() } else { serde_json::from_str(&progress)? };
    progress.maybe_stored |= is_touched && progress.stored.is_none();
    Ok(Task {
        id,
        claim,
        job: JobKey(job),
        job_state: job_state(&state, &failure)?,
        file_id,
        file: Arc::new(serde_json::from_str(&file)?),
        request_id: Some(request).filter(|id| !id.is_empty()),
        has_twin,
        progress,
        flying: None,
    })
}

/// An outcome to be reported.
pub(super) fn outcome(ended: Ended) -> Result<Ending, QueueError> {
    let (id, job, outcome, state, failure, accepts_results) = ended;
    let result: FileResult = serde_json::from_str(&outcome)?;
    Ok(Ending { id, job: JobKey(job), result, job_state: job_state(&state, &failure)?, accepts_results })
}

/// The state of a job, from its two fields.
pub(super) fn job_state(state: &str, failure: &str) -> Result<JobState, QueueError> {
    Ok(match state {
        "cancelled" => JobState::Cancelled,
        "failed" => JobState::Failed(serde_json::from_str(failure)?),
        _ => JobState::Open,
    })
}
