//! Retry or fail, and why: the one place where that is decided. Pure.
//!
//! | what happened | what follows |
//! |---|---|
//! | our own services refuse, time out, answer 503, or say that their database is down | wait; never counts |
//! | Drive 5xx, a broken or short download, a refusal that is not in Drive's words, S3 5xx or `SlowDown`, a service's other 5xx | 8 tries over at least 2 minutes, then failed |
//! | rate answers of Drive | wait; counts only if other calls succeed in between, 10 of those fail the image |
//! | Google's page against automated queries | wait as long as the pacer says; never counts |
//! | anything that another try cannot change | failed at once, with reason and advice |
//! | a bad key, a disabled API | the whole job fails |
//! | any wait while the job had no outcome for 24 hours | the whole job fails |

use std::time::Duration;

use client::{Error, drive::Reason, import::Failure, retry::Backoff};

use crate::{task::Progress, trouble::Trouble};

/// Tries that may fail before the image does.
const MAX_TRIES: u32 = 8;
/// Rate answers while other calls succeed, before the image fails.
const MAX_RATE_REFUSALS: u32 = 10;
/// Waits of an image that is refused while others succeed.
const REFUSED: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(10) };
/// How long an image is refused alone before it is checked whether Drive refuses everything. Google's quotas are per
/// minute: in one minute an image must not use up its chances.
const CHECK_RATE_MILLIS: i64 = 15_000;
/// How long an image is kept from all workers when Google blocks one of them.
const HELD_BACK: Duration = Duration::from_secs(5);
/// A job that had no outcome for so long fails as a whole.
pub(crate) const LONGEST_SILENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// Waits between tries that count: 2, 4, 8, 16, 32, 32, 32 s, two minutes and more together.
const COUNTED: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(32) };

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
    /// The time; milliseconds since 1970.
    pub(crate) millis: i64,
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
        // the pacer holds it back; a worker that knows nothing of the block, or is elsewhere, may try
        Weight::Blocked => Decision::TryAgain { after: now.drive_pause.min(HELD_BACK), waiting_for: None },
    };
    if matches!(decision, Decision::TryAgain { .. }) && now.job_silence >= LONGEST_SILENCE {
        return Decision::FailJob(gave_up(trouble, progress.attempts));
    }
    decision
}

impl Trouble {
    /// True when another try may help.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(weigh(self), Weight::Passing | Weight::Counted | Weight::Rate | Weight::Blocked)
    }
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
        Trouble::MetadataConfused | Trouble::ChecksumMismatch | Trouble::Panicked => Weight::Counted,
        Trouble::NotKnown
        | Trouble::BadListing(_)
        | Trouble::SizeMismatch { .. }
        | Trouble::TooLarge { .. }
        | Trouble::OverLimit { .. } => Weight::Hopeless,
    }
}

fn wait_for_service(trouble: &Trouble, progress: &mut Progress) -> Decision {
    progress.waits = progress.waits.saturating_add(1);
    let (what, asked) = match trouble {
        Trouble::Metadata(error) if error.code() == Some("database-unavailable") => ("database", None),
        Trouble::Metadata(error) => ("metadata service", retry_after(error)),
        Trouble::Storage(error) => ("storage service", retry_after(error)),
        _ => ("storage service", None),
    };
    let after = Backoff::SERVICE.wait(progress.waits, asked);
    // the first time may be chance
    let waiting_for = (progress.waits > 1)
        .then(|| format!("The {what} does not answer. It goes on by itself when it does"));
    Decision::TryAgain { after, waiting_for }
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
    let others_succeed = progress.successes_seen.is_some_and(|seen| now.drive_successes > seen);
    if others_succeed {
        progress.rate_refusals = progress.rate_refusals.saturating_add(1);
    }
    // nobody else may be there to succeed: then a cheap call for the same file takes that part
    let is_first = progress.successes_seen.is_none();
    let is_due = now.millis.saturating_sub(progress.rate_checked_at) >= CHECK_RATE_MILLIS;
    if is_first || others_succeed || is_due {
        progress.rate_checked_at = now.millis;
        progress.check_rate = !is_first && !others_succeed;
    }
    progress.successes_seen = Some(now.drive_successes);
    if progress.rate_refusals >= MAX_RATE_REFUSALS {
        return Decision::Fail(trouble.failure(progress.attempts));
    }
    // whoever is refused while others succeed lets them go first
    let politely = match progress.rate_refusals {
        0 => Duration::ZERO,
        refusals => REFUSED.ceiling(refusals),
    };
    Decision::TryAgain { after: now.drive_pause.max(politely), waiting_for: None }
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

#[cfg(test)]
mod tests;
