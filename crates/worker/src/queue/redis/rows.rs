//! Answers of the scripts as values.

use std::sync::Arc;

use client::import::{Failure, FileResult};
use redis::{FromRedisValue, Value, from_redis_value_ref};

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

/// Rows of which some may be anything, and the numbers of tasks that the script has set aside.
pub(super) type Found = (Vec<Value>, Vec<Vec<u8>>);

/// What can be read, and the numbers of the tasks that cannot.
pub(super) fn readable<Row: FromRedisValue, T>(
    rows: &[Value],
    read: impl Fn(Row) -> Result<T, QueueError>,
) -> (Vec<T>, Vec<Vec<u8>>) {
    let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
    for row in rows {
        match from_redis_value_ref(row).ok().and_then(|row| read(row).ok()) {
            Some(value) => readable.push(value),
            None => unreadable.extend(number_of(row)),
        }
    }
    (readable, unreadable)
}

/// The number of a task comes first.
fn number_of(row: &Value) -> Option<Vec<u8>> {
    let Value::Array(fields) = row else { return None };
    from_redis_value_ref(fields.first()?).ok()
}

/// A task that was leased.
pub(super) fn task(claimed: Claimed) -> Result<Task, QueueError> {
    let (id, claim, job, state, failure, file_id, file, request, is_touched, progress, has_twin) = claimed;
    let mut progress: Progress = match progress.as_str() {
        "" => Progress::default(),
        // it begins again, and an object may be there
        progress => serde_json::from_str(progress)
            .unwrap_or_else(|_| Progress { maybe_stored: true, ..Progress::default() }),
    };
    progress.maybe_stored |= is_touched && progress.stored.is_none();
    Ok(Task {
        id,
        claim,
        job: JobKey(job),
        job_state: job_state(&state, &failure),
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
    Ok(Ending { id, job: JobKey(job), result, job_state: job_state(&state, &failure), accepts_results })
}

/// The state of a job, from its two fields.
pub(super) fn job_state(state: &str, failure: &str) -> JobState {
    match state {
        "cancelled" => JobState::Cancelled,
        "failed" => JobState::Failed(serde_json::from_str(failure).unwrap_or_else(|_| unknown_failure())),
        _ => JobState::Open,
    }
}

/// Where the reason cannot be read.
fn unknown_failure() -> Failure {
    Failure {
        reason: "unexplained".to_owned(),
        message: "The import was stopped, and its reason was lost.".to_owned(),
        advice: "Retry the import.".to_owned(),
        attempts: 0,
    }
}
