//! `POST /images/known`: which of these Drive ids have a row.

use axum::extract::State;
use client::metadata::{KnownImages, KnownQuery};
use service::{ApiError, extract::Json};

use crate::App;

/// Most ids in one question.
const MOST: usize = 1000;

/// The rows with exactly these Drive ids.
pub(crate) async fn known_images(
    State(app): State<App>,
    Json(query): Json<KnownQuery>,
) -> Result<Json<KnownImages>, ApiError> {
    if query.google_drive_ids.len() > MOST {
        return Err(ApiError::bad_request(format!("`google_drive_ids` has more than {MOST} entries.")));
    }
    let mut images = app.store().await?.known(&query.google_drive_ids).await?;
    for image in &mut images {
        app.urls.add_to(image);
    }
    Ok(Json(KnownImages { images }))
}
