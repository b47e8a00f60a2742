//! Runs open jobs: those that were started here, and those that another process left behind.
//!
//! A job runs in one process at a time, the one that holds its lease. Stopping may happen anywhere: what is not written
//! down is done again, and every step may be done twice.

use std::{future, time::Duration};

use client::request_id;
use tokio::{sync::oneshot, time::Instant};
use tracing::Instrument;

use crate::{App, dispatch, listing, store::JobNo};

/// How long a process may hold a job without renewing.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How often left-behind jobs are looked for.
const CLAIM_EVERY: Duration = Duration::from_secs(2);
/// Jobs taken over at a time.
const CLAIM_AT_MOST: u32 = 16;

/// Takes over open jobs that nobody works on, until stopped.
pub(crate) async fn supervise(app: App) {
    loop {
        match app.store.claim(&app.lease(), CLAIM_AT_MOST).await {
            Ok(jobs) => {
                let may_be_more = jobs.len() == CLAIM_AT_MOST as usize;
                for job in jobs {
                    spawn(&app, job, None);
                }
                if may_be_more && !app.shutdown.is_stopping() {
                    continue;
                }
            }
            Err(error) => tracing::warn!(error = %service::error::chain(&error), "look for unfinished jobs"),
        }
        if !app.shutdown.sleep(CLAIM_EVERY).await {
            return;
        }
    }
}

/// Runs a job whose lease this process holds. `listed` is told when its listing has ended.
pub(crate) fn spawn(app: &App, job: JobNo, listed: Option<oneshot::Sender<()>>) {
    let app = app.clone();
    app.shutdown.clone().spawn(async move {
        let Some(running) = app.wakeups.enter(job) else { return };
        let found = app.store.job_by_number(job).await.ok().flatten();
        let (id, request_id) = found.map_or_else(Default::default, |job| (job.id, job.request_id));
        let span = tracing::info_span!("job", %id);
        if listed.is_none() {
            span.in_scope(|| tracing::info!("an unfinished job goes on"));
        }
        // the end of the job is the end of its listing, even of one that is waiting for Drive
        let listing = async {
            listing::go_on(&app, job, listed).await;
            future::pending::<()>().await;
        };
        let until_its_end = async {
            tokio::select! {
                () = dispatch::run(&app, job, &running) => {}
                () = listing => {}
            }
        };
        let work = async { tokio::join!(until_its_end, listing::find_name(&app, job)) };
        let work = request_id::scope(request_id::accept(request_id.as_deref()), work.instrument(span));
        tokio::select! {
            _ = work => {}
            () = lease_is_lost(&app, job) => tracing::warn!(job = job.0, "another process has taken the job over"),
            () = app.shutdown.stopping() => {}
        }
        if let Err(error) = app.store.release(job, &app.lease()).await {
            let error = service::error::chain(&error);
            tracing::warn!(job = job.0, error, "the job could not be handed back; it goes on when its lease ends");
        }
    });
}

/// Renews the lease for as long as possible.
async fn lease_is_lost(app: &App, job: JobNo) {
    let mut held_until = Instant::now() + LEASE;
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        match app.store.renew(job, &app.lease()).await {
            Ok(true) => held_until = Instant::now() + LEASE,
            Ok(false) => return,
            Err(_) if Instant::now() < held_until => {}
            Err(_) => return,
        }
    }
}
