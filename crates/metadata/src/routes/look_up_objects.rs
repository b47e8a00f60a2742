//! `POST /objects/lookup`: whether rows name these objects, and which of them are going. Internal.

use axum::extract::State;
use client::metadata::{LookUpObjects, ObjectsLookedUp};
use service::{ApiError, extract::Json};

use crate::App;

/// Most paths in one question.
const MOST: usize = 1000;

/// One answer for each path, in their order.
pub(crate) async fn look_up_objects(
    State(app): State<App>,
    Json(asked): Json<LookUpObjects>,
) -> Result<Json<ObjectsLookedUp>, ApiError> {
    if asked.storage_paths.len() > MOST {
        return Err(ApiError::bad_request(format!("`storage_paths` has more than {MOST} entries.")));
    }
    let objects = app.store().await?.fates(&asked.storage_paths).await?;
    Ok(Json(ObjectsLookedUp { objects }))
}
