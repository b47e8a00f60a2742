//! A rate that grows by itself: first hardly, for as long as a refusal is due, and then faster and faster.

use std::time::Duration;

/// Units per second above which nothing is limited.
const UNLIMITED: f64 = 2_000_000.0;
/// Units per second that are always asked for.
const LEAST_OF_ALL: f64 = 20.0;
/// The shortest time that a refusal may be due in, seconds.
const SHORTEST_DUE: f64 = 0.05;

/// Units per second, from a moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Speed {
    base: f64,
    since: Duration,
    /// Seconds after which a refusal is due: without one the quota is larger than was thought.
    due_secs: f64,
    shape: Shape,
}

/// How a rate grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Not at all until a refusal is due; then it doubles four times in that time: too much for a window costs nothing.
    Window,
    /// By this part until a refusal is due, because each one costs much; then as the former.
    Slow(f64),
    /// From this part below up to the base until a refusal is due; then gently at first: what is too much is refused.
    Gentle(f64),
}

impl Speed {
    /// `base` units per second from `since` on.
    pub(super) fn new(base: f64, since: Duration, due_secs: f64, shape: Shape) -> Self {
        Self { base: base.max(LEAST_OF_ALL), since, due_secs: due_secs.max(SHORTEST_DUE), shape }
    }

    /// Units per second at first.
    pub(super) fn base(&self) -> f64 {
        self.base
    }

    /// Units per second; `None` when nothing is limited any more.
    pub(super) fn at(&self, now: Duration) -> Option<f64> {
        let passed = now.saturating_sub(self.since).as_secs_f64();
        let part = (passed / self.due_secs).min(1.0);
        let late = (passed - self.due_secs * 1.02).max(0.0);
        let doublings = match self.shape {
            Shape::Window | Shape::Slow(_) => late / (self.due_secs / 4.0).clamp(0.25, 5.0),
            Shape::Gentle(_) => (1.5 * late / self.due_secs).powi(2),
        };
        let early = match self.shape {
            Shape::Window => 1.0,
            Shape::Slow(growth) => 1.0 + growth * part,
            Shape::Gentle(dip) => 1.0 - dip * (1.0 - part).powi(3),
        };
        let rate = self.base * early * doublings.exp2();
        (rate < UNLIMITED).then_some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_rate_stays_until_a_refusal_is_due_and_then_grows_without_limit() {
        let speed = Speed::new(1000.0, SECOND, 10.0, Shape::Window);
        assert_eq!(speed.at(SECOND), Some(1000.0));
        assert_eq!(speed.at(11 * SECOND), Some(1000.0));
        assert!(speed.at(15 * SECOND).unwrap() > 2500.0);
        assert_eq!(speed.at(100 * SECOND), None);
    }

    #[test]
    fn a_gentle_rate_comes_back_to_what_it_was() {
        let speed = Speed::new(1000.0, SECOND, 10.0, Shape::Gentle(0.1));
        assert_eq!(speed.at(SECOND), Some(900.0));
        assert_eq!(speed.at(11 * SECOND), Some(1000.0));
        assert!(speed.at(12 * SECOND).unwrap() < 1020.0);
    }

    #[test]
    fn no_rate_is_so_low_that_it_never_grows() {
        let speed = Speed::new(0.0, SECOND, 0.0, Shape::Window);
        assert_eq!(speed.at(100 * SECOND), None);
        assert!(speed.base() > 0.0);
    }
}
