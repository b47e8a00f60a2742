//! What this process has changed since it last folded changes.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// So many changes are folded without waiting for more: whoever reads adds up all that are not folded.
const MANY: usize = 500;

/// Counts changes, and wakes whoever folds them.
#[derive(Debug, Default)]
pub(in super::super) struct Unfolded {
    changes: AtomicUsize,
    /// The first one is there.
    some: Notify,
    /// So many are there that they cannot wait.
    many: Notify,
}

impl Unfolded {
    /// A change more.
    pub(in super::super) fn add(&self) {
        // two wakings for hundreds of changes, not one for each
        match self.changes.fetch_add(1, Ordering::Relaxed) + 1 {
            1 => self.some.notify_one(),
            MANY => self.many.notify_one(),
            _ => {}
        }
    }

    /// What was changed up to now is going to be folded.
    pub(super) fn begin(&self) {
        self.changes.store(0, Ordering::Relaxed);
    }

    /// Waits for a change.
    pub(super) async fn some(&self) {
        self.some.notified().await;
    }

    /// Waits for so many that they are to be folded at once.
    pub(super) async fn many(&self) {
        self.many.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn the_first_change_and_the_one_too_many_wake_whoever_folds() {
        let unfolded = Unfolded::default();
        let has_some = || unfolded.some().now_or_never().is_some();
        let has_many = || unfolded.many().now_or_never().is_some();
        for _ in 0..2 {
            assert!(!has_some() && !has_many());
            (1..MANY).for_each(|_| unfolded.add());
            assert!(has_some() && !has_many());
            unfolded.add();
            assert!(!has_some() && has_many());
            unfolded.begin();
        }
    }
}
