//! How long a running job's listing goes on in spite of errors. Pure.

use std::time::{Duration, Instant};

use client::{
    drive::{self, Reason},
    retry::Backoff,
};

/// Drive's own trouble is tried so often, and for so long, at least.
const TRIES: u32 = 8;
const AT_LEAST: Duration = Duration::from_secs(120);
/// Google's page against "automated queries" asks for long pauses.
const AUTOMATED: Backoff = Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(30 * 60) };

/// What follows an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Wait, then ask again.
    TryAgain(Duration),
    /// It will not work.
    GiveUp,
}

/// The errors in a row so far.
#[derive(Debug, Default)]
pub(super) struct Patience {
    tries: u32,
    since: Option<Instant>,
}

impl Patience {
    /// Counts an error that came at `now`, and decides.
    pub(super) fn after(&mut self, error: &drive::Error, now: Instant) -> Decision {
        self.tries += 1;
        let since = *self.since.get_or_insert(now);
        let backoff = match error.reason {
            // passes by itself; a job ends after a day without any outcome
            Reason::AutomatedQueries => AUTOMATED,
            Reason::RateLimited => Backoff::DRIVE,
            reason if !reason.is_retryable() => return Decision::GiveUp,
            _ if self.tries >= TRIES && now.duration_since(since) >= AT_LEAST => return Decision::GiveUp,
            _ => Backoff::DRIVE,
        };
        Decision::TryAgain(backoff.wait(self.tries, error.retry_after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reason: Reason) -> drive::Error {
        drive::Error { reason, status: None, message: String::new(), retry_after: None }
    }

    /// Errors in a row until it gives up, and the time that passed.
    fn endured(reason: Reason, at_most: u32) -> (u32, Duration) {
        let (mut patience, start) = (Patience::default(), Instant::now());
        let mut now = start;
        for tries in 1..=at_most {
            match patience.after(&error(reason), now) {
                Decision::TryAgain(wait) => now += wait,
                Decision::GiveUp => return (tries, now - start),
            }
        }
        (at_most, now - start)
    }

    #[test]
    fn drives_own_trouble_is_endured_for_two_minutes() {
        let (tries, time) = endured(Reason::ServerError, 1000);
        assert!(tries >= TRIES && time >= AT_LEAST && time < AT_LEAST * 3, "{tries} tries in {time:?}");
    }

    #[test]
    fn limits_of_the_rate_are_waited_for() {
        assert_eq!(endured(Reason::RateLimited, 1000).0, 1000);
        let (_, time) = endured(Reason::AutomatedQueries, 3);
        assert!(time >= Duration::from_secs(210), "{time:?}");
    }

    #[test]
    fn a_refusal_is_final() {
        assert_eq!(endured(Reason::NotFound, 10).0, 1);
    }
}
