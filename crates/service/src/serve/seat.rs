//! What one open connection is at. In atomics: it is written for every request, and looked at from outside.

use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{
            AtomicU8, AtomicU64, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed, Release},
        },
    },
    task::Waker,
    time::{Duration, Instant},
};

use futures::task::AtomicWaker;
use tokio::task::AbortHandle;

use super::{Limits, reasons};

/// What a connection is at. In two bits, below the time since when.
const WAITING: u64 = 0;
const HEAD: u64 = 1;
const BUSY: u64 = 2;
const ENDED: u64 = 3;
const PHASE: u64 = 3;
const PHASE_BITS: u32 = 2;
/// No write of the connection waits for its client.
const MOVING: u64 = 0;

/// An answer has begun that is not all written.
const OWES: u8 = 1;
/// The answer in hand is a stream of events.
const EVENTS: u8 = 2;
/// The connection holds nothing but its socket.
const RESTING: u8 = 4;
/// It is asked to do so.
const REST: u8 = 8;
/// It is asked to end once nothing is in hand.
const STOP: u8 = 16;

/// How long a connection waits before it is asked to rest: who asks one thing after another is not slowed down.
const REST_AFTER: Duration = Duration::from_millis(500);

/// One open connection.
#[derive(Debug)]
pub(super) struct Seat {
    opened: Instant,
    /// Who holds it, and how many seats that one holds.
    pub(super) address: IpAddr,
    pub(super) held: Arc<AtomicUsize>,
    /// The phase, and since when: milliseconds after `opened`.
    state: AtomicU64,
    /// Since when a write waits, plus one: milliseconds after `opened`; or [`MOVING`].
    stalled: AtomicU64,
    /// Requests that have begun: the number of the last one.
    begun: AtomicU64,
    /// The last request whose body came whole, and the last one whose body nobody wants.
    whole: AtomicU64,
    given_up: AtomicU64,
    flags: AtomicU8,
    /// Whom to tell of what it is asked.
    waker: AtomicWaker,
    task: OnceLock<AbortHandle>,
}

/// How readily a connection can be ended for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// No request is in hand.
    Idle,
    /// It waits for its client, who sends or takes nothing.
    ClientsTurn,
    /// A stream of events: its client comes back by itself.
    Events,
}

impl Seat {
    pub(super) fn new(address: IpAddr, held: Arc<AtomicUsize>) -> Self {
        Self {
            opened: Instant::now(),
            address,
            held,
            state: AtomicU64::new(HEAD),
            stalled: AtomicU64::new(MOVING),
            begun: AtomicU64::new(0),
            whole: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            flags: AtomicU8::new(0),
            waker: AtomicWaker::new(),
            task: OnceLock::new(),
        }
    }

    /// Whose end is the connection's.
    pub(super) fn is_held_by(&self, task: AbortHandle) {
        let _ = self.task.set(task);
        if self.state.load(Acquire) == ENDED {
            self.end();
        }
    }

    /// A request begins, and gets a number. `None` when the connection is being closed: nobody has seen the request then.
    pub(super) fn begins(&self, has_body: bool) -> Option<u64> {
        let begun = self.now() | BUSY;
        let change = |state: u64| (state & PHASE != ENDED).then_some(begun);
        self.state.fetch_update(AcqRel, Acquire, change).ok()?;
        let number = self.begun.fetch_add(1, AcqRel) + 1;
        self.flags.fetch_or(OWES, Release);
        if !has_body {
            self.whole.fetch_max(number, AcqRel);
        }
        Some(number)
    }

    /// All of a request's body has come.
    pub(super) fn came_whole(&self, number: u64) {
        self.whole.fetch_max(number, AcqRel);
        let state = self.state.load(Acquire);
        // idleness begins with the last byte, whoever read it
        if state & PHASE == WAITING && self.begun.load(Acquire) == number {
            let _ = self.state.compare_exchange(state, self.now() | WAITING, AcqRel, Relaxed);
        }
    }

    /// Nobody reads on what is left of a request's body.
    pub(super) fn is_given_up(&self, number: u64) {
        self.given_up.fetch_max(number, AcqRel);
    }

    /// The last request has come whole: what comes now is a further one.
    pub(super) fn is_whole(&self) -> bool {
        self.whole.load(Acquire) == self.begun.load(Acquire)
    }

    /// The answer is a stream of events.
    pub(super) fn streams_events(&self) {
        self.flags.fetch_or(EVENTS, Release);
    }

    /// The answer has been given.
    pub(super) fn answered(&self) {
        let now = self.now() | WAITING;
        let change = |state: u64| (state & PHASE == BUSY).then_some(now);
        let _ = self.state.fetch_update(AcqRel, Acquire, change);
        if self.has(EVENTS) {
            self.flags.fetch_and(!EVENTS, AcqRel);
        }
    }

    /// Something came from the client.
    pub(super) fn heard(&self) {
        let state = self.state.load(Relaxed);
        if state & PHASE == WAITING && !self.has_body_to_come() {
            let _ = self.state.compare_exchange(state, self.now() | HEAD, AcqRel, Relaxed);
        }
    }

    /// Somebody reads a body that has not come to its end.
    fn has_body_to_come(&self) -> bool {
        let begun = self.begun.load(Acquire);
        self.whole.load(Acquire) != begun && self.given_up.load(Acquire) != begun
    }

    /// A write waits for the client.
    pub(super) fn stalls(&self) {
        if self.stalled.load(Relaxed) == MOVING {
            self.stalled.store(self.millis() + 1, Release);
        }
    }

    /// A write went through. An answer counts as given once its last piece waits to be written: idleness begins after that.
    pub(super) fn moves(&self) {
        if self.stalled.load(Relaxed) != MOVING {
            self.stalled.store(MOVING, Release);
            let state = self.state.load(Acquire);
            if matches!(state & PHASE, WAITING | HEAD) {
                let _ = self.state.compare_exchange(state, self.now() | WAITING, AcqRel, Relaxed);
            }
        }
    }

    /// Nothing waits to be written.
    pub(super) fn is_flushed(&self) {
        if self.has(OWES) && self.state.load(Acquire) & PHASE != BUSY {
            self.flags.fetch_and(!OWES, AcqRel);
        }
    }

    /// What is written is an answer to a request, or a part of one.
    pub(super) fn owes(&self) -> bool {
        self.has(OWES)
    }

    /// Whose connection it is wants to know what it is asked.
    pub(super) fn listens(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Nothing but the socket is held, or more than that.
    pub(super) fn rests(&self, rests: bool) {
        if rests {
            self.flags.fetch_or(RESTING, AcqRel);
        } else {
            self.flags.fetch_and(!(RESTING | REST), AcqRel);
        }
    }

    /// Asks the connection to rest if it has been waiting for a while.
    pub(super) fn may_well_rest(&self) {
        if self.has(RESTING) || !self.can_rest() {
            return;
        }
        let since = self.state.load(Acquire) >> PHASE_BITS;
        if u128::from(self.millis().saturating_sub(since)) >= REST_AFTER.as_millis() {
            self.flags.fetch_or(REST, AcqRel);
            self.waker.wake();
        }
    }

    /// Asks the connection to end once nothing is in hand.
    pub(super) fn stop(&self) {
        self.flags.fetch_or(STOP, AcqRel);
        self.waker.wake();
    }

    pub(super) fn is_asked_to_rest(&self) -> bool {
        self.has(REST)
    }

    pub(super) fn is_asked_to_stop(&self) -> bool {
        self.has(STOP)
    }

    /// How many requests there have been, if the last one came whole and all of its answer is written.
    pub(super) fn has_nothing_in_hand(&self) -> Option<u64> {
        let is_quiet = matches!(self.state.load(Acquire) & PHASE, WAITING | HEAD)
            && self.stalled.load(Acquire) == MOVING
            && self.is_whole()
            && !self.owes();
        is_quiet.then(|| self.begun.load(Acquire))
    }

    /// The same, and nothing of a further request has come.
    pub(super) fn can_rest(&self) -> bool {
        self.state.load(Acquire) & PHASE == WAITING && self.has_nothing_in_hand().is_some()
    }

    /// How the client was too slow, if it was; then no further request begins.
    pub(super) fn gives_up(&self, limits: &Limits) -> Option<&'static str> {
        let (state, stalled) = (self.state.load(Acquire), self.stalled.load(Acquire));
        let (reason, since, limit) = match state & PHASE {
            ENDED => return None,
            _ if stalled != MOVING => (reasons::SLOW_READER, stalled - 1, limits.taking_time),
            WAITING => (reasons::IDLE, state >> PHASE_BITS, limits.idle_time),
            HEAD => (reasons::SLOW_HEAD, state >> PHASE_BITS, limits.header_time),
            _ => return None,
        };
        let is_over = u128::from(self.millis().saturating_sub(since)) > limit.as_millis();
        (is_over && self.end_if(state)).then_some(reason)
    }

    /// Whether it could be ended for another connection, and since when it has been so.
    pub(super) fn standing(&self) -> Option<(Standing, Instant)> {
        let at = |millis: u64| self.opened + Duration::from_millis(millis);
        let stalled = self.stalled.load(Acquire);
        if stalled != MOVING {
            return Some((Standing::ClientsTurn, at(stalled - 1)));
        }
        let state = self.state.load(Acquire);
        let standing = match state & PHASE {
            WAITING | HEAD => Standing::Idle,
            BUSY if self.has(EVENTS) => Standing::Events,
            BUSY if self.has_body_to_come() => Standing::ClientsTurn,
            _ => return None,
        };
        Some((standing, at(state >> PHASE_BITS)))
    }

    /// Ends the connection if it still stands so.
    pub(super) fn end_if_still(&self, standing: Standing) -> bool {
        let state = self.state.load(Acquire);
        let ends = self.standing().is_some_and(|(now, _)| now == standing) && self.end_if(state);
        if ends {
            self.end();
        }
        ends
    }

    /// From now on no request can begin; false when one has begun meanwhile.
    fn end_if(&self, state: u64) -> bool {
        self.state.compare_exchange(state, ENDED, AcqRel, Acquire).is_ok()
    }

    pub(super) fn end(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn has(&self, flag: u8) -> bool {
        self.flags.load(Acquire) & flag != 0
    }

    fn now(&self) -> u64 {
        self.millis() << PHASE_BITS
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX >> (PHASE_BITS + 1))
    }
}

#[cfg(test)]
impl Seat {
    pub(super) fn is_resting(&self) -> bool {
        self.has(RESTING)
    }
}
