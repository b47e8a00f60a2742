//! Keeps counts and the blocks of names up to date: folds what was changed, soon and no more than once a second unless much
//! was, counts anew what was never counted or has gone wrong, and makes the blocks of names that are missing.

use std::time::{Duration, Instant};

use client::retry::Backoff;
use service::{Shutdown, error::chain};

use crate::{
    database::Connection,
    store::{Folded, Glance, Store, StoreError},
};

/// Changes of this process are folded after that time, together with others that come meanwhile.
const SOON: Duration = Duration::from_millis(100);
/// Shortest time between two folds: each makes blocks of names anew, however few of their rows are new.
const FOLD_EVERY: Duration = Duration::from_secs(1);
/// Longest time between two looks: another process may have changed rows.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the counts are compared with the table: at most, and so seldom that it takes a thousandth of the time.
const VERIFY_EVERY: Duration = Duration::from_secs(60);
const VERIFY_PART: u32 = 1000;
/// The wait after a first failure.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(30) };

/// Works until `shutdown`.
pub(crate) async fn run(connection: Connection, shutdown: Shutdown) {
    let work = async {
        let (mut failures, mut watch) = (0, Watch::default());
        loop {
            match watch.round(&connection).await {
                Ok(store) => {
                    failures = 0;
                    let changed = tokio::time::timeout(LOOK_EVERY, store.changed());
                    if changed.await.is_ok() {
                        store.changed_many(watch.wait()).await;
                    }
                }
                Err(error) => {
                    tracing::debug!(cause = chain(&error), "counts have to wait for the database");
                    // somebody else was faster: no reason to leave it to pile up
                    failures = if matches!(error, StoreError::Raced(_)) { 0 } else { failures + 1 };
                    tokio::time::sleep(if failures == 0 { SOON } else { BACKOFF.wait(failures, None) }).await;
                }
            }
        }
    };
    // every step is one transaction: it may be left anywhere
    tokio::select! {
        () = shutdown.stopping() => {}
        () = work => {}
    }
}

/// Watches over the counts.
#[derive(Default)]
struct Watch {
    /// When they are to be compared with the table again; at once, at first.
    verify_at: Option<Instant>,
    /// When changes were last folded.
    folded_at: Option<Instant>,
    /// They looked wrong the last time.
    adrift: Option<Glance>,
}

impl Watch {
    /// How long the next fold waits for more changes.
    fn wait(&self) -> Duration {
        let since = self.folded_at.map_or(FOLD_EVERY, |at| at.elapsed());
        FOLD_EVERY.saturating_sub(since).max(SOON)
    }

    /// Does all there is to do.
    async fn round(&mut self, connection: &Connection) -> Result<Store, StoreError> {
        let store = connection.store().await?;
        let began = Instant::now();
        if self.verify_at.is_none_or(|at| at <= began) {
            if !store.verify_counts().await? {
                warn();
            }
            self.verify_at = Some(Instant::now() + VERIFY_EVERY.max(began.elapsed() * VERIFY_PART));
        }
        let mut building: Option<Instant> = None;
        loop {
            let folded = store.fold().await?;
            if folded != Folded::NotReady
                && let Some(began) = building.take()
            {
                tracing::info!(millis = began.elapsed().as_millis(), "images counted");
            }
            match folded {
                Folded::Part => {}
                Folded::NotReady => {
                    building.get_or_insert_with(Instant::now);
                    if !store.build().await? {
                        return Ok(store);
                    }
                }
                // one look may have come between a row and its change, where the table has no transactions
                Folded::Adrift(glance) if self.adrift == Some(glance) => {
                    self.adrift = None;
                    warn();
                    store.forget_counts().await?;
                }
                Folded::Adrift(glance) => {
                    self.adrift = Some(glance);
                    return Ok(store);
                }
                Folded::All => {
                    (self.adrift, self.folded_at) = (None, Some(Instant::now()));
                    return Ok(store);
                }
                Folded::Nothing => {
                    self.adrift = None;
                    return Ok(store);
                }
            }
        }
    }
}

fn warn() {
    tracing::warn!(
        "the counts differ from the table `images`, which was changed past its triggers (TRUNCATE, a restored copy): \
         counting anew"
    );
}
