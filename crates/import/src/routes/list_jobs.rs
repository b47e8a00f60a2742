//! `GET /import/jobs?page=&per_page=`: all jobs, newest first.

use axum::{extract::State, response::Response};
use service::{ApiError, extract::Query, page::Page};

use super::{MAX_ROWS, json_page, store_failed};
use crate::{App, clock::now_ms, view};

pub(super) async fn list_jobs(State(app): State<App>, query: Query) -> Result<Response, ApiError> {
    let page = Page::of(&query).at_most(MAX_ROWS);
    let found = app.store.jobs(page.number(), page.rows()).await;
    let (jobs, total) = found.map_err(|error| store_failed(&error))?;
    let now = now_ms();
    let jobs: Vec<_> = jobs.iter().map(|job| view::job(job, now)).collect();
    json_page("jobs", &jobs, &page, total)
}
