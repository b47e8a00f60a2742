//! Stopping in order: no new work, what runs is finished or handed back, and that within a bounded time.

pub mod tree;

use std::{future::Future, time::Duration};

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a service may take from the signal to its end.
pub const DRAIN: Duration = Duration::from_secs(18);

/// Tells everything in a process that it is time to stop, and waits for its background work. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tracker: TaskTracker,
}

impl Shutdown {
    /// One that stops when [`Shutdown::stop`] is called.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that also stops on SIGTERM or Ctrl-C.
    pub fn on_signals() -> Self {
        let shutdown = Self::new();
        let stopping = shutdown.clone();
        tokio::spawn(async move {
            signal().await;
            tracing::info!("stopping: finishing what runs");
            stopping.stop();
        });
        shutdown
    }

    /// Starts stopping.
    pub fn stop(&self) {
        self.token.cancel();
    }

    /// True once stopping has begun.
    pub fn is_stopping(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until stopping begins.
    pub async fn stopping(&self) {
        self.token.cancelled().await;
    }

    /// Waits for `time`; false when stopping began before it was over.
    pub async fn sleep(&self, time: Duration) -> bool {
        tokio::select! {
            () = self.token.cancelled() => false,
            () = tokio::time::sleep(time) => true,
        }
    }

    /// Runs background work that [`Shutdown::drain`] waits for. It must end by itself once stopping begins.
    pub fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn(work)
    }

    /// Waits until all background work has ended; false when it had not within `limit`.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.tracker.close();
        tokio::time::timeout(limit, self.tracker.wait()).await.is_ok()
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn draining_waits_for_background_work_but_not_for_ever() {
        let shutdown = Shutdown::new();
        let work = shutdown.clone();
        shutdown.spawn(async move { work.stopping().await });
        assert!(!shutdown.drain(Duration::from_millis(10)).await);
        shutdown.stop();
        assert!(shutdown.drain(Duration::from_secs(5)).await);
    }
}
