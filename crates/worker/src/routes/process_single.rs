//! `POST /process-single`: imports one image while the caller waits. With `refresh: true` a known image is stored anew from
//! what Drive says about it now, and its row gets the new object.

use axum::{extract::State, response::IntoResponse};
use client::import::FileResult;
use serde_json::{Value, json};
use service::{ApiError, extract::Json};
use tracing::Instrument;

use crate::{
    app::App,
    listing::{BadListing, Listing},
    single::{self, NotImported, QUEUE_UNAVAILABLE, Wanted},
};

/// 200 with the image; 500 with the reason, 503 while the task queue cannot be written. A record that will not do is 400.
pub(crate) async fn process_single(
    State(app): State<App>,
    Json(mut body): Json<Value>,
) -> Result<impl IntoResponse, ApiError> {
    if !body.is_object() {
        return Err(ApiError::bad_request("The JSON body must be an object with job_id and file_data."));
    }
    let (job, file) = (body["job_id"].take(), body["file_data"].take());
    if !file.is_object() {
        return Err(ApiError::bad_request("'file_data' must be an object with id, name and mimeType."));
    }
    let wanted = if body["refresh"] == true { Wanted::Refresh } else { Wanted::Import };
    let name = match &file["name"] {
        Value::String(name) => name.clone(),
        Value::Null => return Err(ApiError::bad_request("'name' is missing in file_data.")),
        _ => return Err(ApiError::bad_request("'name' in file_data must be a text.")),
    };
    // beside the request: a caller who hangs up must leave nothing half done
    let shutdown = app.shutdown.clone();
    let id = client::request_id::accept(client::request_id::current().as_deref());
    let work =
        client::request_id::scope(id, async move { import_and_report(&app, job, file, &name, wanted).await });
    let work = client::trace::scope(client::trace::current(), work);
    match shutdown.spawn(work.in_current_span()).await {
        Ok(done) => done,
        Err(error) => Err(ApiError::internal("internal", "The image was not imported.").caused_by(&error)),
    }
}

async fn import(app: &App, job: &Value, file: Value, wanted: Wanted) -> Result<FileResult, NotImported> {
    let file = match wanted {
        Wanted::Import => file,
        Wanted::Refresh => single::record_now(app, &file).await?,
    };
    // large, and else moved from one to the next
    Box::pin(single::import_now(app, job, file, wanted)).await
}

async fn import_and_report(
    app: &App,
    job: Value,
    file: Value,
    name: &str,
    wanted: Wanted,
) -> Result<Json<Value>, ApiError> {
    let refusal = match Listing::parse(&file) {
        Err(BadListing::UnknownId(_)) | Ok(_) => None,
        Err(bad) => Some(ApiError::bad_request(format!("The file's record is incomplete or wrong: {bad}"))),
    };
    let done = match refusal {
        Some(refusal) => Err(refusal),
        None => import(app, &job, file, wanted).await.map_err(|not| {
            if wanted == Wanted::Import {
                app.numbers.image_failed(not.reason);
            }
            match not.reason {
                QUEUE_UNAVAILABLE => ApiError::unavailable(not.reason, not.message),
                reason => ApiError::internal(reason, not.message),
            }
        }),
    };
    if wanted == Wanted::Import
        && let Ok(end) = &done
    {
        app.numbers.image_ended(end);
    }
    let image = done.as_ref().ok().map(|end| end.image.clone().unwrap_or_default());
    if wanted == Wanted::Import {
        app.reporter.report_single(job, image.clone()).await;
    }
    done.map(|_| Json(json!({"image": image, "success": true})))
        .map_err(|error| error.with("file", name).with("success", false))
}
