//! `GET /objects?cursor=&limit=`: our own objects in the bucket, page by page. Internal.

use axum::extract::State;
use client::storage::ObjectPage;
use service::{
    ApiError,
    extract::{Json, Query},
};

use crate::{App, upload::UploadError};

/// Objects on a page, by default and at most.
const MOST: usize = 1000;

/// The next page. The cursor is that of the page before; it stays good whatever is written or deleted meanwhile.
pub(super) async fn list_objects(State(app): State<App>, query: Query) -> Result<Json<ObjectPage>, ApiError> {
    let limit = match query.get("limit") {
        None | Some("") => MOST,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| *limit > 0)
            .ok_or_else(|| ApiError::bad_request("`limit` must be a number of objects, 1 or more."))?,
    };
    let after = query.get("cursor").filter(|cursor| !cursor.is_empty()).map(str::to_owned);
    let listed = app.bucket()?.list(after, limit.min(MOST)).await.map_err(UploadError::from)?;
    Ok(Json(ObjectPage { objects: listed.objects, next_cursor: listed.next }))
}
