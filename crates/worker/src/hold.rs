//! The lease of a task in work, for whoever must not go on without it.

use std::sync::{Arc, Mutex, PoisonError};

use client::{import::Failure, retry::Backoff};
use tokio::sync::watch;

use crate::{
    queue::Queue,
    task::{JobState, Progress, Task},
};

/// Why a running task must stop.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stop {
    /// A person stopped the job.
    Cancelled,
    /// No image of the job can succeed.
    JobFailed(Failure),
    /// The worker stops: somebody else goes on.
    HandBack,
    /// Somebody else has the task already.
    LeaseLost,
}

impl Stop {
    /// What follows for a running task from the state of its job.
    pub(crate) fn for_state(state: &JobState) -> Option<Self> {
        match state {
            JobState::Open => None,
            JobState::Cancelled => Some(Self::Cancelled),
            JobState::Failed(failure) => Some(Self::JobFailed(failure.clone())),
        }
    }
}

/// A lease. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Hold {
    queue: Queue,
    stop: watch::Sender<Option<Stop>>,
    kept: Arc<Mutex<Option<Progress>>>,
}

impl Hold {
    /// The lease of a task that was just claimed; it may have to stop at once.
    pub(crate) fn new(queue: Queue, stop: Option<Stop>) -> Self {
        Self { queue, stop: watch::Sender::new(stop), kept: Arc::default() }
    }

    /// How far the task had come when that was last written down.
    pub(crate) fn kept(&self) -> Option<Progress> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the task to stop; the first reason counts.
    pub(crate) fn tell(&self, stop: &Stop) {
        self.stop.send_if_modified(|told| {
            let is_news = told.is_none();
            if is_news {
                *told = Some(stop.clone());
            }
            is_news
        });
    }

    /// Waits until the task is told to stop.
    pub(crate) async fn told(&self) -> Stop {
        let mut told = self.stop.subscribe();
        match told.wait_for(Option::is_some).await.map(|stop| stop.clone()) {
            Ok(Some(stop)) => stop,
            // nobody is left who could say so
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// Writes down how far the task has come, and comes back only if it is still this worker's. Else the task is told to
    /// stop, and this waits to be dropped with it. While the queue does not answer nobody knows: then it waits too.
    pub(crate) async fn keep(&self, task: &Task) {
        let mut tries = 0;
        loop {
            match self.queue.keep(task).await {
                Ok(true) => {
                    let kept = Some(task.progress.clone());
                    *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
                    return;
                }
                Ok(false) => {
                    self.tell(&Stop::LeaseLost);
                    return std::future::pending().await;
                }
                Err(error) => {
                    tries += 1;
                    tracing::debug!(error = %service::error::chain(&error), "a lease cannot be asked for");
                    tokio::time::sleep(Backoff::SERVICE.wait(tries, None)).await;
                }
            }
        }
    }
}
