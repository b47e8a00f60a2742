//! The files of the web UI, for `GET` outside of the paths that are ours. Every path of the UI itself, such as
//! `/jobs/7`, is its one page.

use std::path::PathBuf;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::Response,
};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

/// Files with a hash of their content in their names never change.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The page names those files: it must be asked for each time, and then is usually unchanged.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");
/// Where the build puts files with a hash in their names.
const HASHED: &str = "/assets/";
/// First segments of paths that are never files.
const OURS: [&str; 4] = ["api", "health", "ready", "metrics"];

/// Puts the files of `dir` before `routes`; without `dir` nothing changes.
pub(crate) fn before(dir: Option<PathBuf>, routes: Router) -> Router {
    match dir {
        Some(dir) => {
            Router::new().fallback_service(routes).layer(middleware::from_fn_with_state(dir, serve_pages))
        }
        None => routes,
    }
}

async fn serve_pages(State(dir): State<PathBuf>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path();
    let first = path.split('/').nth(1).unwrap_or_default();
    if !is_read || OURS.contains(&first) || path.contains("//") {
        return next.run(request).await;
    }
    let is_hashed = path.starts_with(HASHED);
    // a missing file must not turn into a page: a script of an older build would then "load" as HTML
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let files = ServeDir::new(&dir);
    let served = if is_hashed || is_file {
        files.oneshot(request).await
    } else {
        files.fallback(ServeFile::new(dir.join("index.html"))).oneshot(request).await
    };
    let Ok(mut response) = served.map(|response| response.map(Body::new));
    if matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        return axum::response::IntoResponse::into_response(service::extract::not_found());
    }
    let keep = if is_hashed { FOR_EVER } else { ASK_FIRST };
    response.headers_mut().insert(header::CACHE_CONTROL, keep);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
