//! `POST /objects/checksum {key}`: one object as its bytes are, all of them read here and now. Internal.

use axum::extract::State;
use client::storage::{ObjectChecksum, ObjectKey};
use service::{ApiError, extract::Json};

use crate::{App, content::no_such_object, upload::UploadError};

/// The bytes stay here. So many objects are read at once, and the other questions wait for their turn.
pub(super) async fn checksum_object(
    State(app): State<App>,
    Json(asked): Json<ObjectKey>,
) -> Result<Json<ObjectChecksum>, ApiError> {
    let bucket = app.bucket()?;
    let _turn = app.reads.acquire().await;
    let read = bucket.checksum(&asked.key).await.map_err(UploadError::from)?;
    read.map(Json).ok_or_else(no_such_object)
}
