//! `POST /objects/stat {key}`: one object as S3 says it is. Internal.

use axum::extract::State;
use client::storage::{ListedObject, ObjectKey};
use service::{ApiError, extract::Json};

use crate::{App, content::no_such_object, upload::UploadError};

/// 404 for objects that are not there, and for those of others.
pub(super) async fn stat_object(
    State(app): State<App>,
    Json(asked): Json<ObjectKey>,
) -> Result<Json<ListedObject>, ApiError> {
    let found = app.bucket()?.stat(&asked.key).await.map_err(UploadError::from)?;
    found.map(Json).ok_or_else(no_such_object)
}
