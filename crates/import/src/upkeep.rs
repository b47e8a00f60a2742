//! What ended jobs leave behind is dropped: what is not needed of them soon, the rest after `JOB_KEEP_DAYS`.
//!
//! Every process does it. What one has dropped is gone for the others.

use std::time::Duration;

use tokio::time::Instant;

use crate::{App, store::Error};

const TIDY_EVERY: Duration = Duration::from_secs(5);
const EXPIRE_EVERY: Duration = Duration::from_secs(10 * 60);

/// Drops what is not needed any more, until stopped.
pub(crate) async fn run(app: App) {
    let mut expire_at = Instant::now();
    while app.shutdown.sleep(TIDY_EVERY).await {
        tokio::select! {
            // every portion is whole: it may be left anywhere
            () = app.shutdown.stopping() => return,
            done = drop_the_old(&app, &mut expire_at) => if let Err(error) = done {
                tracing::debug!(error = %service::error::chain(&error), "drop what ended jobs left behind");
            }
        }
    }
}

async fn drop_the_old(app: &App, expire_at: &mut Instant) -> Result<(), Error> {
    app.store.tidy().await?;
    if Instant::now() >= *expire_at {
        let expired = app.store.expire(app.config.job_keep).await?;
        *expire_at = Instant::now() + EXPIRE_EVERY;
        if expired > 0 {
            tracing::info!(jobs = expired, "ended jobs are dropped after JOB_KEEP_DAYS");
        }
    }
    Ok(())
}
