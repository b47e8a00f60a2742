//! `GET /import/jobs/{job_id}`: one job.

use axum::extract::State;
use client::import::Job;
use service::{
    ApiError,
    extract::{Json, Path},
};

use super::{job_not_found, store_failed};
use crate::{App, clock::now_ms, view};

pub(super) async fn show_job(
    State(app): State<App>,
    job_id: Result<Path<String>, ApiError>,
) -> Result<Json<Job>, ApiError> {
    let Path(job_id) = job_id.map_err(|_| job_not_found())?;
    let job = app.store.job(&job_id).await.map_err(|error| store_failed(&error))?;
    Ok(Json(view::job(&job.ok_or_else(job_not_found)?, now_ms())))
}
