//! Which jobs the import service was told to be waiting. Pure.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::task::JobKey;

/// How often a job that waits is told so.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// The same at most: also when an outcome came in between, or the time told is over.
const TELL_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// What was told of which job.
#[derive(Debug, Default)]
pub(super) struct Waits {
    told: HashMap<JobKey, Told>,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    at: Instant,
    until: Instant,
    for_drive: bool,
    /// An outcome came since: to the import service the wait is over.
    is_over: bool,
}

impl Waits {
    /// True when it is time to say (again) that `job` waits; then that counts as said.
    pub(super) fn may_tell(&mut self, job: &JobKey, now: Instant, wait: Duration, for_drive: bool) -> bool {
        let is_due = self.told.get(job).is_none_or(|told| {
            let ago = now.duration_since(told.at);
            let ends = told.is_over || told.until <= now + TELL_AT_MOST_EVERY;
            ago >= TELL_EVERY || (ends && ago >= TELL_AT_MOST_EVERY)
        });
        if is_due {
            let told = Told { at: now, until: now + wait, for_drive, is_over: false };
            self.told.insert(job.clone(), told);
        }
        is_due
    }

    /// An outcome of `job` is reported, which ends its wait.
    pub(super) fn outcome(&mut self, job: &JobKey) {
        if let Some(told) = self.told.get_mut(job) {
            told.is_over = true;
        }
    }

    /// The jobs that are still said to wait for Drive: they do not any more.
    pub(super) fn drive_goes_on(&mut self, now: Instant) -> Vec<JobKey> {
        let waits = |told: &Told| told.for_drive && !told.is_over && told.until > now;
        let jobs: Vec<JobKey> =
            self.told.iter().filter(|(_, told)| waits(told)).map(|(job, _)| job.clone()).collect();
        for job in &jobs {
            self.outcome(job);
        }
        jobs
    }

    /// Forgets what is long over.
    pub(super) fn prune(&mut self, now: Instant) {
        self.told.retain(|_, told| told.until.max(told.at + TELL_EVERY) > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn job(name: &str) -> JobKey {
        JobKey::of(&serde_json::json!(name))
    }

    #[test]
    fn a_long_wait_is_told_now_and_then() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        let told = (0..60).filter(|second| {
            waits.may_tell(&job("a"), start + *second * SECOND, (60 - second) * SECOND, true)
        });
        assert_eq!(told.collect::<Vec<_>>(), [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 59]);
    }

    #[test]
    fn a_wait_that_lasts_longer_than_told_is_told_again_without_a_gap() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        assert!(waits.may_tell(&job("a"), start, 3 * SECOND, true));
        assert!(!waits.may_tell(&job("a"), start + SECOND, 3 * SECOND, true));
        assert!(waits.may_tell(&job("a"), start + 2 * SECOND, 3 * SECOND, true));
    }

    #[test]
    fn a_new_wait_after_an_outcome_is_told_at_once_but_not_for_each_image() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        assert!(waits.may_tell(&job("a"), start, 20 * SECOND, false));
        waits.outcome(&job("a"));
        assert!(!waits.may_tell(&job("a"), start, 20 * SECOND, false));
        assert!(waits.may_tell(&job("a"), start + SECOND, 20 * SECOND, false));
    }

    #[test]
    fn when_drive_goes_on_those_that_wait_for_it_are_told_once() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        for (name, for_drive) in [("waits", true), ("went on", true), ("for storage", false)] {
            assert!(waits.may_tell(&job(name), start, 60 * SECOND, for_drive));
        }
        waits.outcome(&job("went on"));
        assert_eq!(waits.drive_goes_on(start + SECOND), [job("waits")]);
        assert_eq!(waits.drive_goes_on(start + SECOND), []);
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        assert!(waits.may_tell(&job("a"), start, 60 * SECOND, true));
        waits.prune(start + 59 * SECOND);
        assert_eq!(waits.told.len(), 1);
        waits.prune(start + 61 * SECOND);
        assert_eq!(waits.told.len(), 0);
    }
}
