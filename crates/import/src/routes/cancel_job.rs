//! `POST /import/jobs/{job_id}/cancel`: stops a job. The worker is told in the background.

use axum::{extract::State, http::StatusCode};
use serde_json::{Value, json};
use service::{
    ApiError,
    extract::{Json, Path},
};

use super::{find_job, job_not_found, store_failed};
use crate::{
    App,
    job::{End, Progress},
};

pub(super) async fn cancel_job(
    State(app): State<App>,
    job_id: Result<Path<String>, ApiError>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let job = find_job(&app, job_id).await?;
    let after = app.store.change(job.number, Progress::cancel).await.map_err(|error| store_failed(&error))?;
    let progress = after.ok_or_else(job_not_found)?;
    // cancelling twice is fine; what has ended otherwise stays as it is
    if progress.end != Some(End::Cancelled) {
        return Err(ApiError::conflict("job-ended", "The job has ended already."));
    }
    app.wakeups.wake(job.number);
    let body = json!({
        "success": true,
        "job_id": job.id,
        "message": "Import job cancelled",
        "state": "cancelled",
        "total": progress.total,
        "processed": progress.processed.to_json(),
        "failed": progress.failed.to_json(),
        "cancelled": progress.cancelled.to_json(),
    });
    Ok((StatusCode::ACCEPTED, Json(body)))
}
