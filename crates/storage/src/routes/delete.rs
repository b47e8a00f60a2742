//! `POST /delete {file_path, provider?}`: the object of a stored URL goes, and its thumbnails.

use axum::extract::State;
use serde_json::{Value, json};
use service::{ApiError, extract::Json};

use crate::{App, object_key::uuid_of, object_url::Named, thumbnail::places, upload::refused_by_s3};

/// Success also where there was nothing, and for what is not ours: another bucket's URL, or a key of another shape, is
/// never touched.
pub(super) async fn delete_object(
    State(app): State<App>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, ApiError> {
    let Value::Object(fields) = &body else {
        return Err(ApiError::bad_request("The JSON body must be an object."));
    };
    match fields.get("provider") {
        None => app.provider(None)?,
        // `null` and numbers are no providers either
        Some(given) => app.provider(Some(given.as_str().unwrap_or_default()))?,
    };
    let path = match fields.get("file_path") {
        Some(Value::String(path)) => path.as_str(),
        Some(_) => return Err(ApiError::bad_request("file_path must be a text.")),
        None => return Err(ApiError::bad_request("file_path is missing.")),
    };
    if path.is_empty() || path.ends_with('/') {
        return Err(ApiError::bad_request("file_path names no object."));
    }
    let bucket = app.bucket()?;
    match bucket.urls().named_by(path) {
        Named::Ours(keys) => {
            let mut thumbnails = Vec::new();
            for key in keys {
                bucket.delete(&key).await.map_err(|error| refused_by_s3(&error))?;
                // after the image: a thumbnail that is written from now on finds it gone, and goes too
                if let Some(uuid) = uuid_of(&key) {
                    app.thumbnails()?.forget(&key);
                    thumbnails.extend(places(uuid));
                }
            }
            thumbnails.sort_unstable();
            thumbnails.dedup();
            if !thumbnails.is_empty() {
                bucket.delete_all(&thumbnails).await.map_err(|error| refused_by_s3(&error))?;
            }
        }
        // S3's refusals show all the same, as they did in the original
        Named::NotOurs => bucket.delete_nothing().await.map_err(|error| refused_by_s3(&error))?,
        Named::Elsewhere => {}
    }
    Ok(Json(json!({"success": true})))
}
