//! A quota that counts in windows, each from the first call after the one before.

use serde::Serialize;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Windows that are remembered.
const REMEMBERED: usize = 1000;

/// What became of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct QuotaWindow {
    /// When it began; milliseconds from the first one.
    pub started_ms: u64,
    /// Units of the calls that went through.
    pub units: u64,
    /// Calls that were refused.
    pub refused: u64,
}

/// How much of it was used when.
#[derive(Debug, Default)]
pub(super) struct Quota {
    first: Option<Instant>,
    start: Option<Instant>,
    /// Units of this window, those of refused calls too.
    used: u64,
    windows: VecDeque<QuotaWindow>,
}

impl Quota {
    /// Whether a call that costs so much goes through where `limit` units are allowed in `length`.
    pub(super) fn allows(&mut self, now: Instant, length: Duration, cost: u64, limit: u64) -> bool {
        let first = *self.first.get_or_insert(now);
        if self.start.is_none_or(|start| now.duration_since(start) >= length) {
            (self.start, self.used) = (Some(now), 0);
            let started_ms = u64::try_from(now.duration_since(first).as_millis()).unwrap_or(u64::MAX);
            self.windows.push_back(QuotaWindow { started_ms, units: 0, refused: 0 });
            if self.windows.len() > REMEMBERED {
                self.windows.pop_front();
            }
        }
        self.used = self.used.saturating_add(cost);
        let goes_through = self.used <= limit;
        if let Some(window) = self.windows.back_mut() {
            window.units += if goes_through { cost } else { 0 };
            window.refused += u64::from(!goes_through);
        }
        goes_through
    }

    /// The windows so far, the one that runs last.
    pub(super) fn windows(&self) -> Vec<QuotaWindow> {
        self.windows.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_window_begins_with_the_next_call() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        let mut call =
            |secs: u64| quota.allows(now + Duration::from_secs(secs), Duration::from_secs(5), 200, 400);
        assert_eq!([0, 1, 2, 4].map(&mut call), [true, true, false, false]);
        assert_eq!([7, 11, 11].map(&mut call), [true, true, false]);
        let windows =
            quota.windows().into_iter().map(|window| (window.started_ms, window.units, window.refused));
        assert_eq!(windows.collect::<Vec<_>>(), [(0, 400, 2), (7000, 400, 1)]);
    }

    #[test]
    fn refused_calls_cost_too() {
        let (mut quota, now) = (Quota::default(), Instant::now());
        let calls = [200, 200, 5, 5].map(|cost| quota.allows(now, Duration::from_secs(5), cost, 300));
        assert_eq!(calls, [true, false, false, false]);
    }
}
