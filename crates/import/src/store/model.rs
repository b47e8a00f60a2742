//! What a job store takes and gives.

use std::time::Duration;

use client::{
    drive::{DriveRef, File},
    import::{FileResult, ImageFailure},
};

use crate::{entry::Entry, job::Progress};

/// Number of a job inside the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct JobNo(pub i64);

/// What a new job starts with.
#[derive(Debug, Clone)]
pub(crate) struct NewJob {
    /// Id on the wire.
    pub id: String,
    /// The folder.
    pub folder: DriveRef,
    /// Its name, where it is known already.
    pub folder_name: Option<String>,
    /// The request that starts it, and its place in a trace: [`client::trace::Origin`].
    pub request_id: Option<String>,
    /// Subfolders too.
    pub recursive: bool,
    /// The id of the ended job whose failed and cancelled files it takes. That one is kept until they are all read.
    pub retry_of: Option<String>,
    /// It is refused with [`super::Error::TooManyJobs`] where so many are running already.
    pub most_running: Option<u64>,
}

/// A job without its files. Times are milliseconds since 1970.
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
    /// The request that started it, and its place in a trace: [`client::trace::Origin`].
    pub request_id: Option<String>,
    /// Subfolders too.
    pub recursive: bool,
    /// The id of the job whose failed and cancelled files it takes.
    pub retry_of: Option<String>,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it ended.
    pub ended_at_ms: Option<i64>,
    /// The folder in which its listing goes on.
    pub listing_folder: DriveRef,
    /// Where in that folder; `None` for its first page.
    pub page_token: Option<String>,
    /// False when its worker, one of the original, does not say which file failed.
    pub worker_names_files: bool,
    /// Counters and state.
    pub progress: Progress,
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// New and known files, in order.
    pub files: Vec<File>,
    /// Of those files, what was stored before the job: they are done as soon as they are the job's.
    pub outcomes: Vec<FileResult<Entry>>,
    /// Folders in this one, known or not. Only a recursive job looks at them.
    pub subfolders: Vec<DriveRef>,
    /// Where the next page of the folder is; `None` after the last one.
    pub next_token: Option<String>,
    /// With more images than that, known ones included, the job ends as failed.
    pub most_images: Option<u64>,
}

/// Everything that a status answers.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The job.
    pub job: Job,
    /// The newest entries of its list of stored images, oldest first.
    pub imported: Vec<Entry>,
    /// Its newest failures.
    pub failures: Vec<ImageFailure>,
}

/// Where a page of failures starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailuresFrom {
    /// After so many failures.
    Offset(u64),
    /// After the file at this position; -1 for the start.
    After(i64),
}

/// A page of a job's failures.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Failures {
    /// All failures of the job of which the file is known.
    pub total: u64,
    /// Those of the page with their positions, in the order of the listing.
    pub page: Vec<(i64, ImageFailure)>,
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

/// A job that a process holds, or held: each time that a job is taken has a number of its own.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// The job.
    pub job: JobNo,
    /// Who took it, for how long.
    pub lease: Lease,
    /// The how manieth time it was taken.
    pub claim: i64,
}
