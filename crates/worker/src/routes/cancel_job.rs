//! `POST /jobs/{id}/cancel`: stops a job.

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use client::worker::CancelAccepted;
use service::{
    ApiError,
    extract::{Json, Path},
};

use super::process_batch::queue_unavailable;
use crate::{
    app::App,
    task::{JobKey, JobState},
};

/// 202 when it is written down; the outcomes are reported like all others. Batches that come later are stopped too.
pub(crate) async fn cancel_job(
    State(app): State<App>,
    Path(job_id): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let mut cancelled = 0;
    for job in JobKey::named(&job_id) {
        let stopped = app.runner.stop_job(&job, &JobState::Cancelled).await;
        cancelled += stopped.map_err(|error| queue_unavailable(&error))?;
    }
    Ok((StatusCode::ACCEPTED, Json(CancelAccepted { success: true, cancelled })))
}
