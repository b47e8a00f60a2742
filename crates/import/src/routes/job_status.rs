//! `GET /import/status/{job_id}`: where a job is.

use axum::extract::State;
use client::import::JobStatus;
use service::{
    ApiError,
    extract::{Json, Path, Query},
};

use super::{job_not_found, store_failed};
use crate::{
    App,
    clock::{now_ms, rfc3339},
    entry::Entry,
    job::MAX_IMPORTED,
    store::Snapshot,
    view,
};

pub(super) async fn job_status(
    State(app): State<App>,
    job_id: Result<Path<String>, ApiError>,
    query: Query,
) -> Result<Json<JobStatus<Entry>>, ApiError> {
    // bytes that are no text are the id of no job
    let Path(job_id) = job_id.map_err(|_| job_not_found())?;
    let with_imported = query.get("imported") != Some("0");
    let snapshot = app.store.snapshot(&job_id, with_imported).await.map_err(|error| store_failed(&error))?;
    let mut snapshot = snapshot.ok_or_else(job_not_found)?;
    if let Some(signer) = &app.config.url_signer {
        snapshot.imported = snapshot.imported.into_iter().map(|entry| entry.renewed(signer)).collect();
    }
    Ok(Json(status_of(snapshot, with_imported)))
}

fn status_of(snapshot: Snapshot, with_imported: bool) -> JobStatus<Entry> {
    let Snapshot { job, imported, failures } = snapshot;
    let (progress, now) = (job.progress, now_ms());
    let state = progress.state(now);
    let wait = progress.waits_at(now);
    JobStatus {
        status: view::status(state).to_owned(),
        total: progress.total,
        processed: progress.processed.to_json(),
        failed: progress.failed.to_json(),
        imported,
        imported_truncated: with_imported && progress.imported > MAX_IMPORTED,
        state: Some(state),
        cancelled: progress.cancelled.floor(),
        bytes_done: progress.bytes_done,
        bytes_total: progress.bytes_total,
        waiting_reason: wait.map(|wait| wait.reason.clone()),
        waiting_until: wait.and_then(|wait| rfc3339(wait.until_ms)),
        error: view::error(&progress),
        failures,
    }
}
