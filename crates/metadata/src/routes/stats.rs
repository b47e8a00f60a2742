//! `GET /stats`: numbers over all rows.

use axum::extract::State;
use client::metadata::Stats;
use service::{ApiError, extract::Json};

use crate::App;

/// Rows, rows at `aws`, bytes; numbers whatever the database.
pub(crate) async fn stats(State(app): State<App>) -> Result<Json<Stats>, ApiError> {
    Ok(Json(app.store().await?.stats().await?))
}
