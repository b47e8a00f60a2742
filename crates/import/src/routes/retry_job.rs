//! `POST /import/jobs/{job_id}/retry`: a new job of what failed, or was cancelled, in this one.
//!
//! Asked for again while that runs, the answer is the same job: nobody imports anything twice by a double click.

use axum::{extract::State, http::StatusCode};
use client::import::RetryStarted;
use service::{
    ApiError,
    extract::{Json, Path},
};
use tokio::time::Instant;

use super::{find_job, job_not_found, listing_word, store_failed, to_its_end, too_many_images};
use crate::{
    App,
    clock::now_ms,
    job::Listing,
    retry::{self, Retry},
    store::{Error, Job},
};

/// What a retry cannot bring: nobody knows what was not listed.
const NOT_LISTED: &str = "The folder was not listed to its end, so there may be images that this job does not know: \
    import the folder again for those. Images that are stored cost nothing then.";

pub(super) async fn retry_job(
    State(app): State<App>,
    job_id: Result<Path<String>, ApiError>,
) -> Result<(StatusCode, Json<RetryStarted>), ApiError> {
    let asked_ms = now_ms();
    let source = find_job(&app, job_id).await?;
    if source.progress.end.is_none() {
        return Err(ApiError::conflict(
            "job-not-ended",
            "The job has not ended: wait for its end, or cancel it first. What fails until then can be retried \
             afterwards.",
        ));
    }
    let answer_by = Instant::now() + app.config.list_wait;
    let (retry_app, retried) = (app.clone(), source.clone());
    let retry = to_its_end(&app, async move { retry::start(&retry_app, &retried, asked_ms).await }).await?;
    match retry.map_err(|error| refused(&error))? {
        Retry::TooMany(why) => Err(too_many_images(&why)),
        Retry::Nothing => Ok((StatusCode::OK, Json(nothing(&source)))),
        Retry::Running(job) => Ok((StatusCode::ACCEPTED, Json(started(&source, &job, "is running already")))),
        Retry::Started(job, listed) => {
            let _ = tokio::time::timeout_at(answer_by, listed).await;
            let job = app.store.job_by_number(job.number).await.ok().flatten().unwrap_or(*job);
            Ok((StatusCode::ACCEPTED, Json(started(&source, &job, "started"))))
        }
    }
}

fn refused(error: &Error) -> ApiError {
    match error {
        // it has expired just now
        Error::SourceGone => job_not_found(),
        error => store_failed(error),
    }
}

fn started(source: &Job, job: &Job, how: &str) -> RetryStarted {
    let total = job.progress.total;
    RetryStarted {
        message: format!("Retry {how} for {total} images"),
        retry_of: source.id.clone(),
        job_id: Some(job.id.clone()),
        total_images: total,
        listing: listing_word(job.progress.listing),
        hint: hint(source),
    }
}

fn nothing(source: &Job) -> RetryStarted {
    RetryStarted {
        message: "Nothing to retry: no image of this job failed or was cancelled".to_owned(),
        retry_of: source.id.clone(),
        hint: hint(source),
        ..RetryStarted::default()
    }
}

fn hint(source: &Job) -> Option<String> {
    (source.progress.listing == Listing::Broken).then(|| NOT_LISTED.to_owned())
}
