//! `GET /import/jobs/{job_id}/failures?page=&per_page=&format=`: what failed, why, and what to do: a page as JSON, or
//! everything as CSV.

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use client::import::{FailedImage, ImageFailure};
use futures::Stream;
use service::{
    ApiError,
    extract::{Path, Query},
    page::Page,
};

use super::{MAX_ROWS, job_not_found, json_page, store_failed};
use crate::{
    App, csv,
    store::{Error, Failures, FailuresFrom, Store},
    view,
};

/// Failures that are read at a time for CSV.
const PORTION: u32 = 1000;
/// The columns of the CSV.
const COLUMNS: [&str; 7] = ["file_id", "name", "reason", "message", "advice", "attempts", "drive_url"];

pub(super) async fn list_failures(
    State(app): State<App>,
    job_id: Result<Path<String>, ApiError>,
    query: Query,
) -> Result<Response, ApiError> {
    let Path(job_id) = job_id.map_err(|_| job_not_found())?;
    match query.get("format").unwrap_or_default() {
        "" | "json" => as_json(&app, &job_id, &Page::of(&query).at_most(MAX_ROWS)).await,
        "csv" => as_csv(&app, job_id).await,
        _ => Err(ApiError::bad_request("`format` must be json or csv.")),
    }
}

async fn as_json(app: &App, job_id: &str, page: &Page) -> Result<Response, ApiError> {
    let rows = u32::try_from(page.rows()).unwrap_or(u32::MAX);
    let Failures { total, page: rows } = read(app, job_id, FailuresFrom::Offset(page.offset()), rows).await?;
    let failures: Vec<_> = rows.into_iter().map(|(_, image)| failed(image)).collect();
    json_page("failures", &failures, page, total)
}

/// Reads and writes portion by portion, so that it costs the same memory for any number of failures.
async fn as_csv(app: &App, job_id: String) -> Result<Response, ApiError> {
    let first = read(app, &job_id, FailuresFrom::After(-1), PORTION).await?;
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file_name(&job_id))),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((head, Body::from_stream(lines(app.store.clone(), job_id, first.page))).into_response())
}

async fn read(app: &App, job_id: &str, from: FailuresFrom, at_most: u32) -> Result<Failures, ApiError> {
    let failures = app.store.failures(job_id, from, at_most).await.map_err(|error| store_failed(&error))?;
    failures.ok_or_else(job_not_found)
}

type Rows = Vec<(i64, ImageFailure)>;

/// An error breaks the answer off, so that nobody takes it for whole.
fn lines(store: Store, job_id: String, first: Rows) -> impl Stream<Item = Result<String, Error>> {
    async_stream::try_stream! {
        yield csv::BYTE_ORDER_MARK.to_owned() + &csv::line(COLUMNS);
        let mut rows = first;
        while let Some((last, _)) = rows.last() {
            let next = FailuresFrom::After(*last);
            let text: String = rows.into_iter().map(|(_, image)| line(&failed(image))).collect();
            yield text;
            rows = store.failures(&job_id, next, PORTION).await?.unwrap_or_default().page;
        }
    }
}

fn line(failed: &FailedImage) -> String {
    let FailedImage { image, drive_url } = failed;
    let failure = &image.failure;
    let attempts = failure.attempts.to_string();
    csv::line([
        image.file_id.as_str(),
        &image.name,
        &failure.reason,
        &failure.message,
        &failure.advice,
        &attempts,
        drive_url,
    ])
}

fn failed(image: ImageFailure) -> FailedImage {
    let drive_url = view::file_url(&image.file_id);
    FailedImage { image, drive_url }
}

/// Job ids are ours, but a header takes no risks.
fn file_name(job_id: &str) -> String {
    let id: String = job_id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
    format!("failures-{id}.csv")
}
