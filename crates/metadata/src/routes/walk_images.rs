//! `GET /images/verify?cursor=&limit=`: every row in the order of their numbers, page by page. Internal.

use axum::extract::State;
use client::metadata::ImageWalk;
use service::{
    ApiError,
    extract::{Json, Query},
};

use crate::App;

/// Rows on a page, by default and at most.
const MOST: u32 = 1000;

/// The rows after the one numbered `cursor`. A row that stays is met once, whatever becomes of the others meanwhile.
pub(crate) async fn walk_images(State(app): State<App>, query: Query) -> Result<Json<ImageWalk>, ApiError> {
    let after = number(&query, "cursor", i64::MIN)?;
    let limit = number(&query, "limit", MOST)?.clamp(1, MOST);
    let mut images = app.store().await?.walk(after, limit).await?;
    for image in &mut images {
        app.urls.add_to(image);
    }
    let is_full = images.len() == limit as usize;
    let next_cursor = images.last().filter(|_| is_full).map(|last| last.id);
    Ok(Json(ImageWalk { images, next_cursor }))
}

fn number<T: std::str::FromStr>(query: &Query, name: &str, otherwise: T) -> Result<T, ApiError> {
    match query.get(name) {
        None | Some("") => Ok(otherwise),
        Some(text) => {
            text.parse().map_err(|_| ApiError::bad_request(format!("`{name}` must be a whole number.")))
        }
    }
}
