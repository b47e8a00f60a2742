//! `POST /objects/release`: an object that no task is going to give a row.

use axum::extract::State;
use client::metadata::{ObjectReleased, ReleaseObject};
use service::{ApiError, extract::Json};

use crate::{
    App,
    new_image::{MAX_PROVIDER, MAX_STORAGE_PATH},
    store::Release,
};

/// Gives the object up, unless a row names it. The same again has the same effect.
pub(crate) async fn release_object(
    State(app): State<App>,
    Json(asked): Json<ReleaseObject>,
) -> Result<Json<ObjectReleased>, ApiError> {
    let too_long = |text: &str, most| app.has_column_lengths && text.chars().nth(most).is_some();
    let fits = |text: &str, most| !text.is_empty() && !too_long(text, most);
    if !fits(&asked.storage_path, MAX_STORAGE_PATH) || !fits(&asked.storage_provider, MAX_PROVIDER) {
        return Err(ApiError::bad_request(
            "`storage_path` and `storage_provider` must be those of an object.",
        ));
    }
    let release = Release { storage_path: asked.storage_path, storage_provider: asked.storage_provider };
    let released = app.store().await?.release(release).await?;
    app.wake_release();
    Ok(Json(ObjectReleased { success: true, released }))
}
