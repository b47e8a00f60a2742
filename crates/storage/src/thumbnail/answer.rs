//! A thumbnail as an answer.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::{Thumbnail, Wish, media_type};
use crate::{bucket::CACHE_CONTROL, content::is_known, disposition::shown_as, guard::guard};

/// The answer to who sent `asked`: without the bytes where they are there already.
pub(crate) fn answer(wish: &Wish, thumbnail: &Thumbnail, asked: &HeaderMap) -> Response {
    let mut response = if is_known(&thumbnail.etag, asked) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(thumbnail.bytes.clone()).into_response();
        let kind = HeaderValue::from_static(media_type(wish.format));
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if let Ok(disposition) = shown_as(&wish.file_name(), true).parse() {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    if let Ok(etag) = thumbnail.etag.parse() {
        headers.insert(header::ETAG, etag);
    }
    guard(headers);
    response
}
