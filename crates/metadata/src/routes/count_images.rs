//! `GET /images/counts`: how many rows there are of the filters of `GET /images`, by type and by provider.

use axum::extract::State;
use serde_json::{Value, json};
use service::{
    ApiError,
    extract::{Json, Query},
};

use crate::{App, filters::Filters, tally};

/// Rows and bytes. `total_is_exact` is false where counting would take too long: the numbers are then a part.
pub(crate) async fn count_images(State(app): State<App>, query: Query) -> Result<Json<Value>, ApiError> {
    let filters = Filters::of(&query);
    let store = app.store().await?;
    let tally = tally::by_kind(&store, &filters).await?;
    let mut body = json!({
        "total": tally.images,
        "total_is_exact": tally.is_exact,
        "by_type": tally.by_type("mime_type"),
        "by_provider": tally.by_provider("storage_provider"),
    });
    if let Some(bytes) = tally.bytes {
        body["bytes"] = bytes;
    }
    Ok(Json(body))
}
