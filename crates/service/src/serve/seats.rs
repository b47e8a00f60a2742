//! What every open connection is at, so that those who hold one for nothing can be ended: by one look over all of them
//! every second, instead of a timer for each.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{
            AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed, Release},
        },
    },
    time::{Duration, Instant},
};

use tokio::{task::AbortHandle, time::MissedTickBehavior};

use super::Limits;

/// How often all connections are looked at, unless a limit is shorter.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Of this many connections one is ended at once to make room, and at least one.
const ROOM: usize = 64;

/// What a connection is at. In two bits, below the time since when.
const WAITING: u64 = 0;
const HEAD: u64 = 1;
const BUSY: u64 = 2;
const ENDED: u64 = 3;
const PHASE: u64 = 3;
const PHASE_BITS: u32 = 2;
/// No write of the connection waits for its client.
const MOVING: u64 = 0;

/// All open connections of a listener.
#[derive(Debug)]
pub(super) struct Seats {
    limits: Limits,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    last: u64,
    seats: HashMap<u64, Arc<Seat>>,
}

/// One open connection.
#[derive(Debug)]
pub(super) struct Seat {
    opened: Instant,
    /// The phase, and since when: milliseconds after `opened`.
    state: AtomicU64,
    /// Since when a write waits, plus one: milliseconds after `opened`; or [`MOVING`].
    stalled: AtomicU64,
    task: OnceLock<AbortHandle>,
}

/// A connection's hold on its seat.
#[derive(Debug)]
pub(super) struct Holding {
    number: u64,
    seats: Arc<Seats>,
}

impl Seats {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, taken: Mutex::default() }
    }

    /// A seat for a new connection. Where all are taken, those of the connections that have been idle for longest become
    /// free; `None` where none is idle.
    pub(super) fn take(self: &Arc<Self>) -> Option<(Arc<Seat>, Holding)> {
        let mut taken = self.taken();
        if taken.seats.len() >= self.limits.connections && !taken.make_room() {
            return None;
        }
        taken.last += 1;
        let (number, seat) = (taken.last, Arc::new(Seat::new()));
        taken.seats.insert(number, Arc::clone(&seat));
        Some((seat, Holding { number, seats: Arc::clone(self) }))
    }

    /// Ends, for as long as it is awaited, the connections that hold their seats for nothing.
    pub(super) async fn watch(&self) {
        let Limits { header_time, idle_time, taking_time, .. } = self.limits;
        let shortest = header_time.min(idle_time).min(taking_time) / 4;
        let mut ticks = tokio::time::interval(LOOK_EVERY.min(shortest).max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let overdue: Vec<_> =
                self.taken().seats.values().filter(|seat| seat.gives_up(&self.limits)).cloned().collect();
            for seat in overdue {
                tracing::debug!("a client was too slow: its connection is closed");
                seat.end();
            }
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Ends some of the idle connections; false when there is none.
    fn make_room(&mut self) -> bool {
        let mut idle: Vec<_> =
            self.seats.iter().filter_map(|(number, seat)| Some((seat.idle_since()?, *number))).collect();
        let some = (idle.len() / ROOM).max(1).min(idle.len());
        if some > 0 && some < idle.len() {
            idle.select_nth_unstable(some);
        }
        let mut has_room = false;
        for (_, number) in idle.drain(..some) {
            if self.seats.get(&number).is_some_and(|seat| seat.end_if_idle()) {
                self.seats.remove(&number);
                has_room = true;
            }
        }
        has_room
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.seats.taken().seats.remove(&self.number);
    }
}

impl Seat {
    fn new() -> Self {
        Self {
            opened: Instant::now(),
            state: AtomicU64::new(HEAD),
            stalled: AtomicU64::new(MOVING),
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

    /// A request begins. False when the connection is being closed: nobody has seen the request then.
    pub(super) fn begins(&self) -> bool {
        let begun = self.now() | BUSY;
        let change = |state: u64| (state & PHASE != ENDED).then_some(begun);
        self.state.fetch_update(AcqRel, Acquire, change).is_ok()
    }

    /// The answer has been given.
    pub(super) fn answered(&self) {
        let now = self.now() | WAITING;
        let change = |state: u64| (state & PHASE == BUSY).then_some(now);
        let _ = self.state.fetch_update(AcqRel, Acquire, change);
    }

    /// Something came from the client.
    pub(super) fn heard(&self) {
        let state = self.state.load(Relaxed);
        if state & PHASE == WAITING {
            let _ = self.state.compare_exchange(state, self.now() | HEAD, AcqRel, Relaxed);
        }
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

    /// True when the client was too slow; then no further request begins.
    fn gives_up(&self, limits: &Limits) -> bool {
        let now = self.millis();
        let over = |since: u64, limit: Duration| u128::from(now.saturating_sub(since)) > limit.as_millis();
        let stalled = self.stalled.load(Acquire);
        if stalled != MOVING {
            return over(stalled - 1, limits.taking_time);
        }
        let state = self.state.load(Acquire);
        match state & PHASE {
            WAITING => over(state >> PHASE_BITS, limits.idle_time) && self.end_if(state),
            HEAD => over(state >> PHASE_BITS, limits.header_time) && self.end_if(state),
            _ => false,
        }
    }

    /// Since when no request has been in hand, nor an answer on its way.
    fn idle_since(&self) -> Option<Instant> {
        if self.stalled.load(Acquire) != MOVING {
            return None;
        }
        let state = self.state.load(Acquire);
        let since = self.opened + Duration::from_millis(state >> PHASE_BITS);
        matches!(state & PHASE, WAITING | HEAD).then_some(since)
    }

    fn end_if_idle(&self) -> bool {
        let state = self.state.load(Acquire);
        let ends = matches!(state & PHASE, WAITING | HEAD) && self.end_if(state);
        if ends {
            self.end();
        }
        ends
    }

    /// From now on no request can begin; false when one has begun meanwhile.
    fn end_if(&self, state: u64) -> bool {
        self.state.compare_exchange(state, ENDED, AcqRel, Acquire).is_ok()
    }

    fn end(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn now(&self) -> u64 {
        self.millis() << PHASE_BITS
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX >> (PHASE_BITS + 1))
    }
}
