//! Every path of the service.

mod cancel_job;
mod import_body;
mod job_events;
mod job_status;
mod list_failures;
mod list_jobs;
mod preview_import;
mod retry_job;
mod show_job;
mod start_import;
mod update_status;

use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use client::{import::Failure, request_id};
use serde::Serialize;
use service::{ApiError, extract::Path, page::Page};
use tokio::sync::oneshot;
use tracing::Instrument;

use crate::{
    App,
    job::Listing,
    store,
    too_many_images::{self, TOO_MANY_IMAGES},
};

/// Longest report of a worker, in bytes: a thousand images with room to spare.
const MAX_REPORT: usize = 16 * 1024 * 1024;
/// In how many seconds a job may have ended.
const ROOM_SECS: u64 = 30;
/// Most rows on a page of jobs or failures.
const MAX_ROWS: u64 = 1000;

/// The routes, without `/health` and `/ready`.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/import/google-drive", post(start_import::start_import))
        .route("/import/preview", post(preview_import::preview_import))
        .route("/import/status/{job_id}", get(job_status::job_status))
        .route("/import/events/{job_id}", get(job_events::job_events))
        .route("/import/update-status", post(update_status::update_status))
        .route("/import/jobs", get(list_jobs::list_jobs))
        .route("/import/jobs/{job_id}", get(show_job::show_job))
        .route("/import/jobs/{job_id}/cancel", post(cancel_job::cancel_job))
        .route("/import/jobs/{job_id}/retry", post(retry_job::retry_job))
        .route("/import/jobs/{job_id}/failures", get(list_failures::list_failures))
        .with_state(app)
}

/// The answer while jobs cannot be read or written, or no more may be.
fn store_failed(error: &store::Error) -> ApiError {
    if let store::Error::TooManyJobs(running) = error {
        return too_many_jobs(*running);
    }
    ApiError::unavailable("job-store-unavailable", "Jobs cannot be read or written just now; try again.")
        .caused_by(error)
}

/// The answer to an id that no job has.
fn job_not_found() -> ApiError {
    ApiError::not_found("Job not found")
}

/// The job that a path names. Bytes that are no text are the id of no job.
async fn find_job(app: &App, id: Result<Path<String>, ApiError>) -> Result<store::Job, ApiError> {
    let Path(id) = id.map_err(|_| job_not_found())?;
    app.store.job(&id).await.map_err(|error| store_failed(&error))?.ok_or_else(job_not_found)
}

/// Refuses an import while as many run as may, before Google Drive is asked. The store decides when it takes the job.
async fn require_room(app: &App) -> Result<(), ApiError> {
    let Some(most) = app.config.max_jobs else { return Ok(()) };
    let running = app.store.running_jobs().await.map_err(|error| store_failed(&error))?;
    if running < most { Ok(()) } else { Err(too_many_jobs(running)) }
}

fn too_many_jobs(running: u64) -> ApiError {
    let message = format!(
        "{running} imports are running, and no more may at once (MAX_JOBS): start this one when one of them has ended."
    );
    ApiError::too_many_requests(message).code("too-many-jobs").retry_after(ROOM_SECS)
}

/// The answer to an import or a retry of more images than one may take.
fn too_many_images(why: &Failure) -> ApiError {
    ApiError::bad_request(too_many_images::told(why)).code(TOO_MANY_IMAGES)
}

/// A page of a list, in the shape of the contract's list of images.
fn json_page<T: Serialize>(name: &str, rows: &[T], page: &Page, total: u64) -> Result<Response, ApiError> {
    let rows = serde_json::to_string(rows).map_err(|error| {
        ApiError::internal("internal", "The answer could not be written.").caused_by(&error)
    })?;
    let body = format!("{{\"{name}\":{rows},{}}}\n", page.members(total));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// What an answer says of a listing that goes on.
fn listing_word(listing: Listing) -> Option<String> {
    (listing == Listing::Open).then(|| "in_progress".to_owned())
}

/// Runs `work` as a task of its own, so that it goes on when the client hangs up.
async fn to_its_end<T: Send + 'static>(
    app: &App,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, ApiError> {
    let (tell, told) = oneshot::channel();
    let id = request_id::accept(request_id::current().as_deref());
    let told_when_done = async move {
        let _ = tell.send(work.await);
    };
    let told_when_done = client::trace::scope(client::trace::current(), told_when_done);
    app.shutdown.spawn(request_id::scope(id, told_when_done.in_current_span()));
    told.await.map_err(|_| ApiError::internal("internal", "The work broke off."))
}
