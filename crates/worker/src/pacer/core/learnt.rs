//! What was learnt of a quota: how many units went through, in which time, and in which windows it counts.

use std::{collections::VecDeque, time::Duration};

use super::{
    CALL,
    speed::{Shape, Speed},
};

/// A window is paced so much faster than it allows, that it is used up before its end.
const OVERSHOOT: f64 = 1.04;
/// The same where Drive says when to come back: that is in whole seconds, so that each refusal costs up to one.
const TOLD: f64 = 0.995;
const TOLD_GROWTH: f64 = 0.02;
/// Two times that differ by less are the same window.
const ALIKE: f64 = 0.05;
/// Calls between two refusals from which on what went through is exact.
const MANY_CALLS: u64 = 40;
/// Units per second below which a single refusal does not lower the rate: 5 downloads.
const LEAST: f64 = 1000.0;
/// Calls after which the next refusal is due where there are no windows.
const DUE_CALLS: f64 = 50.0;
/// The window of Google's own quotas.
const MINUTE: f64 = 60.0;
/// Parts of a window that are counted apart.
const PARTS: f64 = 64.0;

/// Drive goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// When the probe that went through was sent.
    pub(super) at: Duration,
    /// When the first refused call was sent.
    pub(super) closed_since: Duration,
    /// When the last one was.
    pub(super) last_refused: Duration,
    /// Probes in between.
    pub(super) refused_probes: u32,
    /// Units per second before.
    pub(super) rate_before: Option<f64>,
    /// Drive said when to come back.
    pub(super) was_told: bool,
}

/// What is known of the quota. A cycle goes from one opening to the next.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    /// When the cycle that runs began.
    pub(super) cycle_start: Duration,
    cycle_units: f64,
    cycle_calls: u64,
    window: Option<f64>,
    window_since: Duration,
    /// Another window, seen once.
    candidate: Option<f64>,
    /// Units that went through in the time of the last window.
    recent: VecDeque<(Duration, f64)>,
}

impl Learnt {
    /// Nothing before counts.
    pub(super) fn start_cycle(&mut self, now: Duration) {
        self.cycle_start = now;
        self.cycle_units = 0.0;
        self.cycle_calls = 0;
    }

    /// A call that was sent then went through.
    pub(super) fn went_through(&mut self, sent: Duration, units: u32) {
        let units = f64::from(units);
        if sent >= self.cycle_start {
            self.cycle_units += units;
            self.cycle_calls += 1;
        }
        let Some(window) = self.window else { return };
        match self.recent.back_mut() {
            Some((start, sum)) if *start + Duration::from_secs_f64(window / PARTS) > sent => *sum += units,
            _ => self.recent.push_back((sent, units)),
        }
        let old = sent.saturating_sub(Duration::from_secs_f64(window));
        while self.recent.front().is_some_and(|(start, _)| *start < old) {
            self.recent.pop_front();
        }
    }

    /// When the window of `now` ends, if there are windows; one that has just ended still counts.
    pub(super) fn window_end(&self, now: Duration) -> Option<Duration> {
        self.window.map(|window| self.end_of(window, now, 0.08))
    }

    /// The same, not before now, with a guess where nothing is known.
    pub(super) fn window_end_or_minute(&self, now: Duration) -> Duration {
        self.end_of(self.window.unwrap_or(MINUTE), now, 0.0)
    }

    fn end_of(&self, window: f64, now: Duration, slack: f64) -> Duration {
        let passed = seconds(self.cycle_start, now) / window;
        self.cycle_start + Duration::from_secs_f64(window * (passed - slack).ceil().max(1.0))
    }

    /// How exactly the end of a window is looked for.
    pub(super) fn grain(&self) -> Duration {
        Duration::from_secs_f64((self.window.unwrap_or_default() * 0.005).clamp(0.005, 0.25))
    }

    /// The rate from now on, and whether a window has begun.
    pub(super) fn learn(&mut self, opening: &Opening) -> (Speed, bool) {
        let cycle = seconds(self.cycle_start, opening.at).max(0.001);
        let closed_for = seconds(opening.closed_since, opening.at);
        // the quota came back at some time in this
        let unsure = seconds(opening.last_refused, opening.at);
        let achieved = self.cycle_units / cycle;
        let call = opening.rate_before.map_or(0.0, |rate| CALL / rate);
        let is_expected =
            opening.refused_probes >= 1 && self.window.is_some_and(|window| alike(cycle, window));
        let is_long = opening.refused_probes >= 3 && closed_for > 3.0 * call && closed_for > 0.3 * cycle;
        if !is_expected && !is_long {
            return (self.without_window(opening, achieved), false);
        }
        let unsure_part = if opening.was_told { 0.0 } else { unsure };
        self.see_window(cycle - unsure_part / 2.0, opening.at);
        // what was achieved may be from times when less was asked for
        let few = if self.cycle_calls < 20 { 2.0 } else { 4.0 };
        let achieved = opening.rate_before.map_or(achieved, |rate| achieved.max(rate / few));
        let speed = if opening.was_told {
            Speed::new(achieved * TOLD, opening.at, cycle.max(60.0 * unsure), Shape::Slow(TOLD_GROWTH))
        } else {
            let most = achieved * cycle / (cycle - unsure).max(0.001);
            Speed::new(most * OVERSHOOT, opening.at, self.window.unwrap_or(cycle), Shape::Window)
        };
        (speed, true)
    }

    /// The rate after Google let nobody in for a while.
    pub(super) fn after_block(&self, opening: &Opening) -> Speed {
        let open_for = seconds(self.cycle_start, opening.closed_since).max(0.1);
        let before = opening.rate_before.unwrap_or(self.cycle_units / open_for);
        Speed::new((before / 2.0).max(before.min(CALL)), opening.at, 10.0, Shape::Gentle(0.0))
    }

    /// The rate of a quota that comes back bit by bit, or of none: single refusals happen.
    fn without_window(&self, opening: &Opening, achieved: f64) -> Speed {
        let before = opening.rate_before.unwrap_or(achieved.max(LEAST));
        // where the very next call goes through, it was hardly the rate
        let least = if opening.refused_probes == 0 { LEAST.min(before * 1.3) } else { 0.0 };
        if let (Some(window), Some(recent)) = (self.window, self.recent_rate(opening.closed_since))
            && recent > before / 2.0
        {
            let base = (recent * 1.005).min(before).max(least);
            return Speed::new(base, opening.at, window, Shape::Gentle(0.0));
        }
        let (top, dip) = if self.cycle_calls >= MANY_CALLS {
            ((achieved * 1.01).min(before).max(before / 4.0), 0.01)
        } else {
            (
                (achieved * 1.1)
                    .min(before * 0.9)
                    .max(before * if before > 4.0 * LEAST { 0.5 } else { 0.75 }),
                0.1,
            )
        };
        let base = top.max(least);
        Speed::new(base, opening.at, (DUE_CALLS * CALL / base).clamp(0.2, 10.0), Shape::Gentle(dip))
    }

    /// A cycle of `secs` went from the beginning of a window to that of another one, not always of the next.
    fn see_window(&mut self, secs: f64, at: Duration) {
        match self.window {
            Some(window) if alike(secs, window) => self.window = Some(window + 0.3 * (secs - window)),
            Some(window) if is_whole(secs, window) => {}
            Some(_) if !self.candidate.is_some_and(|other| alike(secs, other)) => self.candidate = Some(secs),
            _ => {
                self.window = Some(secs);
                self.window_since = at;
                self.candidate = None;
                self.recent.clear();
            }
        }
    }

    /// Units per second in the time of the last window, once that is known.
    fn recent_rate(&self, now: Duration) -> Option<f64> {
        let window = self.window?;
        let start = now.checked_sub(Duration::from_secs_f64(window))?;
        let sum = || self.recent.iter().filter(|(at, _)| *at >= start).map(|(_, units)| units).sum::<f64>();
        (start >= self.window_since).then(|| sum() / window)
    }
}

fn seconds(from: Duration, to: Duration) -> f64 {
    to.saturating_sub(from).as_secs_f64()
}

fn alike(one: f64, other: f64) -> bool {
    (one / other - 1.0).abs() < ALIKE
}

/// True for one window, two, three …
fn is_whole(secs: f64, window: f64) -> bool {
    let windows = secs / window;
    (windows - windows.round()).abs() < (ALIKE * windows).min(4.0 * ALIKE) && windows > 0.5
}
