//! `POST /objects/locate {uuid, filename}`: where `PUT /objects/{uuid}` stores this. Internal.

use axum::extract::State;
use client::storage::{LocateObject, ObjectPlace};
use service::{ApiError, extract::Json};

use crate::{App, object_key::ObjectKey};

/// Pure: S3 is not asked, and whether there is such an object is another question.
pub(super) async fn locate_object(
    State(app): State<App>,
    Json(asked): Json<LocateObject>,
) -> Result<Json<ObjectPlace>, ApiError> {
    let urls = app.bucket()?.urls();
    let key = ObjectKey::new(asked.uuid, &asked.filename, urls.base_chars());
    Ok(Json(ObjectPlace { url: urls.url(&key), key: key.as_str().to_owned() }))
}
