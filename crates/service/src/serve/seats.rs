//! All open connections of a listener, so that those who hold one for nothing can be ended: by one look over all of them
//! every second, instead of a timer for each.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed},
        },
    },
    time::{Duration, Instant},
};

use tokio::time::MissedTickBehavior;

use super::{
    Limits,
    counts::Counts,
    reasons,
    room::{self, Candidate},
    seat::Seat,
};

/// How often all connections are looked at, unless a limit is shorter.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// With more open connections than this, none keeps anything while it waits, not for a moment: that costs each request
/// about a microsecond.
const CROWD: usize = 1_024;

/// All open connections of a listener.
#[derive(Debug)]
pub(super) struct Seats {
    limits: Limits,
    counts: Counts,
    open: AtomicUsize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    last: u64,
    seats: HashMap<u64, Arc<Seat>>,
    /// How many seats each address holds.
    holders: HashMap<IpAddr, Arc<AtomicUsize>>,
}

/// A connection's hold on its seat.
#[derive(Debug)]
pub(super) struct Holding {
    number: u64,
    seats: Arc<Seats>,
}

impl Seats {
    pub(super) fn new(limits: Limits, counts: Counts) -> Self {
        Self { limits, counts, open: AtomicUsize::new(0), taken: Mutex::default() }
    }

    /// A seat for a new connection of `address`. Where all are taken others become free (`room`); `None` where none can.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<(Arc<Seat>, Holding)> {
        let mut taken = self.taken();
        if taken.seats.len() >= self.limits.connections {
            let gone = taken.make_room(address);
            self.counts.ended(reasons::MADE_ROOM, gone);
            self.note(&taken);
            if gone == 0 {
                self.counts.ended(reasons::FULL, 1);
                return None;
            }
        }
        taken.last += 1;
        let held = Arc::clone(taken.holders.entry(address).or_default());
        held.fetch_add(1, AcqRel);
        let (number, seat) = (taken.last, Arc::new(Seat::new(address, held)));
        taken.seats.insert(number, Arc::clone(&seat));
        self.note(&taken);
        Some((seat, Holding { number, seats: Arc::clone(self) }))
    }

    /// So many are open that none should keep anything while it waits.
    pub(super) fn are_crowded(&self) -> bool {
        self.open.load(Relaxed) > CROWD
    }

    /// Ends, for as long as it is awaited, the connections that hold their seats for nothing, and has others rest.
    pub(super) async fn watch(&self) {
        let Limits { header_time, idle_time, taking_time, .. } = self.limits;
        let shortest = header_time.min(idle_time).min(taking_time) / 4;
        let mut ticks = tokio::time::interval(LOOK_EVERY.min(shortest).max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let mut overdue = Vec::new();
            for seat in self.taken().seats.values() {
                if let Some(reason) = seat.gives_up(&self.limits) {
                    overdue.push((Arc::clone(seat), reason));
                } else {
                    seat.may_well_rest();
                }
            }
            for (seat, reason) in overdue {
                tracing::debug!(reason, "a client was too slow: its connection is closed");
                self.counts.ended(reason, 1);
                seat.end();
            }
        }
    }

    /// Asks all connections to end once they have nothing in hand.
    pub(super) fn stop(&self) {
        self.taken().seats.values().for_each(|seat| seat.stop());
    }

    /// What a connection came to.
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    fn note(&self, taken: &Taken) {
        self.open.store(taken.seats.len(), Relaxed);
        self.counts.open(taken.seats.len());
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Ends connections for one more of `address`: how many.
    fn make_room(&mut self, address: IpAddr) -> usize {
        let held = self.holders.get(&address).map_or(0, |held| held.load(Acquire));
        let candidates = self.seats.iter().filter_map(|(&number, seat)| {
            let (standing, since) = seat.standing()?;
            Some(Candidate { number, standing, since, held: seat.held.load(Acquire) })
        });
        let mut gone = 0;
        for Candidate { number, standing, .. } in room::giving_way(candidates.collect(), held, Instant::now())
        {
            if self.seats.get(&number).is_some_and(|seat| seat.end_if_still(standing)) {
                self.leave(number);
                gone += 1;
            }
        }
        gone
    }

    fn leave(&mut self, number: u64) {
        if let Some(seat) = self.seats.remove(&number)
            && seat.held.fetch_sub(1, AcqRel) == 1
        {
            self.holders.remove(&seat.address);
        }
    }
}

impl Holding {
    pub(super) fn seats(&self) -> &Seats {
        &self.seats
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.leave(self.number);
        self.seats.note(&taken);
    }
}
