//! `POST /import/update-status`: the worker says what became of images.

use axum::extract::{Request, State};
use serde_json::{Value, json};
use service::{
    ApiError,
    extract::{Json, json_value},
};

use super::store_failed;
use crate::{App, outcomes::Report};

pub(super) async fn update_status(State(app): State<App>, request: Request) -> Result<Json<Value>, ApiError> {
    let body = json_value(request).await?;
    if !body.is_object() {
        return Err(ApiError::bad_request("The body must be a JSON object with `job_id`."));
    }
    let success = Json(json!({"success": true}));
    let job_id = match &body["job_id"] {
        Value::String(id) => id,
        Value::Array(_) | Value::Object(_) => return Err(ApiError::bad_request("`job_id` must be a text.")),
        // no job of ours: as in the original, that is no error
        Value::Null | Value::Bool(_) | Value::Number(_) => return Ok(success),
    };
    let report = match Report::parse(&body) {
        Ok(report) => report,
        Err(wrong) => {
            let known = app.store.job(job_id).await.map_err(|error| store_failed(&error))?.is_some();
            return if known { Err(ApiError::bad_request(wrong.to_string())) } else { Ok(success) };
        }
    };
    let job = app.store.apply_report(job_id, &report).await.map_err(|error| store_failed(&error))?;
    if let Some(job) = job {
        app.wakeups.wake(job);
    }
    Ok(success)
}
