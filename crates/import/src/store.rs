//! The job store: what was promised with a 202 is here, and survives whatever happens to the process.
//!
//! One operation is one transaction. All that is decided is decided by [`crate::job`] and [`crate::outcomes`]; a store
//! only keeps it. Several processes may share one store; who works on a job holds its lease.

mod sqlite;

use std::{path::Path, time::Duration};

use client::{
    drive::{DriveRef, File},
    import::{Failure, ImageFailure},
};
use serde_json::Value;

use crate::{file_state::FileState, job::Progress, outcomes::Report};

/// Most failures that a status names.
const MAX_FAILURES: u32 = 100;

/// A job store that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The database refused.
    #[error("use the job store")]
    Database(#[source] sqlx::Error),
    /// Its tables could not be brought up to date.
    #[error("bring the tables of the job store up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// What is stored cannot be read.
    #[error("read what the job store holds")]
    Content(#[source] serde_json::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Content(error)
    }
}

/// Number of a job inside the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct JobNo(pub i64);

/// A job without its files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    /// Number inside the store.
    pub number: JobNo,
    /// Id on the wire.
    pub id: String,
    /// The folder it imports.
    pub folder: DriveRef,
    /// The folder's name, once known.
    pub folder_name: Option<String>,
    /// The request that started it.
    pub request_id: Option<String>,
    /// Where its listing goes on.
    pub page_token: Option<String>,
    /// False when its worker, one of the original, does not say which file failed.
    pub worker_names_files: bool,
    /// Counters and state.
    pub progress: Progress,
}

/// What a new job starts with.
#[derive(Debug, Clone)]
pub(crate) struct NewJob {
    /// Id on the wire.
    pub id: String,
    /// The folder.
    pub folder: DriveRef,
    /// Its name, where it is known already.
    pub folder_name: Option<String>,
    /// The request that starts it.
    pub request_id: Option<String>,
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// New and known files, in order.
    pub files: Vec<File>,
    /// Where the next page is; `None` after the last one.
    pub next_token: Option<String>,
}

/// Everything that a status answers.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The job.
    pub job: Job,
    /// The newest entries of its list of stored images, oldest first.
    pub imported: Vec<Value>,
    /// Its newest failures.
    pub failures: Vec<ImageFailure>,
}

/// Files on their way to the worker: all pending ones between two positions.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// Position of the first one.
    pub first: i64,
    /// Position of the last one.
    pub last: i64,
    /// As Drive listed them.
    pub files: Vec<File>,
}

/// A process, and how long it may hold a job without renewing.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    /// The process.
    pub owner: String,
    /// How long.
    pub length: Duration,
}

/// One of the stores there are.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    /// A file, shared by the processes of one machine.
    Sqlite(sqlite::Sqlite),
}

impl Store {
    /// Opens, or makes, the store in a file.
    pub(crate) async fn open_sqlite(file: &Path) -> Result<Self, Error> {
        sqlite::Sqlite::open(file).await.map(Self::Sqlite)
    }

    /// Writes down a job with the first page of its listing, leased to its maker.
    pub(crate) async fn create_job(&self, job: &NewJob, page: Page, lease: &Lease) -> Result<Job, Error> {
        match self {
            Self::Sqlite(store) => store.create_job(job, page, lease).await,
        }
    }

    /// Adds a page of the listing; the job as it is then.
    pub(crate) async fn add_page(&self, job: JobNo, page: Page) -> Result<Option<Progress>, Error> {
        match self {
            Self::Sqlite(store) => store.add_page(job, page).await,
        }
    }

    /// Lists from the first page again. Files that are known stay as they are.
    pub(crate) async fn restart_listing(&self, job: JobNo) -> Result<(), Error> {
        match self {
            Self::Sqlite(store) => store.restart_listing(job).await,
        }
    }

    /// The job with an id.
    pub(crate) async fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        match self {
            Self::Sqlite(store) => store.job(id).await,
        }
    }

    /// The job with a number.
    pub(crate) async fn job_by_number(&self, job: JobNo) -> Result<Option<Job>, Error> {
        match self {
            Self::Sqlite(store) => store.job_by_number(job).await,
        }
    }

    /// What the status of a job answers.
    pub(crate) async fn snapshot(&self, id: &str, with_imported: bool) -> Result<Option<Snapshot>, Error> {
        match self {
            Self::Sqlite(store) => store.snapshot(id, with_imported).await,
        }
    }

    /// Applies a report; `None` when there is no such job.
    pub(crate) async fn apply_report(&self, id: &str, report: Report) -> Result<Option<JobNo>, Error> {
        match self {
            Self::Sqlite(store) => store.apply_report(id, report).await,
        }
    }

    /// Changes counters or state of a job by its own rules; the job as it is then.
    pub(crate) async fn change(
        &self,
        job: JobNo,
        change: impl FnOnce(&mut Progress) + Send,
    ) -> Result<Option<Progress>, Error> {
        match self {
            Self::Sqlite(store) => store.change(job, change).await,
        }
    }

    /// The first pending files in the order of the listing; `None` when there are none.
    pub(crate) async fn next_batch(&self, job: JobNo, at_most: usize) -> Result<Option<Batch>, Error> {
        match self {
            Self::Sqlite(store) => store.next_batch(job, at_most).await,
        }
    }

    /// The worker has accepted a batch. `names_files`: it will say which file an outcome is about.
    pub(crate) async fn mark_sent(&self, job: JobNo, batch: &Batch, names_files: bool) -> Result<(), Error> {
        match self {
            Self::Sqlite(store) => store.mark_sent(job, batch, names_files).await,
        }
    }

    /// Makes files pending again that were sent until `sent_until_ms` and have no outcome; how many.
    pub(crate) async fn take_back(
        &self,
        job: JobNo,
        sent_until_ms: i64,
        forget_anonymous: bool,
    ) -> Result<u64, Error> {
        match self {
            Self::Sqlite(store) => store.take_back(job, sent_until_ms, forget_anonymous).await,
        }
    }

    /// Notes the name of a job's folder.
    pub(crate) async fn name_folder(&self, job: JobNo, name: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(store) => store.name_folder(job, name).await,
        }
    }

    /// Leases up to `at_most` open jobs that nobody works on.
    pub(crate) async fn claim(&self, lease: &Lease, at_most: u32) -> Result<Vec<JobNo>, Error> {
        match self {
            Self::Sqlite(store) => store.claim(lease, at_most).await,
        }
    }

    /// Extends a lease; false when somebody else has taken the job.
    pub(crate) async fn renew(&self, job: JobNo, lease: &Lease) -> Result<bool, Error> {
        match self {
            Self::Sqlite(store) => store.renew(job, lease).await,
        }
    }

    /// Gives a job back.
    pub(crate) async fn release(&self, job: JobNo, lease: &Lease) -> Result<(), Error> {
        match self {
            Self::Sqlite(store) => store.release(job, lease).await,
        }
    }

    /// Gives back everything that an earlier process under this name held.
    pub(crate) async fn release_all(&self, owner: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(store) => store.release_all(owner).await,
        }
    }

    /// Fails when the store cannot be written.
    pub(crate) async fn check_writable(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(store) => store.check_writable().await,
        }
    }
}

/// Why a file failed: its own reason, else the job's, else none was given.
fn failure_of(own: Option<Failure>, progress: &Progress) -> Failure {
    own.or_else(|| progress.failure.clone()).unwrap_or_else(crate::job::unexplained)
}

/// Numbers in the database for the states of files.
fn state_number(state: FileState) -> i64 {
    match state {
        FileState::Pending => 0,
        FileState::Sent => 1,
        FileState::Stored => 2,
        FileState::Failed => 3,
        FileState::Cancelled => 4,
    }
}

fn state_of(number: i64) -> FileState {
    match number {
        0 => FileState::Pending,
        1 => FileState::Sent,
        2 => FileState::Stored,
        4 => FileState::Cancelled,
        _ => FileState::Failed,
    }
}
