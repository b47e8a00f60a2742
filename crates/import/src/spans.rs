//! The span of a job: all that is done for it is a part of that, in whatever process, and who holds the job at its end
//! tells of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use client::trace::{Active, Kind, Origin, Span};

use crate::{App, job::End, store::JobNo};

/// What is done for the job is a part of it. A job that was made without traces has none.
pub(crate) fn of_job(app: &App, origin: &Origin) -> Option<Active> {
    let tracer = app.traces.tracer()?;
    Some(origin.span.map_or_else(|| tracer.silent(), |job| tracer.resume(job)))
}

/// Tells of a job, if it has ended.
pub(crate) async fn tell_end(app: &App, job: JobNo, origin: &Origin) {
    let Some((tracer, context)) = app.traces.tracer().zip(origin.span.filter(|span| span.is_sampled)) else {
        return;
    };
    let Ok(Some(job)) = app.store.job_by_number(job).await else { return };
    let Some(end) = job.progress.end else { return };
    let ended = job.ended_at_ms.map_or_else(SystemTime::now, time);
    let mut span = Span {
        context,
        parent: origin.parent,
        name: "import job".into(),
        kind: Kind::Internal,
        start: time(job.created_at_ms),
        end: ended,
        attributes: Vec::new(),
        failure: None,
    };
    let state = match end {
        End::Completed => "completed",
        End::Cancelled => "cancelled",
        End::Failed => "failed",
    };
    span.set("job.id", job.id.as_str());
    span.set("job.state", state);
    span.set("job.images", job.progress.total);
    span.set("job.images.stored", job.progress.processed.floor());
    span.set("job.images.failed", job.progress.failed.floor());
    if end == End::Failed {
        // in a word: the whole of it may be a stranger's
        span.fail(job.progress.failure.as_ref().map_or("", |failure| &failure.reason));
    }
    tracer.hand_over(span);
}

fn time(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
