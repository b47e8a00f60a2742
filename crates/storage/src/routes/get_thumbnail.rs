//! `GET /objects/{key}/thumbnail?size=`: a small picture of an image, as WebP or JPEG.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use service::{
    ApiError,
    extract::{Path, Query},
};

use crate::{
    App,
    content::keys,
    thumbnail::{Failure, Size, Wish, answer, format_for},
};

/// 404 where there is no such image, 415 and 422 where nothing can be made of it, 503 where too many wait.
pub(super) async fn get_thumbnail(
    State(app): State<App>,
    key: Result<Path<String>, ApiError>,
    query: Query,
    headers: HeaderMap,
) -> Response {
    let shown = async { show(&app, &key?.0, &query, &headers).await };
    shown.await.unwrap_or_else(|error| {
        let mut answer = error.into_response();
        // it may be there in a moment, and caches keep a 404 as they like
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    })
}

async fn show(app: &App, key: &str, query: &Query, headers: &HeaderMap) -> Result<Response, ApiError> {
    let size = Size::parse(query.get("size"))
        .ok_or_else(|| ApiError::bad_request("`size` must be 160, 320, 640 or 1280."))?;
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let format = format_for(accept);
    let thumbnails = app.thumbnails()?;
    let mut missing = Failure::NoSuchImage;
    for image in keys(key) {
        let wish = Wish { image: image.into_owned(), size, format };
        match thumbnails.get(wish.clone()).await {
            Err(Failure::NoSuchImage) => {}
            // whoever may not list the bucket is told so of keys that are not there
            Err(failure) if failure.is_denied() => missing = failure,
            made => return Ok(answer(&wish, &made?, headers)),
        }
    }
    Err(missing.into())
}
