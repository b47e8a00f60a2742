//! Retry or fail, and why: the one place where that is decided. Pure.
//!
//! | what happened | what follows |
//! |---|---|
//! | our own services refuse, time out, answer 503, or say that their database is down | wait; never counts |
//! | Drive 5xx, a broken or short download, S3 5xx or `SlowDown`, a service's other 5xx | 8 tries over at least 2 minutes, then failed |
//! | rate answers of Drive | wait; counts only if other calls succeed in between, 10 of those fail the image |
//! | Google's page against automated queries | wait as long as the pacer says; never counts |
//! | anything that another try cannot change | failed at once, with reason and advice |
//! | a bad key, a disabled API | the whole job fails |
//! | any wait while the job had no outcome for 24 hours | the whole job fails |

use std::time::Duration;

use client::{
    Error,
    drive::{self, Reason},
    import::Failure,
    retry::Backoff,
};

use crate::{listing::BadListing, task::Progress};

/// Tries that may fail before the image does.
const MAX_TRIES: u32 = 8;
/// Rate answers while other calls succeed, before the image fails.
const MAX_RATE_REFUSALS: u32 = 10;
/// A job that had no outcome for so long fails as a whole.
pub(crate) const LONGEST_SILENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// Waits between tries that count: 2, 4, 8, 16, 32, 32, 32 s, two minutes and more together.
const COUNTED: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(32) };
/// Longest text of another service that is passed on.
const MAX_QUOTE: usize = 2000;

/// What stopped a try.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Drive said no, or did not answer, or not fully.
    Drive(drive::Error),
    /// The storage service did not store the object, or not let it go.
    Storage(Error),
    /// The storage service took no byte for minutes.
    StorageSilent,
    /// The metadata service did not take the row.
    Metadata(Error),
    /// The metadata service answered what makes no sense, such as a conflict without a row.
    MetadataConfused,
    /// The record of the file will not do.
    BadListing(BadListing),
    /// Drive announces another size than it delivers, also when listed again.
    SizeMismatch {
        /// Bytes announced.
        announced: u64,
        /// Bytes delivered.
        delivered: u64,
    },
    /// The bytes are not those announced, and differ from download to download.
    ChecksumMismatch,
    /// An image that must be held in memory is larger than may be.
    TooLarge {
        /// Bytes that may be held.
        limit: u64,
    },
}

/// What follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Try again when this time has passed, at the earliest.
    TryAgain {
        /// The wait.
        after: Duration,
        /// Set when it is a wait for something that passes by itself: what to tell a person.
        waiting_for: Option<String>,
    },
    /// The image failed.
    Fail(Failure),
    /// No image of the job can succeed.
    FailJob(Failure),
}

/// What is known besides the trouble itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// Calls to Drive that succeeded so far.
    pub(crate) drive_successes: u64,
    /// How long Drive stays closed for rate reasons.
    pub(crate) drive_pause: Duration,
    /// Since when the job had no outcome.
    pub(crate) job_silence: Duration,
}

/// Counts the try in `progress` and decides what follows.
pub(crate) fn decide(trouble: &Trouble, progress: &mut Progress, now: Circumstances) -> Decision {
    progress.attempts = progress.attempts.saturating_add(1);
    let decision = match weigh(trouble) {
        Weight::Hopeless => Decision::Fail(trouble.failure(progress.attempts)),
        Weight::HopelessForAll => Decision::FailJob(trouble.failure(progress.attempts)),
        Weight::Passing => wait_for_service(trouble, progress),
        Weight::Counted => count(trouble, progress),
        Weight::Rate => count_rate_answer(trouble, progress, now),
        Weight::Blocked => Decision::TryAgain {
            after: now.drive_pause,
            waiting_for: Some("Google Drive blocks this address for a while".to_owned()),
        },
    };
    if matches!(decision, Decision::TryAgain { .. }) && now.job_silence >= LONGEST_SILENCE {
        return Decision::FailJob(gave_up(trouble, progress.attempts));
    }
    decision
}

enum Weight {
    Passing,
    Counted,
    Rate,
    Blocked,
    Hopeless,
    HopelessForAll,
}

fn weigh(trouble: &Trouble) -> Weight {
    match trouble {
        Trouble::Drive(error) => match error.reason {
            Reason::RateLimited => Weight::Rate,
            Reason::AutomatedQueries => Weight::Blocked,
            reason if reason.is_configuration() => Weight::HopelessForAll,
            reason if reason.is_retryable() => Weight::Counted,
            _ => Weight::Hopeless,
        },
        Trouble::StorageSilent => Weight::Passing,
        Trouble::Storage(error) | Trouble::Metadata(error) => match error.code() {
            // S3 is no service of ours; and a body that was cut says nothing about the image
            Some("s3-unavailable" | "length-mismatch" | "body-timeout") => Weight::Counted,
            _ if error.is_unavailable() => Weight::Passing,
            _ if error.is_retryable() => Weight::Counted,
            _ => Weight::Hopeless,
        },
        Trouble::MetadataConfused | Trouble::ChecksumMismatch => Weight::Counted,
        Trouble::BadListing(_) | Trouble::SizeMismatch { .. } | Trouble::TooLarge { .. } => Weight::Hopeless,
    }
}

fn wait_for_service(trouble: &Trouble, progress: &mut Progress) -> Decision {
    progress.waits = progress.waits.saturating_add(1);
    let (name, asked) = match trouble {
        Trouble::Metadata(error) => ("metadata", retry_after(error)),
        Trouble::Storage(error) => ("storage", retry_after(error)),
        _ => ("storage", None),
    };
    let after = Backoff::SERVICE.wait(progress.waits, asked);
    Decision::TryAgain { after, waiting_for: Some(format!("the {name} service does not answer")) }
}

fn count(trouble: &Trouble, progress: &mut Progress) -> Decision {
    progress.waits = 0;
    progress.failed_tries = progress.failed_tries.saturating_add(1);
    if progress.failed_tries >= MAX_TRIES {
        return Decision::Fail(trouble.failure(progress.attempts));
    }
    let asked = match trouble {
        Trouble::Drive(error) => error.retry_after,
        Trouble::Storage(error) | Trouble::Metadata(error) => retry_after(error),
        _ => None,
    };
    // never less than the ceiling: all waits together must reach two minutes
    let ceiling = COUNTED.ceiling(progress.failed_tries);
    let after = ceiling + COUNTED.wait(progress.failed_tries, None) / 5;
    Decision::TryAgain { after: asked.map_or(after, |asked| asked.max(after)), waiting_for: None }
}

fn count_rate_answer(trouble: &Trouble, progress: &mut Progress, now: Circumstances) -> Decision {
    // a counter that has gone back is another process's: it says nothing about what happened in between
    if progress.successes_seen.is_some_and(|seen| now.drive_successes > seen) {
        progress.rate_refusals = progress.rate_refusals.saturating_add(1);
    }
    progress.successes_seen = Some(now.drive_successes);
    if progress.rate_refusals >= MAX_RATE_REFUSALS {
        return Decision::Fail(trouble.failure(progress.attempts));
    }
    Decision::TryAgain { after: now.drive_pause, waiting_for: None }
}

fn retry_after(error: &Error) -> Option<Duration> {
    match error {
        Error::Status { retry_after, .. } => retry_after.map(Duration::from_secs),
        Error::Unreachable { .. } | Error::Body { .. } => None,
    }
}

fn gave_up(trouble: &Trouble, attempts: u32) -> Failure {
    let last = trouble.failure(attempts);
    Failure {
        reason: "no-progress".to_owned(),
        message: format!("No image could be imported for 24 hours. The last try: {}", last.message),
        advice: last.advice,
        attempts,
    }
}

impl Trouble {
    /// The trouble as a failure, for a person and for programs.
    pub(crate) fn failure(&self, attempts: u32) -> Failure {
        let (reason, advice) = self.reason_and_advice();
        Failure { reason: reason.to_owned(), message: self.message(), advice: advice.to_owned(), attempts }
    }

    /// True when another try may help.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(weigh(self), Weight::Passing | Weight::Counted | Weight::Rate | Weight::Blocked)
    }

    /// True when storage refused the bytes because their MD5 is not the announced one.
    pub(crate) fn is_checksum_mismatch(&self) -> bool {
        matches!(self, Self::Storage(error) if error.code() == Some("checksum-mismatch"))
    }

    /// Stable name of the reason.
    pub(crate) fn reason(&self) -> &'static str {
        self.reason_and_advice().0
    }

    /// What happened; the beginnings are the original's.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Drive(error) => format!("Error downloading from Google Drive: {error}"),
            Self::Storage(error) => format!("Storage upload failed: {}", quote(error)),
            Self::StorageSilent => "Storage upload failed: storage-service did not go on reading".to_owned(),
            Self::Metadata(error) => format!("Metadata save failed: {}", quote(error)),
            Self::MetadataConfused => {
                "Metadata save failed: the answer names no image although it is a conflict".to_owned()
            }
            Self::BadListing(bad) => match bad {
                BadListing::UnknownId(_) => format!("Error downloading from Google Drive: 404 {bad}"),
                _ => format!("The file's record is incomplete or wrong: {bad}"),
            },
            Self::SizeMismatch { announced, delivered } => format!(
                "Error downloading from Google Drive: {delivered} bytes came, but {announced} are announced"
            ),
            Self::ChecksumMismatch => {
                "Error downloading from Google Drive: the bytes are not the announced ones, and differ from try to try"
                    .to_owned()
            }
            Self::TooLarge { limit } => {
                format!("The image is larger than the {limit} bytes that UPLOAD_MODE=base64 can carry")
            }
        }
    }

    fn reason_and_advice(&self) -> (&'static str, &'static str) {
        match self {
            Self::Drive(error) => (error.reason.code(), error.reason.advice()),
            Self::BadListing(BadListing::UnknownId(_)) => {
                (Reason::NotFound.code(), Reason::NotFound.advice())
            }
            Self::Storage(error) if matches!(error.status().map(|s| s.as_u16()), Some(404 | 405)) => (
                "storage-error",
                "If the storage service is the original's, set UPLOAD_MODE=base64 for the worker.",
            ),
            Self::Storage(_) | Self::StorageSilent => (
                "storage-error",
                "Check the bucket settings and the logs of the storage service, then retry.",
            ),
            Self::Metadata(_) | Self::MetadataConfused => {
                ("metadata-error", "Check the database and the logs of the metadata service, then retry.")
            }
            Self::BadListing(_) => {
                ("bad-listing", "Send every file with id, name, mimeType and size as Google Drive lists it.")
            }
            Self::SizeMismatch { .. } => {
                ("size-mismatch", "Open the file in Google Drive; if it is fine there, retry later.")
            }
            Self::ChecksumMismatch => (
                "checksum-mismatch",
                "Retry later; if it stays, download the file by hand and upload it to Google Drive again.",
            ),
            Self::TooLarge { .. } => ("too-large", "Set UPLOAD_MODE=stream."),
        }
    }
}

/// The body of the answer as text, as the original quotes it; without an answer what went wrong.
fn quote(error: &Error) -> String {
    match error {
        Error::Status { body, .. } | Error::Body { body, .. } => body.chars().take(MAX_QUOTE).collect(),
        Error::Unreachable { .. } => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
