//! `GET /objects/{key}`: an image, or a part of it. The outside reaches it through the gateway.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use service::{
    ApiError,
    extract::{Path, Query},
};

use crate::{App, content::Asked};

/// Answers `HEAD` too. What is no object is never kept by a cache.
pub(super) async fn get_object(
    State(app): State<App>,
    key: Result<Path<String>, ApiError>,
    method: Method,
    query: Query,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let asked = Asked::new(key?.0, &method, &headers, &query);
        app.content.answer(app.bucket()?, &asked).await
    };
    let mut answer = answer.await.into_response();
    if !answer.status().is_success() && answer.status() != StatusCode::NOT_MODIFIED {
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}
