//! The one gate that all calls to Drive go through: it, not the concurrency, decides how many are made.

mod core;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use client::drive::{Error, Reason};
use tokio::{sync::Notify, time::Instant};

use self::core::{Ask, Cause, Core, Ticket};

/// Units that a call costs, by Google's price list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// `files.get`.
    Record,
    /// `alt=media`.
    Download,
}

impl Cost {
    fn units(self) -> u32 {
        match self {
            Self::Record => 5,
            Self::Download => 200,
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
}

impl Pacer {
    /// A gate that limits nothing until Drive says so.
    pub(crate) fn new() -> Self {
        let gate = Gate { core: Mutex::default(), started: Instant::now(), changed: Notify::new() };
        Self { gate: Arc::new(gate) }
    }

    /// Makes one call when its time has come, and learns from the answer.
    pub(crate) async fn call<T>(
        &self,
        cost: Cost,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut leave = self.leave(cost).await;
        let answer = call.await;
        let now = self.now();
        let mut core = self.core();
        let Some(ticket) = leave.ticket.take() else { return answer };
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

    /// Calls that Drive let through so far.
    pub(crate) fn successes(&self) -> u64 {
        self.core().successes()
    }

    /// Set while Drive is closed.
    pub(crate) fn pause(&self) -> Option<Pause> {
        let now = self.now();
        let core = self.core();
        let closed = core.closed()?;
        let expected = core.expected_opening().unwrap_or(closed.until);
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

    async fn leave(&self, cost: Cost) -> Leave<'_> {
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

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.pacer.core().unanswered(ticket);
            self.pacer.gate.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal() -> Error {
        Error { reason: Reason::RateLimited, status: Some(429), message: String::new(), retry_after: None }
    }

    #[tokio::test]
    async fn a_dropped_probe_does_not_block_the_gate() {
        let pacer = Pacer::new();
        let refused = pacer.call(Cost::Download, async { Err::<(), _>(refusal()) }).await;
        assert!(refused.is_err());
        let (start, started) = tokio::sync::oneshot::channel();
        let probing = pacer.clone();
        let probe = tokio::spawn(async move {
            let hangs = async {
                start.send(()).unwrap();
                std::future::pending::<Result<(), Error>>().await
            };
            probing.call(Cost::Download, hangs).await
        });
        started.await.unwrap();
        probe.abort();
        let next = pacer.call(Cost::Record, async { Ok(()) });
        tokio::time::timeout(Duration::from_secs(10), next).await.expect("the gate opens").unwrap();
        assert!(pacer.pause().is_none());
    }
}
