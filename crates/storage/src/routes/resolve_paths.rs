//! `POST /objects/resolve {storage_paths}`: which objects the paths of rows name. Internal.

use axum::extract::State;
use client::storage::{NamedObject, ResolvePaths, ResolvedPaths};
use service::{ApiError, extract::Json};

use crate::App;

/// Most paths in one question.
const MOST: usize = 1000;

/// Pure: only this service knows which URLs lead into its bucket.
pub(super) async fn resolve_paths(
    State(app): State<App>,
    Json(asked): Json<ResolvePaths>,
) -> Result<Json<ResolvedPaths>, ApiError> {
    if asked.storage_paths.len() > MOST {
        return Err(ApiError::bad_request(format!("`storage_paths` has more than {MOST} entries.")));
    }
    let urls = app.bucket()?.urls();
    let named = |path: &String| NamedObject { keys: urls.images_named_by(path) };
    Ok(Json(ResolvedPaths { objects: asked.storage_paths.iter().map(named).collect() }))
}
