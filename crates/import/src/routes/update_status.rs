//! `POST /import/update-status`: the worker says what became of images.

use axum::extract::{Request, State};
use serde_json::{Value, json};
use service::{
    ApiError,
    extract::{Json, json_bytes, parse_json},
};

use super::{MAX_REPORT, store_failed};
use crate::{
    App,
    outcomes::{BadField, Report},
};

pub(super) async fn update_status(State(app): State<App>, request: Request) -> Result<Json<Value>, ApiError> {
    let bytes = json_bytes(request, MAX_REPORT).await?;
    let success = Json(json!({"success": true}));
    let read = match Report::read(&bytes) {
        Some((job_id, report)) => Some((job_id, Ok(report))),
        None => look_closely(&bytes)?,
    };
    // no job of ours: as in the original, that is no error
    let Some((job_id, report)) = read else { return Ok(success) };
    let report = match report {
        Ok(report) => report,
        Err(wrong) => {
            let known = app.store.job(&job_id).await.map_err(|error| store_failed(&error))?.is_some();
            return if known { Err(ApiError::bad_request(wrong.to_string())) } else { Ok(success) };
        }
    };
    let job = app.store.apply_report(&job_id, report).await.map_err(|error| store_failed(&error))?;
    if let Some(job) = job {
        app.wakeups.wake(job);
    }
    Ok(success)
}

/// The id of a job, and its report if that is one.
type Named = (String, Result<Report, BadField>);

/// Any JSON at all; `None` where no job of ours can be meant.
fn look_closely(bytes: &[u8]) -> Result<Option<Named>, ApiError> {
    let body = parse_json(bytes)?;
    if !body.is_object() {
        return Err(ApiError::bad_request("The body must be a JSON object with `job_id`."));
    }
    match &body["job_id"] {
        Value::String(id) => Ok(Some((id.clone(), Report::parse(&body)))),
        Value::Array(_) | Value::Object(_) => Err(ApiError::bad_request("`job_id` must be a text.")),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(None),
    }
}
