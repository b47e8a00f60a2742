//! Imports, and the jobs that do them.
#![expect(dead_code, reason = "operations are documentation; what answers is the import service")]

use client::{
    ErrorBody,
    import::{
        FailurePage, ImportPreview, ImportStarted, Job, JobCancelled, JobPage, JobStatus, RetryStarted,
        StartImport,
    },
};
use utoipa::ToSchema;

/// How failures are written.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum FailureFormat {
    Json,
    Csv,
}

/// Start an import
///
/// Lists the folder and starts a job for its images. The listing goes on behind the answer where it takes longer: see
/// `listing`. The same folder may be imported again at any time: what is known and unchanged costs nothing.
#[utoipa::path(
    post,
    path = "/api/import/google-drive",
    tag = "import",
    request_body(content = StartImport, description = "Which folder.", example = json!({
        "folder_url": "https://drive.google.com/drive/folders/1i_rViDYPnCJERqClTVXxgT2BlbBozvsl", "recursive": true
    })),
    responses(
        (status = 202, description = "The job.", body = ImportStarted, example = json!({
            "message": "Import job started for 24 images", "job_id": "8d9f5c1e-6c3f-4b6e-9d2b-0f6f4a0c7f11",
            "total_images": 24
        })),
        (status = 200, description = "The folder holds no image: there is no job.", body = ImportStarted,
            example = json!({"message": "No images found in the folder"})),
        (status = 400, description = "The body is no JSON, the link is none of a folder (`not-a-folder-link`), what it leads to is \
            no folder (`not-a-folder`), or holds more images than one import may take (`too-many-images`).", body = ErrorBody),
        (status = 500, description = "Google Drive refuses or fails, or no API key is set; `code` says which.",
            body = ErrorBody, example = json!({
            "error": "Error fetching files from Google Drive: the folder does not exist, or is not shared with anyone \
            who has the link", "code": "not-found"
        })),
    )
)]
fn start_import() {}

/// What an import would do
///
/// Looks at the folder and imports nothing.
#[utoipa::path(
    post,
    path = "/api/import/preview",
    tag = "import",
    request_body(content = StartImport, description = "Which folder.", example = json!({
        "folder_url": "https://drive.google.com/drive/folders/1i_rViDYPnCJERqClTVXxgT2BlbBozvsl"
    })),
    responses(
        (status = 200, description = "What there is.", body = ImportPreview),
        (status = 400, description = "As of the import.", body = ErrorBody),
        (status = 500, description = "Google Drive refuses or fails, or no API key is set; `code` says which.",
            body = ErrorBody),
    )
)]
fn preview_import() {}

/// Where a job is
///
/// In the shape that clients of old know, with the images it stored. `GET /api/import/jobs/{job_id}` says more.
#[utoipa::path(
    get,
    path = "/api/import/status/{job_id}",
    tag = "import",
    params(
        ("job_id" = String, Path, description = "The job.", example = "8d9f5c1e-6c3f-4b6e-9d2b-0f6f4a0c7f11"),
        ("imported" = Option<String>, Query, description = "`0` leaves the list of images out."),
    ),
    responses(
        (status = 200, description = "The job.", body = JobStatus<serde_json::Value>),
        (status = 404, description = "There is no such job.", body = ErrorBody),
    )
)]
fn job_status() {}

/// What happens to a job, as it happens
///
/// Server-Sent Events: `progress` with the job as `GET /api/import/jobs/{job_id}` answers it, `image` with one stored image
/// and its number as the event's id, and `end` with the job as it ended, after which the stream closes. A client that comes
/// back with the id of the last event it saw goes on behind it.
#[utoipa::path(
    get,
    path = "/api/import/events/{job_id}",
    tag = "import",
    params(
        ("job_id" = String, Path, description = "The job.", example = "8d9f5c1e-6c3f-4b6e-9d2b-0f6f4a0c7f11"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that was seen."),
        ("last_event_id" = Option<String>, Query, description = "The same, for who can set no header."),
    ),
    responses(
        (status = 200, description = "The events. To who asks for `text/event-stream` while the service is away, and to an \
            `EventSource` (which says `Cache-Control: no-cache` too) also where anybody else is answered 429: a stream that \
            ends at once, with `retry` and, as a comment, why.", content(("text/event-stream",
            example = json!("event: progress\ndata: {\"state\":\"running\"}\n\n")))),
        (status = 204, description = "The end was seen already: nothing follows."),
        (status = 404, description = "There is no such job.", body = ErrorBody),
    )
)]
fn job_events() {}

/// All jobs
///
/// Newest first, at most 1,000 on a page.
#[utoipa::path(
    get,
    path = "/api/import/jobs",
    tag = "import",
    params(
        ("page" = Option<i64>, Query, description = "Its number, from 1 on."),
        ("per_page" = Option<i64>, Query, description = "Jobs on it, 50 by default."),
    ),
    responses((status = 200, description = "The page.", body = JobPage))
)]
fn list_jobs() {}

/// One job
#[utoipa::path(
    get,
    path = "/api/import/jobs/{job_id}",
    tag = "import",
    params(("job_id" = String, Path, description = "The job.", example = "8d9f5c1e-6c3f-4b6e-9d2b-0f6f4a0c7f11")),
    responses(
        (status = 200, description = "The job.", body = Job),
        (status = 404, description = "There is no such job.", body = ErrorBody),
    )
)]
fn show_job() {}

/// Stop a job
///
/// What is stored stays. Stopping twice is fine.
#[utoipa::path(
    post,
    path = "/api/import/jobs/{job_id}/cancel",
    tag = "import",
    params(("job_id" = String, Path, description = "The job.", example = "8d9f5c1e-6c3f-4b6e-9d2b-0f6f4a0c7f11")),
    responses(
        (status = 202, description = "It is stopped.", body = JobCancelled),
        (status = 404, description = "There is no such job.", body = ErrorBody),
        (status = 409, description = "It has ended already: `job-ended`.", body = ErrorBody),
    )
)]
fn cancel_job() {}

/// Try again what failed
///
/// A new job of the images that failed or were stopped. Asked for twice, the answer is the same job.
#[utoipa::path(
    post,
    path = "/api/import/jobs/{job_id}/retry",
    tag = "import",
    params(("job_id" = String, Path, description = "The job.", example = "8d9f5c1e-6c3f-4b6e-9d2b-0f6f4a0c7f11")),
    responses(
        (status = 202, description = "The new job.", body = RetryStarted),
        (status = 200, description = "There is nothing to retry.", body = RetryStarted),
        (status = 400, description = "It would take more images than one import may: `too-many-images`.", body = ErrorBody),
        (status = 404, description = "There is no such job.", body = ErrorBody),
        (status = 409, description = "It has not ended: `job-not-ended`.", body = ErrorBody),
        (status = 500, description = "The work broke off.", body = ErrorBody),
    )
)]
fn retry_job() {}

/// What failed, why, and what to do
///
/// A page as JSON, or everything as CSV.
#[utoipa::path(
    get,
    path = "/api/import/jobs/{job_id}/failures",
    tag = "import",
    params(
        ("job_id" = String, Path, description = "The job.", example = "8d9f5c1e-6c3f-4b6e-9d2b-0f6f4a0c7f11"),
        ("page" = Option<i64>, Query, description = "Its number, from 1 on."),
        ("per_page" = Option<i64>, Query, description = "Failures on it, 50 by default, at most 1,000."),
        ("format" = inline(Option<FailureFormat>), Query, description = "JSON by default."),
    ),
    responses(
        (status = 200, description = "The failures, in the order of the listing.", content(
            (FailurePage = "application/json"),
            (String = "text/csv"),
        )),
        (status = 400, description = "There is no such format.", body = ErrorBody),
        (status = 404, description = "There is no such job.", body = ErrorBody),
    )
)]
fn list_failures() {}
