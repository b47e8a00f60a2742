//! The one gate that all calls to Drive go through: it, not the concurrency, decides how many are made.
//!
//! Callers pass in the order in which they came, but a download that broke goes first: somebody waits for its rest.

mod core;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use client::drive::{Error, Reason};
use service::metrics::Call;
use tokio::{sync::Notify, time::Instant};

use self::core::{Ask, Cause, Core, Ticket};

/// Refusals that one call may meet, while Drive refuses everybody, before its image lets others have its place.
const MOST_REFUSALS: u32 = 20;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// `files.get`.
    Record,
    /// `alt=media`.
    Download,
    /// The same from the middle of a file, while its receiver waits.
    Rest,
}

impl Cost {
    /// By Google's price list.
    fn units(self) -> u32 {
        match self {
            Self::Record => Call::Record.units(),
            Self::Download | Self::Rest => Call::Download.units(),
        }
    }
}

/// Drive is closed for everybody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    /// How long it has been so.
    pub(crate) since: Duration,
    /// When the next call may be made.
    pub(crate) next_call: Duration,
    /// When it will probably go on.
    pub(crate) expected: Duration,
    /// For a person.
    pub(crate) reason: &'static str,
}

/// Clones are one gate.
#[derive(Debug, Clone)]
pub(crate) struct Pacer {
    gate: Arc<Gate>,
}

#[derive(Debug)]
struct Gate {
    core: Mutex<Core>,
    started: Instant,
    changed: Notify,
    /// Held by whoever is the next to go.
    turn: tokio::sync::Mutex<()>,
}

impl Pacer {
    /// A gate that limits nothing until Drive says so.
    pub(crate) fn new() -> Self {
        let gate = Gate {
            core: Mutex::default(),
            started: Instant::now(),
            changed: Notify::new(),
            turn: tokio::sync::Mutex::default(),
        };
        Self { gate: Arc::new(gate) }
    }

    /// Makes one call when its time has come, and learns from the answer. A call that is refused because every call is
    /// refused is made again when Drive goes on; only a refusal of its own is an answer.
    pub(crate) async fn call<T, F>(&self, cost: Cost, call: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut refused = None;
        for _ in 0..MOST_REFUSALS {
            let leave = self.leave(cost).await;
            if let Some(error) = refused
                && !self.core().is_closed_for_all()
            {
                leave.give_back();
                return Err(error);
            }
            match self.call_once(leave, call()).await {
                Err(error) if error.reason == Reason::RateLimited => refused = Some(error),
                answer => return answer,
            }
        }
        self.call_once(self.leave(cost).await, call()).await
    }

    /// Calls that Drive let through so far.
    pub(crate) fn successes(&self) -> u64 {
        self.core().successes()
    }

    /// How much is asked of Drive now; `None` when nothing is limited.
    pub(crate) fn units_per_second(&self) -> Option<f64> {
        self.core().units_per_second(self.now())
    }

    /// Set while Drive is closed.
    pub(crate) fn pause(&self) -> Option<Pause> {
        let now = self.now();
        let core = self.core();
        let closed = core.closed()?;
        let expected = core.expected_opening(now).unwrap_or(closed.until);
        Some(Pause {
            since: now.saturating_sub(closed.since),
            next_call: closed.until.saturating_sub(now),
            expected: expected.saturating_sub(now),
            reason: match closed.cause {
                Cause::Rate => "Google Drive allows no more calls just now",
                Cause::Blocked => "Google Drive blocks this address for a while",
            },
        })
    }

    async fn call_once<T>(
        &self,
        mut leave: Leave<'_>,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let answer = call.await;
        let now = self.now();
        let Some(ticket) = leave.ticket.take() else { return answer };
        let mut core = self.core();
        match &answer {
            Err(error) if error.reason == Reason::RateLimited => core.refused(now, ticket, error.retry_after),
            Err(error) if error.reason == Reason::AutomatedQueries => core.blocked(now, ticket),
            Err(error) if error.status.is_none() => core.unanswered(ticket),
            // a 404 shows as well as a 200 that calls are let through
            Ok(_) | Err(_) => core.succeeded(now, ticket),
        }
        drop(core);
        self.gate.changed.notify_waiters();
        answer
    }

    async fn leave(&self, cost: Cost) -> Leave<'_> {
        let _turn = if cost == Cost::Rest { None } else { Some(self.gate.turn.lock().await) };
        loop {
            // listen before asking: a change in between must not be missed
            let changed = self.gate.changed.notified();
            let now = self.now();
            let ask = self.core().ask(now, cost.units());
            match ask {
                Ask::Go(ticket) => return Leave { pacer: self, ticket: Some(ticket) },
                Ask::At(time) => {
                    let _ = tokio::time::timeout(time.saturating_sub(now), changed).await;
                }
                Ask::AfterProbe => changed.await,
            }
        }
    }

    fn now(&self) -> Duration {
        self.gate.started.elapsed()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.gate.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that was let through; one that is dropped in the middle must not block the gate as a probe.
struct Leave<'a> {
    pacer: &'a Pacer,
    ticket: Option<Ticket>,
}

impl Leave<'_> {
    /// The call is not made: somebody else may have its place.
    fn give_back(mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.pacer.core().given_back(ticket);
            self.pacer.gate.changed.notify_waiters();
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.pacer.core().unanswered(ticket);
            self.pacer.gate.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
