//! Runs open jobs: those that were started here, and those that another process left behind.
//!
//! A job runs in one process at a time, the one that holds its lease. Stopping may happen anywhere: what is not written
//! down is done again, and every step may be done twice.

use std::{future, time::Duration};

use client::{
    job_id, request_id,
    trace::{self, Context, Origin},
};
use tokio::sync::oneshot;
use tracing::Instrument;

use crate::{
    App, dispatch, listing, spans,
    store::{self, Held},
};

/// How long a process may hold a job without renewing.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// The pause after a renewal that failed.
const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long no job is taken over after the store was away.
const RENEWALS_FIRST: Duration = Duration::from_secs(4);
/// How often left-behind jobs are looked for.
const CLAIM_EVERY: Duration = Duration::from_secs(2);
/// Jobs taken over at a time.
const CLAIM_AT_MOST: u32 = 16;

/// Takes over open jobs that nobody works on, until stopped.
pub(crate) async fn supervise(app: App) {
    loop {
        match take_over(&app).await {
            Ok(CLAIM_AT_MOST) if !app.shutdown.is_stopping() => continue,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = %service::error::chain(&error), "look for unfinished jobs; trying on");
                store_is_back(&app).await;
            }
        }
        if !app.shutdown.sleep(CLAIM_EVERY).await {
            return;
        }
    }
}

/// Waits for the store, and then a little longer: leases may have ended meanwhile, and who holds a job shall renew it
/// before anybody takes it.
async fn store_is_back(app: &App) {
    while app.shutdown.sleep(CLAIM_EVERY).await {
        if app.store.check_writable().await.is_ok() {
            app.shutdown.sleep(RENEWALS_FIRST).await;
            return;
        }
    }
}

/// Takes over some jobs; how many run here now that did not before.
async fn take_over(app: &App) -> Result<u32, store::Error> {
    let claimed = app.store.claim(&app.lease().await?, CLAIM_AT_MOST).await?;
    Ok(claimed.into_iter().map(|held| u32::from(spawn(app, held, Start::default()))).sum())
}

/// What a new job is run with by the one who made it.
#[derive(Debug, Default)]
pub(crate) struct Start {
    /// Told when its listing has ended.
    pub listed: Option<oneshot::Sender<()>>,
    /// No image is sent to the worker before the other end of this is gone.
    pub hold: Option<oneshot::Receiver<()>>,
}

/// Runs a job that this process holds. False when it runs here already.
pub(crate) fn spawn(app: &App, held: Held, start: Start) -> bool {
    let Start { listed, hold } = start;
    let Some(running) = app.wakeups.enter(held.job) else {
        // a run that has lost it and does not know yet: it will be taken when that has ended
        let app = app.clone();
        app.shutdown.clone().spawn(async move { release(&app, &held).await });
        return false;
    };
    let app = app.clone();
    app.shutdown.clone().spawn(async move {
        let job = held.job;
        let found = app.store.job_by_number(job).await.ok().flatten();
        let had_ended = listed.is_none() && found.as_ref().is_some_and(|job| job.progress.end.is_some());
        let (id, request_id) = found.map_or_else(Default::default, |job| (job.id, job.request_id));
        let origin = Origin::parse(request_id.as_deref());
        let request_id = request_id::accept(origin.request_id.as_deref());
        // of this level, so that warnings have the ids too
        let trace = origin.span.and_then(Context::for_logs).filter(|_| app.traces.tracer().is_some());
        let span = tracing::error_span!("job", request_id = %request_id, job_id = %id, trace_id = trace);
        let outside = span.clone();
        if listed.is_none() {
            span.in_scope(|| tracing::info!("an unfinished job goes on"));
        }
        // the end of the job is the end of its listing, even of one that is waiting for Drive. Both on the heap: they are large
        let listing = Box::pin(async {
            if listing::go_on(&app, &held, listed).await {
                future::pending::<()>().await;
            }
        });
        let dispatching = Box::pin(async {
            if let Some(hold) = hold {
                let _ = hold.await;
            }
            dispatch::run(&app, &held, &running, had_ended).await;
        });
        let until_its_end = async {
            tokio::select! {
                () = dispatching => {}
                () = listing => {}
            }
        };
        let work = async { tokio::join!(until_its_end, listing::find_name(&app, job)) };
        let work = job_id::scope(job_id::accept(Some(&id)), work.instrument(span));
        let work = request_id::scope(request_id, work);
        let work = trace::scope(spans::of_job(&app, &origin), work);
        tokio::select! {
            _ = work => spans::tell_end(&app, held.job, &origin).await,
            () = lease_is_lost(&app, &held) => {
                outside.in_scope(|| tracing::warn!(job = job.0, "another process has taken the job over"));
            }
            () = app.shutdown.stopping() => {}
        }
        drop(running);
        release(&app, &held).await;
    });
    true
}

async fn release(app: &App, held: &Held) {
    if let Err(error) = app.store.release(held).await {
        let error = service::error::chain(&error);
        tracing::warn!(
            job = held.job.0,
            error,
            "the job could not be handed back; it goes on when its lease ends"
        );
    }
}

/// Renews the lease until another process has taken the job. A store that is away takes nothing: nobody else can have
/// the job as long as it is, and afterwards it goes on here if nobody was faster.
async fn lease_is_lost(app: &App, held: &Held) {
    let mut wait = RENEW_EVERY;
    loop {
        tokio::time::sleep(wait).await;
        wait = match app.store.renew(held).await {
            Ok(true) => RENEW_EVERY,
            Ok(false) => return,
            Err(_) => RENEW_AGAIN_AFTER,
        };
    }
}
