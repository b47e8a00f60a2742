//! How long one request may look through rows or names.

use std::time::{Duration, Instant};

/// Time that one request may spend.
const TIME: Duration = Duration::from_millis(150);
/// Rows that one request may look at, one by one.
const ROWS: usize = 50_000;

/// What is left of it. Time in which nothing is read does not count: a client may be slow.
#[derive(Debug)]
pub(crate) struct Budget {
    time: Duration,
    rows: usize,
}

impl Budget {
    /// All of it.
    pub(crate) fn full() -> Self {
        Self { time: TIME, rows: ROWS }
    }

    /// Nothing, from the beginning.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { time: Duration::ZERO, rows: 0 }
    }

    /// Takes off what was read since `began`.
    pub(super) fn spend(&mut self, began: Instant, rows: usize) {
        self.time = self.time.saturating_sub(began.elapsed());
        self.rows = self.rows.saturating_sub(rows);
    }

    /// Nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.time.is_zero() || self.rows == 0
    }
}
