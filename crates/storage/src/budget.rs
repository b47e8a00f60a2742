//! The memory that all requests together may fill with image bytes.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Bytes per permit: a semaphore counts to 2³².
const GRAIN: usize = 1024;

/// A number of bytes that is shared out. Whoever waits is served in order, so that a large wish is not starved by small
/// ones; nobody who waits for its first share holds another, and whoever waits for a further one has its earlier ones
/// on the way to S3, so that waiting always ends.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    permits: Arc<Semaphore>,
    total: usize,
}

/// Some bytes of the budget, given back when dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Share {
    _permit: OwnedSemaphorePermit,
}

/// Memory was not free in time.
#[derive(Debug, thiserror::Error)]
#[error("wait for memory")]
pub(crate) struct Busy;

impl Budget {
    /// A budget of `bytes`.
    pub(crate) fn new(bytes: usize) -> Self {
        let total = bytes.div_ceil(GRAIN).clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self { permits: Arc::new(Semaphore::new(total)), total }
    }

    /// Bytes that are taken, and how many there are.
    pub(crate) fn in_use(&self) -> (usize, usize) {
        (self.total.saturating_sub(self.permits.available_permits()) * GRAIN, self.total * GRAIN)
    }

    /// Waits until `bytes` are free; a wish larger than the whole budget gets the whole of it.
    ///
    /// # Errors
    /// When that takes longer than `patience`.
    pub(crate) async fn take(&self, bytes: usize, patience: Duration) -> Result<Share, Busy> {
        let permits = bytes.div_ceil(GRAIN).min(self.total);
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        match timeout(patience, Arc::clone(&self.permits).acquire_many_owned(permits)).await {
            Ok(Ok(permit)) => Ok(Share { _permit: permit }),
            // nobody closes the semaphore
            Ok(Err(_)) | Err(_) => Err(Busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(5);

    #[tokio::test]
    async fn shares_never_exceed_the_whole_and_come_back() {
        let budget = Budget::new(10 * GRAIN);
        let large = budget.take(8 * GRAIN, NOW).await.unwrap();
        let small = budget.take(2 * GRAIN, NOW).await.unwrap();
        assert!(budget.take(1, NOW).await.is_err());
        drop(small);
        drop(budget.take(1, NOW).await.unwrap());
        drop(large);
        drop(budget.take(usize::MAX, NOW).await.unwrap());
    }
}
