//! The task queue: what was accepted is written down, and leaves only when its outcome was taken by the import service.
//!
//! A file of a job is one task, however often it is sent. Whoever works on a task holds a lease; every write checks
//! that it still does. One interface, whatever the queue is kept in.

mod batch;
mod ending;
mod figures;
mod owner;
mod redis;
mod sqlite;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use client::{
    Secret,
    import::{Failure, FileResult},
};
use serde_json::Value;
use service::redis::Redis;

pub(crate) use self::ending::outcome_word;
use self::{
    ending::{Ending, reports},
    redis::RedisQueue,
    sqlite::SqliteQueue,
};
use crate::task::{JobKey, JobState, Task};

/// How long a task belongs to whoever took it, unless renewed.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// How often leases are renewed.
pub(crate) const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How long outcomes are remembered in a file, so that a resent batch does nothing again.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The queue cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueueError {
    /// The database.
    #[error("use the task queue")]
    Database(#[from] sqlx::Error),
    /// Redis.
    #[error("use the task queue")]
    Redis(#[from] service::redis::Error),
    /// Its schema.
    #[error("prepare the task queue")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// Its directory.
    #[error("open the directory of the task queue")]
    Directory(#[from] std::io::Error),
    /// What stands in it.
    #[error("read a task")]
    Content(#[from] serde_json::Error),
    /// What was to be written together with other things.
    #[error("write to the task queue")]
    OfAGroup(#[source] Arc<Self>),
}

impl QueueError {
    /// Logs that something could not be done, which is tried again.
    pub(crate) fn log(&self, what: &'static str) {
        let error = service::error::chain(self);
        if matches!(self, Self::Redis(_)) {
            // that it is away was said when it went
            tracing::debug!(error, "{what}");
        } else {
            tracing::error!(error, "{what}");
        }
    }
}

/// A batch to be written down.
#[derive(Debug, Clone)]
pub(crate) struct NewTasks {
    /// The job.
    pub(crate) job: JobKey,
    /// Whether its sender understands outcomes by file.
    pub(crate) accepts_results: bool,
    /// The request that brings it, and its place in a trace: [`client::trace::Origin`].
    pub(crate) request_id: Option<String>,
    /// The records, as sent.
    pub(crate) files: Vec<Value>,
}

/// Outcomes of one job that wait to be reported.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// The job.
    pub(crate) job: JobKey,
    /// Whether its sender understands outcomes by file.
    pub(crate) accepts_results: bool,
    /// Why the whole job failed.
    pub(crate) job_failure: Option<Failure>,
    /// Numbers of the tasks.
    pub(crate) ids: Vec<i64>,
    /// Their outcomes.
    pub(crate) results: Vec<FileResult>,
}

/// The queue. Clones are one.
#[derive(Debug, Clone)]
pub(crate) enum Queue {
    /// In a SQLite file, which several processes of one machine may share.
    Sqlite(SqliteQueue),
    /// In Redis, which the workers of all machines share.
    Redis(RedisQueue),
}

impl Queue {
    /// The queue in Redis where its URL is given, else in `worker.db` in `directory`. Tasks that this worker had in hand
    /// when it was stopped are ready again at once. Redis may be down; a file must open.
    pub(crate) async fn open(directory: &Path, redis_url: Option<&Secret>) -> Result<Self, QueueError> {
        match redis_url {
            Some(url) => Ok(Self::Redis(RedisQueue::open(Redis::new(url)?, directory))),
            None => SqliteQueue::open(directory).await.map(Self::Sqlite),
        }
    }

    /// What it is kept in, for `/ready`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "task-queue",
            Self::Redis(_) => "redis",
        }
    }

    /// Writes a batch down, whole or not at all. A file that has its outcome already is reported again, unless its
    /// sender never resends (an original): then it is a new wish, and runs again.
    pub(crate) async fn enqueue(&self, tasks: &NewTasks) -> Result<(), QueueError> {
        match self {
            Self::Sqlite(queue) => queue.enqueue(tasks).await,
            Self::Redis(queue) => queue.enqueue(tasks).await,
        }
    }

    /// Takes up to `limit` tasks, the jobs in turn; none whose file is in work elsewhere. Without `drive_is_open` only
    /// those that need no download.
    pub(crate) async fn claim(&self, limit: usize, drive_is_open: bool) -> Result<Vec<Task>, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.claim(limit, drive_is_open).await,
            Self::Redis(queue) => queue.claim(limit, drive_is_open).await,
        }
    }

    /// Renews leases, named by task and number of the lease; those that are still held, with the state of their job.
    pub(crate) async fn renew(&self, leases: &[(i64, i64)]) -> Result<Vec<(i64, JobState)>, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.renew(leases).await,
            Self::Redis(queue) => queue.renew(leases).await,
        }
    }

    /// Writes down how far a task has come; false when its lease was lost.
    pub(crate) async fn keep(&self, task: &Task) -> Result<bool, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.keep(task).await,
            Self::Redis(queue) => queue.keep(task).await,
        }
    }

    /// Gives a task back, to be run again after a wait; false when the lease was lost.
    pub(crate) async fn defer(&self, task: &Task, after: Duration) -> Result<bool, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.defer(task, after).await,
            Self::Redis(queue) => queue.defer(task, after).await,
        }
    }

    /// Writes the outcome of a task down; false when the lease was lost.
    pub(crate) async fn finish(&self, task: &Task, outcome: &FileResult) -> Result<bool, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.finish(task, outcome).await,
            Self::Redis(queue) => queue.finish(task, outcome).await,
        }
    }

    /// Writes down an image that is imported beside the queue, before its object may exist: number of the task and of its
    /// lease. Whoever finds it without a holder releases the object. `job` must be of this image alone.
    pub(crate) async fn journal(&self, job: &JobKey, file: &Value) -> Result<(i64, i64), QueueError> {
        match self {
            Self::Sqlite(queue) => queue.journal(job, file).await,
            Self::Redis(queue) => queue.journal(job, file).await,
        }
    }

    /// Such an image is over; false when the lease was lost.
    pub(crate) async fn forget(&self, task: &Task) -> Result<bool, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.forget(task).await,
            Self::Redis(queue) => queue.forget(task).await,
        }
    }

    /// Stops a job. Ends every task that is not in hand and has no object; the others are left to whoever runs them.
    /// Answers how many tasks had no outcome.
    pub(crate) async fn stop_job(&self, job: &JobKey, state: &JobState) -> Result<u64, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.stop_job(job, state).await,
            Self::Redis(queue) => queue.stop_job(job, state).await,
        }
    }

    /// Takes outcomes that wait to be reported, by job. They come again unless acknowledged.
    pub(crate) async fn take_reports(&self) -> Result<Vec<Report>, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.take_reports().await,
            Self::Redis(queue) => queue.take_reports().await,
        }
    }

    /// How many outcomes that were written down here wait at hand.
    pub(crate) fn written(&self) -> usize {
        match self {
            Self::Sqlite(queue) => queue.written(),
            Self::Redis(queue) => queue.written(),
        }
    }

    /// Takes those, without asking the queue.
    pub(crate) fn take_written(&self) -> Vec<Report> {
        match self {
            Self::Sqlite(queue) => queue.take_written(),
            Self::Redis(queue) => queue.take_written(),
        }
    }

    /// These outcomes were taken by the import service.
    pub(crate) async fn acknowledge(&self, ids: &[i64]) -> Result<(), QueueError> {
        match self {
            Self::Sqlite(queue) => queue.acknowledge(ids).await,
            Self::Redis(queue) => queue.acknowledge(ids).await,
        }
    }

    /// These outcomes were not taken: report them again after a wait.
    pub(crate) async fn return_reports(&self, ids: &[i64], after: Duration) -> Result<(), QueueError> {
        match self {
            Self::Sqlite(queue) => queue.return_reports(ids, after).await,
            Self::Redis(queue) => queue.return_reports(ids, after).await,
        }
    }

    /// Jobs with tasks that have no outcome.
    pub(crate) async fn open_jobs(&self) -> Result<Vec<JobKey>, QueueError> {
        let mut jobs = match self {
            Self::Sqlite(queue) => queue.open_jobs().await,
            Self::Redis(queue) => queue.open_jobs().await,
        }?;
        jobs.retain(|job| !job.is_single());
        Ok(jobs)
    }

    /// How long a job had neither a batch nor an outcome.
    pub(crate) async fn silence(&self, job: &JobKey) -> Result<Duration, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.silence(job).await,
            Self::Redis(queue) => queue.silence(job).await,
        }
    }

    /// Forgets outcomes and jobs that are old enough.
    pub(crate) async fn prune(&self) -> Result<(), QueueError> {
        match self {
            Self::Sqlite(queue) => queue.prune().await,
            Self::Redis(_) => Ok(()), // what is there for a while only, goes by itself
        }
    }

    /// Whether it can be written and keeps what it is given; else what is wrong, fit for anybody.
    pub(crate) async fn check(&self) -> Result<(), String> {
        match self {
            Self::Sqlite(queue) => queue.check().await,
            Self::Redis(queue) => queue.check().await,
        }
    }

    /// Closes files.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(queue) => queue.close().await,
            Self::Redis(_) => {}
        }
    }
}

/// Milliseconds since 1970.
fn now_millis() -> i64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests;
