//! The processes that make thumbnails: never more than so many, started when one is needed, ended when none is.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::child::{Child, Fall};
use crate::config::ThumbnailConfig;

/// After so many orders a process is replaced: whatever its decoders leak goes with it.
const ORDERS_PER_LIFE: u32 = 200;

/// Of so many processes one may take much memory.
const WORKERS_PER_HEAVY: usize = 4;

/// The processes.
#[derive(Debug)]
pub(super) struct Pool {
    config: ThumbnailConfig,
    turns: Semaphore,
    waiting: AtomicUsize,
    /// Held by processes that take much memory.
    heavy: Semaphore,
    /// Those without work; the last one to come goes first.
    idle: Mutex<Vec<Child>>,
}

/// The right to have one process at work.
#[derive(Debug)]
#[must_use]
pub(super) struct Turn<'p> {
    pool: &'p Pool,
    _permit: SemaphorePermit<'p>,
}

impl Pool {
    pub(super) fn new(config: ThumbnailConfig) -> Self {
        let turns = Semaphore::new(config.workers.clamp(1, Semaphore::MAX_PERMITS));
        let heavy = Semaphore::new((config.workers / WORKERS_PER_HEAVY).clamp(1, Semaphore::MAX_PERMITS));
        Self { config, turns, waiting: AtomicUsize::new(0), heavy, idle: Mutex::default() }
    }

    /// The permits to take much memory.
    pub(super) fn heavy(&self) -> &Semaphore {
        &self.heavy
    }

    /// How long one picture may take.
    pub(super) fn patience(&self) -> Duration {
        self.config.time
    }

    /// Waits for a turn, in the order of coming; none when too many wait already.
    pub(super) async fn turn(&self) -> Option<Turn<'_>> {
        if let Ok(permit) = self.turns.try_acquire() {
            return Some(Turn { pool: self, _permit: permit });
        }
        let _place = Place::among(&self.waiting, self.config.waiting)?;
        // nobody closes the semaphore
        let permit = self.turns.acquire().await.ok()?;
        Some(Turn { pool: self, _permit: permit })
    }

    /// Ends the processes that had no work for long enough; all of them if `all`.
    pub(super) fn end_idle(&self, all: All) {
        let longest = self.config.idle;
        self.lock().retain(|child| all == All::No && child.since.elapsed() < longest);
    }

    /// How often to look for them.
    pub(super) fn look_every(&self) -> Duration {
        (self.config.idle / 3).max(Duration::from_millis(10))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Child>> {
        // whole at every moment
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether all processes are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum All {
    Yes,
    No,
}

impl Turn<'_> {
    /// A process without work, or a new one.
    pub(super) async fn child(&self) -> Result<Child, Fall> {
        let idle = self.pool.lock().pop();
        match idle {
            Some(child) => Ok(child),
            None => self.new_child().await,
        }
    }

    /// A new process.
    pub(super) async fn new_child(&self) -> Result<Child, Fall> {
        Child::start(self.pool.config.program.as_deref()).await
    }

    /// Takes a process back that is well. One that took much memory goes: the system has it back then.
    pub(super) fn give_back(&self, child: Child) {
        if child.orders < ORDERS_PER_LIFE && !child.was_heavy {
            self.pool.lock().push(child);
        }
    }
}

/// A place among those who wait, given up when dropped.
struct Place<'p>(&'p AtomicUsize);

impl<'p> Place<'p> {
    fn among(waiting: &'p AtomicUsize, most: usize) -> Option<Self> {
        let one_more = |now: usize| (now < most).then_some(now + 1);
        waiting.fetch_update(Relaxed, Relaxed, one_more).ok().map(|_| Self(waiting))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
