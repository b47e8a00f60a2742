//! Every path of the worker.

mod cancel_job;
mod process_batch;
mod process_single;

use axum::{Extension, Router, routing::post};
use service::extract::MaxBody;

use crate::app::App;

/// Longest body that is taken: batches of other clients may be large.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// The routes, without those that all services have.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/process-batch", post(process_batch::process_batch))
        .route("/process-single", post(process_single::process_single))
        .route("/jobs/{job_id}/cancel", post(cancel_job::cancel_job))
        .layer(Extension(MaxBody(MAX_BODY)))
        .with_state(app)
}

#[cfg(test)]
mod tests;
