//! How much is in the queue, for `/metrics`.

use std::time::Duration;

use super::{Queue, QueueError};

/// How much is in the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Tasks that may run.
    pub(crate) ready: u32,
    /// Tasks that wait: for their next try, for a file or bytes that are in work.
    pub(crate) delayed: u32,
    /// Tasks in work.
    pub(crate) leased: u32,
    /// Tasks whose outcome is to be reported.
    pub(crate) ended: u32,
    /// How long the oldest of those that may run has been waiting.
    pub(crate) oldest: Duration,
}

impl Figures {
    /// From numbers in this order, the last in milliseconds.
    pub(super) fn of([ready, delayed, leased, ended, oldest]: [i64; 5]) -> Self {
        let count = |number| u32::try_from(number).unwrap_or(0);
        Self {
            ready: count(ready),
            delayed: count(delayed),
            leased: count(leased),
            ended: count(ended),
            oldest: Duration::from_millis(u64::try_from(oldest).unwrap_or(0)),
        }
    }
}

impl Queue {
    /// What is in it now.
    pub(crate) async fn figures(&self) -> Result<Figures, QueueError> {
        match self {
            Self::Sqlite(queue) => queue.figures().await,
            Self::Redis(queue) => queue.figures().await,
        }
    }
}
