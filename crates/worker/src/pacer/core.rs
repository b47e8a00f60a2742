//! How many units per second Drive is asked for: the rules, without a clock and without waiting. Pure.
//!
//! Nothing is limited until a rate answer comes. Then everything stops, and single calls probe whether it goes on; their
//! intervals are a small part of the time since it stopped, so that little of a quota is lost, whatever its window. When several probes were refused, the quota was used up: what went through from one such moment to the next
//! is the rate it allows. A single refusal only lowers the rate a little. Without refusals the rate grows, slowly at
//! first, until nothing is limited any more.

use std::time::Duration;

/// The shortest wait before a probe.
const FIRST_PROBE: Duration = Duration::from_millis(100);
/// The longest, unless Drive asks for more.
const LONGEST_PROBE: Duration = Duration::from_secs(2);
/// The wait between probes, as a part of the time since Drive closed.
const PROBE_PART: f64 = 0.05;
/// Refused probes after which the quota counts as used up.
const USED_UP: u32 = 3;
/// Fewest calls between two such moments that tell a rate.
const FEWEST_CALLS: u64 = 3;
/// Units that the rate would have let through meanwhile, from which on a quota counts as used up: three downloads.
const LONG_CLOSED: f64 = 600.0;
/// A single refusal lowers the rate by this factor, but not below [`LEAST`].
const LOWER: f64 = 0.98;
/// The same when refusals come close together.
const LOWER_MUCH: f64 = 0.8;
/// Calls that make refusals not close together.
const FAR_APART: u64 = 20;
/// Units per second below which a single refusal does not lower the rate: 5 downloads.
const LEAST: f64 = 1000.0;
/// The same when a probe was refused too.
const LEAST_OF_ALL: f64 = 20.0;
/// Units per second above which nothing is limited.
const UNLIMITED: f64 = 2_000_000.0;
/// Growth per second right after a refusal; doubles every [`QUIET`].
const GROWTH: f64 = 0.004;
const MOST_GROWTH: f64 = 0.1;
/// Growth in units per second, every second: so that a low rate grows too.
const LEAST_GROWTH: f64 = 20.0;
const QUIET: Duration = Duration::from_secs(15);
/// Calls may lag behind the rate by this much and catch up: clocks of computers are not finer.
const SLACK: Duration = Duration::from_millis(20);
/// A time without any call after which nothing that was measured before counts.
const IDLE: Duration = Duration::from_secs(10);
/// Waits after Google's page against automated queries: 1, 2, 4 … 30 minutes.
const FIRST_BLOCK: Duration = Duration::from_secs(60);
const LONGEST_BLOCK: Duration = Duration::from_secs(30 * 60);
/// Without such a page for so long the waits begin at the first again.
const FORGIVEN: Duration = Duration::from_secs(60 * 60);

/// Leave to make one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    epoch: u64,
    units: u32,
    is_probe: bool,
}

/// The answer to a call that wants to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Make it now.
    Go(Ticket),
    /// Ask again at this time.
    At(Duration),
    /// Ask again when the probe has its answer.
    AfterProbe,
}

/// Why Drive is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A rate answer.
    Rate,
    /// Google's page against automated queries.
    Blocked,
}

/// Drive is closed for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed {
    /// Why.
    pub(crate) cause: Cause,
    /// Since when.
    pub(crate) since: Duration,
    /// When the next call may be made.
    pub(crate) until: Duration,
    is_probing: bool,
    refused_probes: u32,
}

/// The state. Times count from any fixed moment.
#[derive(Debug, Default)]
pub(crate) struct Core {
    rate: Option<f64>,
    next_free: Duration,
    last_call: Duration,
    grown_at: Duration,
    refused_at: Duration,
    epoch: u64,
    closed: Option<Closed>,
    /// When Drive last went on after the quota was used up, and what went through since.
    cycle_start: Duration,
    cycle_units: f64,
    cycle_calls: u64,
    /// How long the last such cycle was.
    cycle_length: Option<Duration>,
    calls_since_refusal: u64,
    blocks: u32,
    blocked_at: Duration,
    successes: u64,
}

impl Core {
    /// Calls that succeeded so far.
    pub(crate) fn successes(&self) -> u64 {
        self.successes
    }

    /// Set while Drive is closed.
    pub(crate) fn closed(&self) -> Option<Closed> {
        self.closed
    }

    /// When Drive will probably go on: the end of the quota's window where one was seen, else the next probe.
    pub(crate) fn expected_opening(&self) -> Option<Duration> {
        let closed = self.closed?;
        let window = self.cycle_length.map_or(Duration::from_secs(60), |length| length);
        Some(match closed.cause {
            Cause::Rate => closed.until.max(self.cycle_start + window),
            Cause::Blocked => closed.until,
        })
    }

    /// A call of `units` wants to be made.
    pub(crate) fn ask(&mut self, now: Duration, units: u32) -> Ask {
        if let Some(closed) = &mut self.closed {
            if closed.is_probing {
                return Ask::AfterProbe;
            }
            if now < closed.until {
                return Ask::At(closed.until);
            }
            closed.is_probing = true;
            return Ask::Go(self.ticket(now, units, true));
        }
        self.grow(now);
        if let Some(rate) = self.rate {
            let slot = self.next_free.max(now.saturating_sub(SLACK));
            if slot > now {
                return Ask::At(slot);
            }
            self.next_free = slot + Duration::from_secs_f64(f64::from(units) / rate);
        }
        Ask::Go(self.ticket(now, units, false))
    }

    /// Drive answered the call, and not that it was too much.
    pub(crate) fn succeeded(&mut self, now: Duration, ticket: Ticket) {
        self.successes += 1;
        if ticket.is_probe {
            self.open(now, ticket.units);
        }
        self.cycle_units += f64::from(ticket.units);
        self.cycle_calls += 1;
        self.calls_since_refusal += 1;
    }

    /// The call got no answer: it says nothing about rates.
    pub(crate) fn unanswered(&mut self, ticket: Ticket) {
        if let Some(closed) = self.closed.as_mut().filter(|_| ticket.is_probe) {
            closed.is_probing = false;
        }
    }

    /// Drive refused the call for its rate.
    pub(crate) fn refused(&mut self, now: Duration, ticket: Ticket, retry_after: Option<Duration>) {
        let asked = retry_after.map(|wait| now + wait);
        if !ticket.is_probe {
            // calls sent before the last change say nothing new
            if ticket.epoch == self.epoch && self.closed.is_none() {
                self.close(now, Cause::Rate, asked.unwrap_or(now + FIRST_PROBE));
            } else if let (Some(closed), Some(asked)) = (&mut self.closed, asked) {
                closed.until = closed.until.max(asked);
            }
            return;
        }
        let wait = self.probe_wait(now);
        if let Some(closed) = &mut self.closed {
            closed.is_probing = false;
            closed.refused_probes += 1;
            closed.until = asked.unwrap_or(now + wait);
        }
    }

    /// Google showed its page against automated queries.
    pub(crate) fn blocked(&mut self, now: Duration, ticket: Ticket) {
        let is_news = ticket.is_probe || (ticket.epoch == self.epoch && self.closed.is_none());
        if !is_news {
            return;
        }
        if now.saturating_sub(self.blocked_at) > FORGIVEN {
            self.blocks = 0;
        }
        let wait = FIRST_BLOCK.saturating_mul(1 << self.blocks.min(8)).min(LONGEST_BLOCK);
        self.blocks += 1;
        self.blocked_at = now + wait;
        self.close(now, Cause::Blocked, now + wait);
    }

    fn ticket(&mut self, now: Duration, units: u32, is_probe: bool) -> Ticket {
        if !is_probe && now.saturating_sub(self.last_call) > IDLE {
            self.start_cycle(now);
        }
        self.last_call = now;
        Ticket { epoch: self.epoch, units, is_probe }
    }

    fn close(&mut self, now: Duration, cause: Cause, until: Duration) {
        self.epoch += 1;
        self.refused_at = now;
        self.closed = Some(Closed { cause, since: now, until, is_probing: false, refused_probes: 0 });
    }

    /// A probe went through.
    fn open(&mut self, now: Duration, units: u32) {
        let Some(closed) = self.closed.take() else { return };
        self.epoch += 1;
        let cycle = now.saturating_sub(self.cycle_start);
        let achieved = self.cycle_units / cycle.as_secs_f64().max(0.001);
        // a quota that comes back bit by bit lets the next call through after about the time of one call
        let closed_for = now.saturating_sub(closed.since).as_secs_f64();
        let is_long = self.rate.is_none_or(|rate| closed_for * rate >= LONG_CLOSED);
        let used_up = closed.cause == Cause::Rate && closed.refused_probes >= USED_UP && is_long;
        if used_up && self.cycle_calls >= FEWEST_CALLS {
            // what was achieved may be from times when less was asked for: never trust it further than half
            self.rate = Some(self.rate.map_or(achieved, |before| achieved.max(before / 2.0)));
            self.cycle_length = Some(cycle);
        } else {
            let open_for = closed.since.saturating_sub(self.cycle_start).as_secs_f64();
            let before = self.rate.unwrap_or(self.cycle_units / open_for.max(0.1));
            let factor = match closed.cause {
                Cause::Blocked => 0.5,
                Cause::Rate if self.calls_since_refusal < FAR_APART => LOWER_MUCH,
                Cause::Rate => LOWER,
            };
            let least = if closed.refused_probes == 0 { LEAST } else { LEAST_OF_ALL };
            self.rate = Some((before * factor).max(before.min(least)));
        }
        if used_up {
            self.start_cycle(now);
        }
        self.calls_since_refusal = 0;
        let rate = self.rate.map_or(UNLIMITED, |rate| rate.max(LEAST_OF_ALL));
        self.rate = Some(rate);
        self.next_free = now + Duration::from_secs_f64(f64::from(units) / rate);
        self.grown_at = now;
    }

    fn start_cycle(&mut self, now: Duration) {
        self.cycle_start = now;
        self.cycle_units = 0.0;
        self.cycle_calls = 0;
    }

    /// A small part of the time that Drive has been closed for.
    fn probe_wait(&self, now: Duration) -> Duration {
        let closed_for = self.closed.map_or(Duration::ZERO, |closed| now.saturating_sub(closed.since));
        closed_for.mul_f64(PROBE_PART).clamp(FIRST_PROBE, LONGEST_PROBE)
    }

    fn grow(&mut self, now: Duration) {
        let Some(rate) = self.rate else { return };
        let passed = now.saturating_sub(self.grown_at).as_secs_f64();
        let quiet = now.saturating_sub(self.refused_at).as_secs_f64();
        let growth = (GROWTH * (quiet / QUIET.as_secs_f64()).exp2()).min(MOST_GROWTH);
        let grown = rate * (1.0 + growth).powf(passed) + LEAST_GROWTH * passed;
        self.rate = (grown < UNLIMITED).then_some(grown);
        self.grown_at = now;
    }
}

#[cfg(test)]
mod tests;
