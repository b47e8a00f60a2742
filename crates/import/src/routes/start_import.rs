//! `POST /import/google-drive`: from a link to a job.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use client::{import::ImportStarted, request_id};
use serde_json::Value;
use service::{
    ApiError,
    extract::{Json, json_value},
};
use tokio::{sync::oneshot, time::Instant};

use super::store_failed;
use crate::{
    App, folder_url,
    job::Listing,
    listing::{self, Error, Found},
    store::Job,
};

/// Begins every answer about trouble with Drive, as in the original.
const DRIVE_TROUBLE: &str = "Error fetching files from Google Drive";

pub(super) async fn start_import(
    State(app): State<App>,
    request: Request,
) -> Result<(StatusCode, Json<ImportStarted>), ApiError> {
    let link = folder_url_of(&json_value(request).await?)?;
    let folder = folder_url::parse(&link)
        .map_err(|refusal| ApiError::bad_request(refusal.to_string()).code("not-a-folder-link"))?;
    if app.config.google_api_key.is_none() {
        return Err(no_api_key());
    }
    let answer_by = Instant::now() + app.config.list_wait;
    // a task of its own: it goes on when the client hangs up
    let (tell, told) = oneshot::channel();
    let (listing_app, id) = (app.clone(), request_id::accept(request_id::current().as_deref()));
    app.shutdown.spawn(request_id::scope(id, async move {
        let _ = tell.send(listing::start(&listing_app, folder).await);
    }));
    let found = told.await.map_err(|_| ApiError::internal("internal", "The listing broke off."))?;
    match found.map_err(|error| refused(&error))? {
        Found::Nothing(hint) => {
            let message = "No images found in the folder".to_owned();
            Ok((StatusCode::OK, Json(ImportStarted { message, hint, ..ImportStarted::default() })))
        }
        Found::Job(job, listed) => {
            let _ = tokio::time::timeout_at(answer_by, listed).await;
            Ok((StatusCode::ACCEPTED, Json(started(&app, *job).await)))
        }
    }
}

/// Reads the body as the original did, where that made sense.
fn folder_url_of(body: &Value) -> Result<String, ApiError> {
    let required = || ApiError::bad_request("folder_url is required");
    let nothing = match body {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(true) | Value::Object(_) => false,
    };
    if nothing {
        return Err(required());
    }
    let fields = body.as_object().ok_or_else(|| {
        ApiError::bad_request("The body must be a JSON object with `folder_url`, the link of a folder.")
    })?;
    match fields.get("folder_url") {
        None => Err(required()),
        Some(Value::String(link)) => Ok(link.clone()),
        Some(_) => Err(ApiError::bad_request("`folder_url` must be a text: the link of a folder.")),
    }
}

fn no_api_key() -> ApiError {
    let message = format!(
        "{DRIVE_TROUBLE}: no API key is set. Set GOOGLE_API_KEY (Google Cloud console, APIs & Services, Credentials) \
         and start the service again."
    );
    ApiError::internal("api-key-missing", message)
}

fn refused(error: &Error) -> ApiError {
    match error {
        Error::NotAFolder(why) => ApiError::bad_request(why.as_str()).code("not-a-folder"),
        Error::Drive(drive) | Error::Invisible(drive) => {
            ApiError::internal(drive.reason.code(), format!("{DRIVE_TROUBLE}: {error}"))
        }
        Error::Stopping => ApiError::unavailable("stopping", error.to_string()),
        Error::Store(error) => store_failed(error),
    }
}

/// What is known by now.
async fn started(app: &App, job: Job) -> ImportStarted {
    // the job is written down: an answer with its first page is better than an error
    let job = app.store.job_by_number(job.number).await.ok().flatten().unwrap_or(job);
    let total = job.progress.total;
    ImportStarted {
        message: format!("Import job started for {total} images"),
        job_id: Some(job.id),
        total_images: Some(total),
        listing: (job.progress.listing == Listing::Open).then(|| "in_progress".to_owned()),
        hint: None,
    }
}
