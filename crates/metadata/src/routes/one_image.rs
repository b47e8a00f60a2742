//! `GET` and `DELETE /images/{id}`.

use axum::extract::State;
use client::metadata::Image;
use serde_json::{Value, json};
use service::{
    ApiError,
    extract::{self, Json, Path, Query},
};

use crate::{
    App,
    store::{Delete, ObjectFate},
};

/// One row.
pub(crate) async fn get_image(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Image>, ApiError> {
    let id = number(&id)?;
    let mut image = app.store().await?.image(id).await?.ok_or_else(no_image)?;
    app.urls.add_to(&mut image);
    Ok(Json(image))
}

/// Drops a row, and its object unless `keep_object=true` or another row names it.
pub(crate) async fn delete_image(
    State(app): State<App>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let id = number(&id)?;
    let keep = matches!(query.get("keep_object"), Some("true" | "1"));
    let object = if keep { ObjectFate::Keep } else { ObjectFate::Release };
    if !app.store().await?.delete(Delete { id, object }).await? {
        return Err(no_image());
    }
    app.wake_release();
    Ok(Json(json!({"message": "Image deleted successfully"})))
}

/// Any other method: on an image it is not allowed, and what is no number is no image.
pub(crate) async fn other_method(Path(id): Path<String>) -> ApiError {
    if is_number(&id) { ApiError::method_not_allowed() } else { extract::not_found() }
}

/// Only ASCII digits name an image. A number beyond all ids is an image that is not there.
fn number(id: &str) -> Result<i64, ApiError> {
    if is_number(id) { id.parse().map_err(|_| no_image()) } else { Err(extract::not_found()) }
}

fn is_number(id: &str) -> bool {
    id.bytes().all(|digit| digit.is_ascii_digit())
}

fn no_image() -> ApiError {
    ApiError::not_found("Image not found")
}
