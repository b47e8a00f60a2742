//! The job store: what was promised with a 202 is here, and survives whatever happens to the process.
//!
//! One operation is one transaction. All that is decided is decided by [`crate::job`] and [`crate::outcomes`]; a store
//! only keeps it. Several processes may share one store; who works on a job holds its lease, and what only the holder
//! may do names the [`Held`] job: it is refused with [`Error::LeaseLost`] once another process has taken the job.

mod arrival;
mod model;
mod redis;
mod sqlite;
#[cfg(test)]
mod tests;

use std::{path::Path, time::Duration};

use client::{drive::File, import::Failure};

pub(crate) use model::{Batch, Failures, FailuresFrom, Held, Job, JobNo, Lease, NewJob, Page, Snapshot};

use crate::{entry::Entry, job::Progress, outcomes::Report};

/// Most failures that a status names.
const MAX_FAILURES: u32 = 100;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The transaction of several callers failed.
    #[error("use the job store together with others")]
    Together(#[source] std::sync::Arc<Error>),
    /// The process stops.
    #[error("the job store is closing")]
    Closing,
    /// The database refused.
    #[error("use the job store")]
    Database(#[source] sqlx::Error),
    /// Its tables could not be brought up to date.
    #[error("bring the tables of the job store up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// What is stored cannot be read.
    #[error("read what the job store holds")]
    Content(#[source] serde_json::Error),
    /// Redis does not answer, or refuses.
    #[error("use the job store")]
    Redis(#[source] service::redis::Error),
    /// Others changed the job again and again meanwhile.
    #[error("the job changes too fast")]
    Contended,
    /// The job is no longer held: another process has taken it, or it is gone.
    #[error("the job is held by another process")]
    LeaseLost,
    /// Another job has the id already.
    #[error("there is a job with this id")]
    Exists,
    /// The job that is to be retried is gone.
    #[error("the job to retry is gone")]
    SourceGone,
    /// As many jobs run as may.
    #[error("{0} jobs are running, and no more may")]
    TooManyJobs(u64),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<service::redis::Error> for Error {
    fn from(error: service::redis::Error) -> Self {
        Self::Redis(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Content(error)
    }
}

/// One of the stores there are.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    /// A file, shared by the processes of one machine.
    Sqlite(sqlite::Sqlite),
    /// Redis, shared by the processes of all machines.
    Redis(redis::Redis),
}

/// The same call on whichever store it is.
macro_rules! ask {
    ($store:expr, $name:ident($($argument:expr),*)) => {
        match $store {
            Store::Sqlite(store) => store.$name($($argument),*).await,
            Store::Redis(store) => store.$name($($argument),*).await,
        }
    };
}

impl Store {
    /// Opens, or makes, the store in a file.
    pub(crate) async fn open_sqlite(file: &Path) -> Result<Self, Error> {
        sqlite::Sqlite::open(file).await.map(Self::Sqlite)
    }

    /// The store in Redis, which may be down.
    pub(crate) fn in_redis(redis: service::redis::Redis) -> Self {
        Self::Redis(redis::Redis::new(redis))
    }

    /// Writes down a job with the first page of its listing, held by its maker.
    pub(crate) async fn create_job(
        &self,
        job: &NewJob,
        page: Page,
        lease: &Lease,
    ) -> Result<(Job, Held), Error> {
        ask!(self, create_job(job, page, lease))
    }

    /// Adds a page of the listing, with the outcomes of what was stored before; the job as it is then. Files that the job
    /// has already stay as they are, and each folder is visited once. After the last page of a folder the next one is
    /// listed, after that of the last folder none.
    pub(crate) async fn add_page(&self, held: &Held, page: Page) -> Result<Progress, Error> {
        ask!(self, add_page(held, page))
    }

    /// Lists from the first page of the folder again. Files that are known stay as they are.
    pub(crate) async fn restart_listing(&self, held: &Held) -> Result<(), Error> {
        ask!(self, restart_listing(held))
    }

    /// The job with an id: cheap, whatever its size.
    pub(crate) async fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        ask!(self, job(id))
    }

    /// The job with a number.
    pub(crate) async fn job_by_number(&self, job: JobNo) -> Result<Option<Job>, Error> {
        ask!(self, job_by_number(job))
    }

    /// A page of the list of jobs, newest first, and the number of all jobs. The first page is 1.
    pub(crate) async fn jobs(&self, page: u64, per_page: u64) -> Result<(Vec<Job>, u64), Error> {
        ask!(self, jobs(page, per_page))
    }

    /// How many jobs have not ended.
    pub(crate) async fn running_jobs(&self) -> Result<u64, Error> {
        ask!(self, running_jobs())
    }

    /// What the status of a job answers.
    pub(crate) async fn snapshot(&self, id: &str, with_imported: bool) -> Result<Option<Snapshot>, Error> {
        ask!(self, snapshot(id, with_imported))
    }

    /// Failures in the order of the listing; `None` when there is no such job.
    pub(crate) async fn failures(
        &self,
        id: &str,
        from: FailuresFrom,
        at_most: u32,
    ) -> Result<Option<Failures>, Error> {
        ask!(self, failures(id, from, at_most))
    }

    /// Failed and cancelled files after a position (-1: from the start) in the order of the listing, each with its
    /// position.
    pub(crate) async fn retryable(
        &self,
        id: &str,
        after: i64,
        at_most: u32,
    ) -> Result<Vec<(i64, File)>, Error> {
        ask!(self, retryable(id, after, at_most))
    }

    /// Entries of the list of stored images after the `after`th (the first one has number 1), oldest first, each with
    /// its number. Only the newest [`crate::job::MAX_IMPORTED`] are kept.
    pub(crate) async fn stored_since(
        &self,
        id: &str,
        after: u64,
        at_most: u32,
    ) -> Result<Vec<(u64, Entry)>, Error> {
        ask!(self, stored_since(id, after, at_most))
    }

    /// Applies a report; `None` when there is no such job.
    pub(crate) async fn apply_report(&self, id: &str, report: Report) -> Result<Option<JobNo>, Error> {
        ask!(self, apply_report(id, report))
    }

    /// Changes counters or state of a job by its own rules, whoever holds it; the job as it is then. The change may be
    /// tried several times.
    pub(crate) async fn change(
        &self,
        job: JobNo,
        change: impl Fn(&mut Progress) + Send + Sync,
    ) -> Result<Option<Progress>, Error> {
        ask!(self, change(job, change))
    }

    /// The same for its holder only.
    pub(crate) async fn change_held(
        &self,
        held: &Held,
        change: impl Fn(&mut Progress) + Send + Sync,
    ) -> Result<Progress, Error> {
        ask!(self, change_held(held, change))
    }

    /// The first pending files in the order of the listing; `None` when there are none.
    pub(crate) async fn next_batch(&self, job: JobNo, at_most: usize) -> Result<Option<Batch>, Error> {
        ask!(self, next_batch(job, at_most))
    }

    /// The worker has accepted a batch. `names_files`: it will say which file an outcome is about.
    pub(crate) async fn mark_sent(&self, held: &Held, batch: &Batch, names_files: bool) -> Result<(), Error> {
        ask!(self, mark_sent(held, batch, names_files))
    }

    /// Makes files pending again that were sent so long ago and have no outcome; how many.
    pub(crate) async fn take_back(
        &self,
        held: &Held,
        sent_for: Duration,
        forget_anonymous: bool,
    ) -> Result<u64, Error> {
        ask!(self, take_back(held, sent_for, forget_anonymous))
    }

    /// Notes the name of a job's folder.
    pub(crate) async fn name_folder(&self, job: JobNo, name: &str) -> Result<(), Error> {
        ask!(self, name_folder(job, name))
    }

    /// Takes up to `at_most` open jobs that nobody works on, those that wait longest first.
    pub(crate) async fn claim(&self, lease: &Lease, at_most: u32) -> Result<Vec<Held>, Error> {
        ask!(self, claim(lease, at_most))
    }

    /// Extends a lease, also one that has ended while nobody else took the job; false when somebody has.
    pub(crate) async fn renew(&self, held: &Held) -> Result<bool, Error> {
        ask!(self, renew(held))
    }

    /// Gives a job back.
    pub(crate) async fn release(&self, held: &Held) -> Result<(), Error> {
        ask!(self, release(held))
    }

    /// Gives back everything that an earlier process under this name held.
    pub(crate) async fn release_all(&self, owner: &str) -> Result<(), Error> {
        ask!(self, release_all(owner))
    }

    /// Drops an ended job that nobody was told of, as if it had never been.
    pub(crate) async fn discard(&self, job: JobNo) -> Result<(), Error> {
        ask!(self, discard(job))
    }

    /// Drops what is not needed of jobs that have ended: of their files, only the failed and cancelled ones stay. In
    /// bounded portions, each of which may be done by anybody, and twice.
    pub(crate) async fn tidy(&self) -> Result<(), Error> {
        ask!(self, tidy())
    }

    /// Drops jobs that ended so long ago, in bounded portions; how many. One whose files are just being retried stays.
    pub(crate) async fn expire(&self, ended_for: Duration) -> Result<u64, Error> {
        ask!(self, expire(ended_for))
    }

    /// Fails when the store cannot be written.
    pub(crate) async fn check_writable(&self) -> Result<(), Error> {
        ask!(self, check_writable())
    }

    /// Fails, in words fit for anybody, when what is written may be lost.
    pub(crate) async fn check_durable(&self) -> Result<(), String> {
        match self {
            // every commit is on the disk
            Self::Sqlite(_) => Ok(()),
            Self::Redis(store) => store.check_durable().await,
        }
    }
}

/// As many of the newest entries of the list of stored images as are kept.
fn kept(entries: &[Entry]) -> &[Entry] {
    let most = usize::try_from(crate::job::MAX_IMPORTED).unwrap_or(usize::MAX);
    &entries[entries.len().saturating_sub(most)..]
}

/// Why a file failed: its own reason, else the job's, else none was given.
fn failure_of(own: Option<Failure>, progress: &Progress) -> Failure {
    own.or_else(|| progress.failure.clone()).unwrap_or_else(crate::job::unexplained)
}
