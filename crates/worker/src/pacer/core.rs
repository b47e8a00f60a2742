//! How many units per second Drive is asked for: the rules, without a clock and without waiting. Pure.
//!
//! Nothing is limited until a rate answer comes. Then everything stops, and single calls probe until one goes through.
//!
//! Most quotas count in windows. What went through from one opening to the next, by the time between, is then exactly
//! what the quota allows, and the time itself is its window. The next window is paced a little faster than that, so
//! that it is always used up, just before its end; probes lie close together around that end and are rare before it.
//! What this costs is the time from its end to the next probe, half a percent. Other quotas come back bit by bit: there
//! a refusal is over at once, and the rate settles at what went through.

mod learnt;
mod speed;

use std::time::Duration;

use self::{learnt::Learnt, speed::Speed};

/// Units of a download: what a call is taken for where only a rate is known.
const CALL: f64 = 200.0;
/// The shortest wait for a probe, and the first one where no rate is known.
const SHORTEST_PROBE: f64 = 0.02;
const FIRST_PROBE: f64 = 0.1;
/// The wait between probes, as a part of the time since Drive closed.
const PROBE_PART: f64 = 0.05;
/// The longest wait between probes, and the same once Drive is closed for longer than quotas per minute explain.
const LONGEST_PROBE: [f64; 2] = [1.0, 30.0];
const LONG_CLOSED: f64 = 75.0;
/// Probes that may be under way at once: what is far away must not make them rare.
const MOST_PROBES: u32 = 8;
/// Calls may lag behind the rate by this much and catch up: clocks of computers are not finer.
const SLACK: Duration = Duration::from_millis(20);
/// A time without any call, beside that of three calls, after which nothing that was measured before counts.
const IDLE: f64 = 4.0;
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
    sent: Duration,
}

/// The answer to a call that wants to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Make it now.
    Go(Ticket),
    /// Ask again at this time.
    At(Duration),
    /// Ask again when a probe has its answer.
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

/// Drive lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Closed {
    /// Why.
    pub(crate) cause: Cause,
    /// Since when.
    pub(crate) since: Duration,
    /// When the next call may be made.
    pub(crate) until: Duration,
    /// The last call that is known to have been refused was made then.
    last_refused: Duration,
    /// Units per second before.
    rate: Option<f64>,
    probes_under_way: u32,
    refused_probes: u32,
    /// Drive said when to come back.
    was_told: bool,
}

/// The state. Times count from any fixed moment.
#[derive(Debug, Default)]
pub(crate) struct Core {
    speed: Option<Speed>,
    next_free: Duration,
    /// How far calls may lag behind.
    lag: Duration,
    last_call: Option<Duration>,
    epoch: u64,
    closed: Option<Closed>,
    learnt: Learnt,
    /// The last time that Drive was closed was no matter of one call alone.
    was_closed_for_all: bool,
    blocks: u32,
    blocked_at: Duration,
    successes: u64,
}

impl Core {
    /// Calls that succeeded so far.
    pub(crate) fn successes(&self) -> u64 {
        self.successes
    }

    /// The rate, while one is known.
    pub(crate) fn units_per_second(&self, now: Duration) -> Option<f64> {
        self.speed.and_then(|speed| speed.at(now))
    }

    /// Set while Drive is closed.
    pub(crate) fn closed(&self) -> Option<Closed> {
        self.closed
    }

    /// True when Drive refuses, or refused until it went on, more than a single call.
    pub(crate) fn is_closed_for_all(&self) -> bool {
        self.closed.is_some() || self.was_closed_for_all
    }

    /// When Drive will probably go on: at the end of the quota's window where one was seen, else of a minute, as Google's.
    pub(crate) fn expected_opening(&self, now: Duration) -> Option<Duration> {
        let closed = self.closed?;
        let end = (closed.cause == Cause::Rate).then(|| self.learnt.window_end_or_minute(now));
        Some(closed.until.max(end.unwrap_or_default()))
    }

    /// A call of `units` wants to be made.
    pub(crate) fn ask(&mut self, now: Duration, units: u32) -> Ask {
        if let Some(closed) = &self.closed {
            let most = if closed.cause == Cause::Blocked { 1 } else { MOST_PROBES };
            if closed.probes_under_way >= most {
                return Ask::AfterProbe;
            }
            if now < closed.until {
                return Ask::At(closed.until);
            }
            let until = self.next_probe(now, closed);
            self.closed = Some(Closed { until, probes_under_way: closed.probes_under_way + 1, ..*closed });
            return Ask::Go(self.ticket(now, units, true));
        }
        if let Some(rate) = self.speed.and_then(|speed| speed.at(now)) {
            let slot = self.next_free.max(now.saturating_sub(self.lag.max(SLACK)));
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
        if self.probed(ticket).is_some() {
            self.open(now, ticket);
        }
        self.learnt.went_through(ticket.sent, ticket.units);
    }

    /// The call was not made.
    pub(crate) fn given_back(&mut self, ticket: Ticket) {
        self.unanswered(ticket);
        let rate = self.speed.and_then(|speed| speed.at(ticket.sent));
        if let Some(rate) = rate.filter(|_| ticket.epoch == self.epoch && !ticket.is_probe) {
            let units = Duration::from_secs_f64(f64::from(ticket.units) / rate);
            self.next_free = self.next_free.saturating_sub(units);
        }
    }

    /// The call got no answer: it says nothing about rates.
    pub(crate) fn unanswered(&mut self, ticket: Ticket) {
        if let Some(closed) = self.probed(ticket) {
            closed.probes_under_way -= 1;
        }
    }

    /// Drive refused the call for its rate. Calls sent before the last change say nothing new.
    pub(crate) fn refused(&mut self, now: Duration, ticket: Ticket, retry_after: Option<Duration>) {
        if ticket.epoch == self.epoch && self.closed.is_none() {
            self.close(now, ticket, Cause::Rate);
        } else if let Some(closed) = self.probed(ticket) {
            closed.probes_under_way -= 1;
            closed.refused_probes += 1;
        }
        if let Some(closed) = &mut self.closed {
            closed.last_refused = closed.last_refused.max(ticket.sent);
            if let Some(wait) = retry_after {
                closed.until = closed.until.max(now + wait);
                closed.was_told = true;
            }
        }
    }

    /// Google showed its page against automated queries.
    pub(crate) fn blocked(&mut self, now: Duration, ticket: Ticket) {
        if ticket.epoch != self.epoch || (self.closed.is_some() && !ticket.is_probe) {
            return;
        }
        if now.saturating_sub(self.blocked_at) > FORGIVEN {
            self.blocks = 0;
        }
        let wait = FIRST_BLOCK.saturating_mul(1 << self.blocks.min(8)).min(LONGEST_BLOCK);
        self.blocks += 1;
        self.blocked_at = now + wait;
        self.close(now, ticket, Cause::Blocked);
        self.closed.iter_mut().for_each(|closed| closed.until = now + wait);
    }

    /// What a probe is for.
    fn probed(&mut self, ticket: Ticket) -> Option<&mut Closed> {
        self.closed.as_mut().filter(|_| ticket.is_probe && ticket.epoch == self.epoch)
    }

    fn ticket(&mut self, now: Duration, units: u32, is_probe: bool) -> Ticket {
        let rate = self.speed.and_then(|speed| speed.at(now));
        let idle = Duration::from_secs_f64(IDLE + rate.map_or(0.0, |rate| 3.0 * CALL / rate));
        if !is_probe && self.last_call.is_none_or(|last| now.saturating_sub(last) > idle) {
            self.learnt.start_cycle(now);
        }
        self.last_call = Some(now);
        Ticket { epoch: self.epoch, units, is_probe, sent: now }
    }

    fn close(&mut self, now: Duration, ticket: Ticket, cause: Cause) {
        self.epoch += 1;
        let rate = self.speed.and_then(|speed| speed.at(now));
        let first = rate.map_or(FIRST_PROBE, |rate| (1.25 * CALL / rate).clamp(SHORTEST_PROBE, 2.0));
        let mut until = now + Duration::from_secs_f64(first);
        if let Some(end) = self.learnt.window_end(now).filter(|end| now < *end) {
            until = until.min(end.saturating_sub(self.learnt.grain())).max(now);
        }
        self.closed = Some(Closed {
            cause,
            since: ticket.sent,
            until,
            last_refused: ticket.sent,
            rate,
            probes_under_way: 0,
            refused_probes: 0,
            was_told: false,
        });
    }

    /// When to probe after the probe of now, should that be refused: in ever longer steps, but in short ones around the
    /// end of the window.
    fn next_probe(&self, now: Duration, closed: &Closed) -> Duration {
        let closed_for = now.saturating_sub(closed.since).as_secs_f64();
        let longest = LONGEST_PROBE[usize::from(closed_for > LONG_CLOSED)];
        // a quota that comes back bit by bit has no room before half the time of a call
        let half_a_call = closed.rate.map_or(0.0, |rate| (CALL / 2.0 / rate).min(10.0));
        let step = (closed_for * PROBE_PART).clamp(SHORTEST_PROBE, longest).max(half_a_call);
        let Some(end) = self.learnt.window_end(now) else { return now + Duration::from_secs_f64(step) };
        let grain = self.learnt.grain();
        let step = now + Duration::from_secs_f64(step).max(4 * grain);
        match end.saturating_sub(grain) {
            before if now < before => step.min(before),
            _ if now < end + 4 * grain => now + grain,
            _ if now < end + 12 * grain => now + 2 * grain,
            _ => step,
        }
    }

    /// A probe went through.
    fn open(&mut self, now: Duration, probe: Ticket) {
        let Some(closed) = self.closed.take() else { return };
        self.epoch += 1;
        self.was_closed_for_all = closed.refused_probes > 0;
        let opening = learnt::Opening {
            at: probe.sent,
            closed_since: closed.since,
            last_refused: closed.last_refused,
            refused_probes: closed.refused_probes,
            rate_before: closed.rate,
            was_told: closed.was_told,
        };
        let (speed, by_window) = match closed.cause {
            Cause::Rate => self.learnt.learn(&opening),
            Cause::Blocked => (self.learnt.after_block(&opening), false),
        };
        // a new window is paced from its beginning; what comes back bit by bit has nothing in store
        let from = if by_window { probe.sent } else { now };
        let lag = if by_window { 20 * self.learnt.grain() } else { Duration::ZERO };
        self.lag = now.saturating_sub(from).max(lag);
        self.next_free = from + Duration::from_secs_f64(f64::from(probe.units) / speed.base());
        self.speed = Some(speed);
        self.learnt.start_cycle(probe.sent);
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
