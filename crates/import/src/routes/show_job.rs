//! `GET /import/jobs/{job_id}`: one job.

use axum::extract::State;
use client::import::Job;
use service::{
    ApiError,
    extract::{Json, Path},
};

use super::find_job;
use crate::{App, clock::now_ms, view};

pub(super) async fn show_job(
    State(app): State<App>,
    job_id: Result<Path<String>, ApiError>,
) -> Result<Json<Job>, ApiError> {
    Ok(Json(view::job(&find_job(&app, job_id).await?, now_ms())))
}
