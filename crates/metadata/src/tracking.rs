//! Keeps counts and the blocks of names up to date: folds what was changed, here at once and elsewhere within a second,
//! counts anew what was never counted or has gone wrong, and makes the blocks of names that are missing.

use std::time::{Duration, Instant};

use client::retry::Backoff;
use service::{Shutdown, error::chain};

use crate::{
    database::Connection,
    store::{Folded, Store, StoreError},
};

/// Changes of this process are folded after that time, together with others that come meanwhile.
const SOON: Duration = Duration::from_millis(100);
/// Longest time between two looks: another process may have changed rows.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the counts are compared with the table.
const VERIFY_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// The wait after a first failure.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(30) };

/// Works until `shutdown`.
pub(crate) async fn run(connection: Connection, shutdown: Shutdown) {
    let work = async {
        let (mut failures, mut verified) = (0, None);
        loop {
            match round(&connection, &mut verified).await {
                Ok(store) => {
                    failures = 0;
                    let changed = tokio::time::timeout(LOOK_EVERY, store.changed());
                    if changed.await.is_ok() {
                        tokio::time::sleep(SOON).await;
                    }
                }
                Err(error) => {
                    tracing::debug!(cause = chain(&error), "counts have to wait for the database");
                    failures += 1;
                    tokio::time::sleep(BACKOFF.wait(failures, None)).await;
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

/// Does all there is to do.
async fn round(connection: &Connection, verified: &mut Option<Instant>) -> Result<Store, StoreError> {
    let store = connection.store().await?;
    if verified.is_none_or(|at| at.elapsed() >= VERIFY_EVERY) {
        if !store.verify_counts().await? {
            tracing::warn!(
                "the counts differ from the table `images`, which was changed past its triggers (TRUNCATE, a restored \
                 copy): counting anew"
            );
        }
        *verified = Some(Instant::now());
    }
    loop {
        match store.fold().await? {
            Folded::Some(_) => {}
            Folded::NotReady => {
                let began = Instant::now();
                if !store.rebuild_counts().await? {
                    return Ok(store);
                }
                tracing::info!(millis = began.elapsed().as_millis(), "images counted");
            }
            // one more step of the blocks, then look for changes again
            Folded::Nothing if store.build_blocks().await? => {}
            Folded::Nothing => return Ok(store),
        }
    }
}
