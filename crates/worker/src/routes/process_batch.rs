//! `POST /process-batch`: takes files in; they are written down before the answer.

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use client::trace::{Origin, TRACEPARENT};
use serde_json::{Value, json};
use service::{ApiError, extract::Json};

use crate::{app::App, queue::NewTasks, task::JobKey};

/// 202 when the batch is written down; 400 when it names no files.
pub(crate) async fn process_batch(
    State(app): State<App>,
    Json(batch): Json<Value>,
) -> Result<impl IntoResponse, ApiError> {
    let tasks = parse(batch)?;
    let (job, count) = (tasks.job.id(), tasks.files.len());
    app.queue.enqueue(&tasks).await.map_err(|error| queue_unavailable(&error))?;
    app.runner.wake();
    app.reporter.wake();
    let answer = json!({
        "batch_size": count,
        "job_id": job,
        "message": format!("Processing {count} images"),
        "reports_results": true,
    });
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// The answer while the queue cannot be written.
pub(super) fn queue_unavailable(error: &crate::queue::QueueError) -> ApiError {
    ApiError::unavailable("queue-unavailable", "The task queue cannot be written.").caused_by(error)
}

fn parse(mut batch: Value) -> Result<NewTasks, ApiError> {
    if !batch.is_object() {
        return Err(ApiError::bad_request("The JSON body must be an object with job_id and files."));
    }
    let files = match batch["files"].take() {
        Value::Array(files) if !files.is_empty() => files,
        files if is_nothing(&files) => return Err(ApiError::bad_request("No files to process")),
        _ => return Err(ApiError::bad_request("'files' must be a list of objects.")),
    };
    if !files.iter().all(Value::is_object) {
        return Err(ApiError::bad_request("'files' must be a list of objects."));
    }
    Ok(NewTasks {
        job: JobKey::of(&batch["job_id"]),
        accepts_results: batch["accepts_results"] == true,
        request_id: Origin::of_tasks(batch[TRACEPARENT].as_str()).into_text(),
        files,
    })
}

/// What the original takes for no files.
fn is_nothing(files: &Value) -> bool {
    match files {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) => false,
    }
}
