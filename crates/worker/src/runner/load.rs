//! How much is in hand, and how many more tasks to claim. Pure.
//!
//! Beside those that run, as many are claimed ahead as end in a moment: a slot that gets free is filled at once, and one
//! claim, with its question to the metadata service, serves many. Where images take long none is claimed ahead, so that
//! it is not kept from another worker.

use std::time::{Duration, Instant};

/// The moment for which tasks are claimed ahead.
const AHEAD: Duration = Duration::from_millis(50);

/// Claimed tasks, and how fast they end.
#[derive(Debug)]
pub(super) struct Load {
    concurrency: usize,
    in_hand: usize,
    /// The moment that passes now: its start, and how many tasks ended in it.
    since: Instant,
    ended: usize,
    /// How many ended in the moment before.
    ended_before: usize,
}

impl Load {
    /// Nothing in hand, room for `concurrency` that run.
    pub(super) fn new(concurrency: usize, now: Instant) -> Self {
        Self { concurrency, in_hand: 0, since: now, ended: 0, ended_before: 0 }
    }

    /// How many tasks are claimed and have not ended.
    pub(super) fn in_hand(&self) -> usize {
        self.in_hand
    }

    /// So many were claimed.
    pub(super) fn claimed(&mut self, count: usize) {
        self.in_hand += count;
    }

    /// One of them ended.
    pub(super) fn ended(&mut self, now: Instant) {
        self.in_hand = self.in_hand.saturating_sub(1);
        self.pass(now);
        self.ended += 1;
    }

    /// How many to claim; none while that is hardly worth it.
    pub(super) fn room(&mut self, now: Instant) -> Option<usize> {
        self.pass(now);
        let ahead = self.ended.max(self.ended_before).min(self.concurrency);
        let room = (self.concurrency + ahead).saturating_sub(self.in_hand);
        (room >= (ahead / 2).max(1)).then_some(room)
    }

    fn pass(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        if passed >= AHEAD {
            self.ended_before = if passed < AHEAD * 2 { self.ended } else { 0 };
            self.ended = 0;
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn without_an_end_only_free_slots_are_filled() {
        let start = Instant::now();
        let mut load = Load::new(50, start);
        assert_eq!(load.room(start), Some(50));
        load.claimed(50);
        assert_eq!(load.room(start), None);
    }

    #[test]
    fn what_takes_long_is_not_claimed_ahead() {
        let start = Instant::now();
        let mut load = Load::new(50, start);
        load.claimed(50);
        for second in 1..20 {
            let now = start + second * Duration::from_secs(1);
            load.ended(now);
            // one that ends is one that is taken
            assert!(load.room(now).is_none_or(|room| room <= 2), "after {second} s");
            load.claimed(1);
            assert_eq!(load.room(now + 900 * MILLI), None);
        }
    }

    #[test]
    fn what_ends_fast_is_claimed_in_groups() {
        let start = Instant::now();
        let mut load = Load::new(50, start);
        let (mut claims, mut claimed) = (0, 0);
        for milli in 0..1000 {
            let now = start + milli * MILLI;
            if let Some(room) = load.room(now) {
                claims += 1;
                claimed += room;
                load.claimed(room);
            }
            load.ended(now);
        }
        assert!(claimed >= 1000 && claims < 60, "{claimed} in {claims} claims");
        assert!(load.in_hand() <= 100);
    }
}
