//! Every path of the service.

mod cancel_job;
mod job_status;
mod start_import;
mod update_status;

use axum::{
    Extension, Router,
    routing::{get, post},
};
use service::{ApiError, extract::MaxBody};

use crate::{App, store};

/// Longest report of a worker, in bytes: a thousand images with room to spare.
const MAX_REPORT: MaxBody = MaxBody(16 * 1024 * 1024);

/// The routes, without `/health` and `/ready`.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/import/google-drive", post(start_import::start_import))
        .route("/import/status/{job_id}", get(job_status::job_status))
        .route("/import/update-status", post(update_status::update_status).layer(Extension(MAX_REPORT)))
        .route("/import/jobs/{job_id}/cancel", post(cancel_job::cancel_job))
        .with_state(app)
}

/// The answer while jobs cannot be read or written.
fn store_failed(error: &store::Error) -> ApiError {
    ApiError::unavailable("job-store-unavailable", "Jobs cannot be read or written just now; try again.")
        .caused_by(error)
}

/// The answer to an id that no job has.
fn job_not_found() -> ApiError {
    ApiError::not_found("Job not found")
}
