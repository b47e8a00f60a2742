//! The rules of a job: its counters, its states, and when it ends. Nothing else decides that a job is completed.
//!
//! ```text
//! listing → running ⇄ waiting → completed | cancelled | failed
//! ```
//! No job completes while it lists. The last three states are final, and there `processed + failed + cancelled` is
//! `total` (foreign callers of `/import/update-status` may add what they like later, as in the original).

#[cfg(test)]
mod tests;

use client::import::{Failure, JobState};
use serde::{Deserialize, Serialize};

use crate::{count::Count, file_state::FileState};

/// How many stored images a status lists: all that the original could ever hold.
pub(crate) const MAX_IMPORTED: u64 = 1000;

/// How far the listing is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Listing {
    /// Pages are still to come.
    #[default]
    Open,
    /// All images are known.
    Done,
    /// Drive refused the rest for good.
    Broken,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum End {
    /// Every image has an outcome.
    Completed,
    /// Stopped by a person.
    Cancelled,
    /// Ended as a whole.
    Failed,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wait {
    /// Until when, at most: milliseconds since 1970.
    pub until_ms: i64,
    /// For a person.
    pub reason: String,
}

/// Counters and state of one job. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    /// How far the listing is.
    pub listing: Listing,
    /// How it ended, if it has.
    pub end: Option<End>,
    /// Images that are known.
    pub total: u64,
    /// Images that are stored.
    pub processed: Count,
    /// Images that failed.
    pub failed: Count,
    /// Images that were stopped.
    pub cancelled: Count,
    /// Of `failed`: those of which the worker did not say which file it was.
    pub anonymous: Count,
    /// Files that are known to have ended.
    pub files_ended: u64,
    /// Files that are at the worker.
    pub in_flight: u64,
    /// Entries ever added to the list of stored images.
    pub imported: u64,
    /// Bytes of all known images.
    pub bytes_total: u64,
    /// Bytes of the stored images.
    pub bytes_done: u64,
    /// What is waited for.
    pub wait: Option<Wait>,
    /// When the latest wait is, or was, over.
    pub waited_until_ms: i64,
    /// Why the job failed as a whole, or its listing broke.
    pub failure: Option<Failure>,
    /// When something last came of it.
    pub last_news_ms: i64,
    /// True when the worker has to be told that the job ended early.
    pub tell_worker: bool,
}

impl Progress {
    /// A job that starts to list.
    pub(crate) fn new(now_ms: i64) -> Self {
        Self { last_news_ms: now_ms, ..Self::default() }
    }

    /// The state that a client sees.
    pub(crate) fn state(&self, now_ms: i64) -> JobState {
        match (self.end, self.waits_at(now_ms), self.listing) {
            (Some(End::Completed), ..) => JobState::Completed,
            (Some(End::Cancelled), ..) => JobState::Cancelled,
            (Some(End::Failed), ..) => JobState::Failed,
            (None, Some(_), _) => JobState::Waiting,
            (None, None, Listing::Open) => JobState::Listing,
            (None, None, Listing::Done | Listing::Broken) => JobState::Running,
        }
    }

    /// What is waited for at `now_ms`.
    pub(crate) fn waits_at(&self, now_ms: i64) -> Option<&Wait> {
        self.wait.as_ref().filter(|wait| self.end.is_none() && wait.until_ms > now_ms)
    }

    /// True while something is left to do for it: files to send and to wait for, or a worker to be told.
    pub(crate) fn is_open(&self) -> bool {
        self.end.is_none() || self.tell_worker
    }

    /// A page of the listing brought `files` new files of `bytes` in sum.
    pub(crate) fn listed(&mut self, files: u64, bytes: u64, last_page: bool, now_ms: i64) {
        self.total += files;
        self.bytes_total = self.bytes_total.saturating_add(bytes);
        if last_page && self.listing == Listing::Open {
            self.listing = Listing::Done;
        }
        self.news(now_ms);
    }

    /// Drive refused the rest of the listing for good. What is known goes on; the job ends as failed.
    pub(crate) fn listing_broke(&mut self, why: Failure) {
        if self.listing == Listing::Open {
            self.listing = Listing::Broken;
            self.failure.get_or_insert(why);
        }
    }

    /// `files` pending files are at the worker now.
    pub(crate) fn sent(&mut self, files: u64) {
        self.in_flight += files;
    }

    /// `files` files are no longer thought to be at the worker; they will be sent again.
    pub(crate) fn taken_back(&mut self, files: u64) {
        self.in_flight = self.in_flight.saturating_sub(files);
    }

    /// An outcome of one file: from `before` to `after`, as [`FileState::ended_as`] decided.
    pub(crate) fn file_ended(&mut self, before: FileState, after: FileState) {
        let one = Count::Whole(1);
        match before {
            FileState::Pending => self.files_ended += 1,
            FileState::Sent => {
                self.files_ended += 1;
                self.taken_back(1);
            }
            FileState::Failed => self.failed = self.failed - one,
            FileState::Cancelled => self.cancelled = self.cancelled - one,
            FileState::Stored => return,
        }
        match after {
            FileState::Stored => self.processed = self.processed + one,
            FileState::Failed => self.failed = self.failed + one,
            FileState::Cancelled => self.cancelled = self.cancelled + one,
            FileState::Pending | FileState::Sent => {}
        }
    }

    /// Something came of it: no reason to wait any more.
    pub(crate) fn news(&mut self, now_ms: i64) {
        self.last_news_ms = now_ms;
        self.wait = None;
        self.waited_until_ms = self.waited_until_ms.min(now_ms);
    }

    /// Everything waits until `until_ms`.
    pub(crate) fn wait_for(&mut self, until_ms: i64, reason: String) {
        if self.end.is_none() {
            self.waited_until_ms = self.waited_until_ms.max(until_ms);
            self.wait = Some(Wait { until_ms, reason });
        }
    }

    /// What was waited for under `reason` is there.
    pub(crate) fn stop_waiting_for(&mut self, reason: &str, now_ms: i64) {
        if self.wait.as_ref().is_some_and(|wait| wait.reason == reason) {
            self.wait = None;
            self.waited_until_ms = self.waited_until_ms.min(now_ms);
        }
    }

    /// Images that are counted, however they ended.
    fn counted(&self) -> Count {
        self.processed + self.failed + self.cancelled
    }

    /// Files without an outcome of their own.
    pub(crate) fn outstanding(&self) -> u64 {
        self.total.saturating_sub(self.files_ended)
    }

    /// Files that are not at the worker yet, or not any more, and have no outcome.
    pub(crate) fn pending(&self) -> u64 {
        self.outstanding().saturating_sub(self.in_flight)
    }

    /// Of the files at the worker, those that may still be in work: anonymous outcomes have ended some of them.
    pub(crate) fn unfinished_at_worker(&self) -> u64 {
        let unexplained = (self.counted() - Count::of(self.files_ended)).floor();
        self.in_flight.saturating_sub(unexplained)
    }

    /// True when failures of which nobody said which file they were may be all that is outstanding.
    pub(crate) fn anonymous_explain_all(&self) -> bool {
        self.anonymous.floor() >= self.outstanding()
    }

    /// Every outstanding file is sent again, so the anonymous failures among them will be reported again.
    pub(crate) fn forget_anonymous(&mut self) {
        self.failed = self.failed - self.anonymous;
        self.anonymous = Count::ZERO;
    }

    /// Ends the job if every image is counted.
    pub(crate) fn settle(&mut self) {
        let all_counted = self.counted().as_f64() >= Count::of(self.total).as_f64();
        if self.end.is_none() && self.listing != Listing::Open && all_counted {
            self.finish(if self.listing == Listing::Broken { End::Failed } else { End::Completed });
        }
    }

    /// What becomes of files that have no outcome of their own when the job ends. In a completed job those are the
    /// anonymous failures; without any, somebody counted successes without naming them.
    pub(crate) fn rest_state(&self) -> FileState {
        match self.end {
            Some(End::Cancelled) => FileState::Cancelled,
            Some(End::Completed) if self.anonymous.floor() == 0 => FileState::Stored,
            Some(End::Completed | End::Failed) | None => FileState::Failed,
        }
    }

    /// Ends the job as failed, unless it has ended; the rest counts as failed.
    pub(crate) fn fail(&mut self, why: Failure) {
        if self.end.is_none() {
            self.tell_worker = self.in_flight > 0;
            self.failed = self.failed + Count::of(self.rest());
            self.failure = Some(why);
            self.finish(End::Failed);
        }
    }

    /// The same where the images themselves are not to blame: the worker stops those that it has.
    pub(crate) fn give_up(&mut self, why: Failure) {
        if self.end.is_none() {
            self.fail(why);
            // a batch may be on its way to the worker even if none is known to be there
            self.tell_worker = true;
        }
    }

    /// Ends the job as cancelled, unless it has ended; the rest counts as cancelled.
    pub(crate) fn cancel(&mut self) {
        if self.end.is_none() {
            // a batch may be on its way to the worker even if none is known to be there
            self.tell_worker = true;
            self.cancelled = self.cancelled + Count::of(self.rest());
            self.finish(End::Cancelled);
        }
    }

    /// Images that are not counted yet.
    fn rest(&self) -> u64 {
        (Count::of(self.total) - self.counted()).floor()
    }

    fn finish(&mut self, end: End) {
        self.end = Some(end);
        self.wait = None;
        if self.listing == Listing::Open {
            self.listing = Listing::Broken;
        }
        self.files_ended = self.total;
        self.in_flight = 0;
    }
}

/// Why a file failed of which a worker of the original only said that it did.
pub(crate) fn unexplained() -> Failure {
    Failure {
        reason: "no-reason-given".to_owned(),
        message: "the worker gave no reason".to_owned(),
        advice: "Retry; the worker's log may say more.".to_owned(),
        attempts: 0,
    }
}

/// Why a job failed of which nothing was heard for too long.
pub(crate) fn silence(hours: u64) -> Failure {
    Failure {
        reason: "no-outcome".to_owned(),
        message: format!("no image had an outcome for {hours} hours"),
        advice: "Check that the worker, storage and metadata services run, then retry.".to_owned(),
        attempts: 0,
    }
}
