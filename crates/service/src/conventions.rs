//! What all routes share on the wire: request ids, CORS, `OPTIONS` and `Allow`, double slashes, one log line.

use std::time::Instant;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use client::{http::REQUEST_ID, request_id};
use tracing::Instrument;

use crate::{ApiError, cors::Cors, extract::not_found};

/// Wraps the routes of a service into what is served. `around` may put itself before the routes.
pub(crate) fn apply(routes: Router, cors: Cors, around: impl FnOnce(Router) -> Router) -> Router {
    let routes = routes
        .fallback(|uri: Uri, headers: axum::http::HeaderMap| async move { unknown_path(&uri, &headers) })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() });
    // an outer router: a path can be changed only before the inner one has matched it
    Router::new()
        .fallback_service(around(routes))
        .layer(middleware::from_fn(options_and_allow))
        .layer(middleware::from_fn_with_state(cors, add_cors))
        .layer(middleware::from_fn(with_request_id))
}

/// A double slash inside a path redirects to the path without it, as in the original; all else is a 404.
fn unknown_path(uri: &Uri, headers: &axum::http::HeaderMap) -> Response {
    let path = uri.path();
    if !path.contains("//") {
        return not_found().into_response();
    }
    let mut single = path.to_owned();
    while single.contains("//") {
        single = single.replace("//", "/");
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    match HeaderValue::from_str(&format!("http://{host}{single}{query}")) {
        Ok(location) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response(),
        Err(_) => not_found().into_response(),
    }
}

/// The id of the request goes into the logs, into every call made for it, and back to the caller.
async fn with_request_id(mut request: Request, next: Next) -> Response {
    strip_leading_slashes(&mut request);
    let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let id = request_id::accept(given);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id = %id);
    let started = Instant::now();
    let answer = async {
        let response = next.run(request).await;
        let millis = started.elapsed().as_millis();
        let status = response.status().as_u16();
        // probes come every few seconds and say nothing
        if matches!(path.as_str(), "/health" | "/ready" | "/metrics") {
            tracing::debug!(%method, path, status, millis, "answered");
        } else {
            tracing::info!(%method, path, status, millis, "answered");
        }
        response
    };
    let mut response = request_id::scope(id.clone(), answer.instrument(span)).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// `//health` is served as `/health`, as in the original.
fn strip_leading_slashes(request: &mut Request) {
    let uri = request.uri();
    let Some(path) = uri.path_and_query().filter(|path| path.as_str().starts_with("//")) else { return };
    let single = format!("/{}", path.as_str().trim_start_matches('/'));
    if let Ok(single) = single.parse() {
        *request.uri_mut() = single;
    }
}

async fn add_cors(State(cors): State<Cors>, request: Request, next: Next) -> Response {
    let (method, path, headers) =
        (request.method().clone(), request.uri().path().to_owned(), request.headers().clone());
    let mut response = next.run(request).await;
    cors.apply(&method, &path, &headers, response.headers_mut());
    response
}

/// `OPTIONS` answers 200 with `Allow` on every route, and `Allow` names it.
async fn options_and_allow(request: Request, next: Next) -> Response {
    let options = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allowed =
        response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
    let mut methods: Vec<_> = allowed.split(',').map(str::trim).filter(|method| !method.is_empty()).collect();
    if !methods.contains(&"OPTIONS") {
        methods.push("OPTIONS");
    }
    let allow = HeaderValue::from_str(&methods.join(", "));
    if options {
        response = StatusCode::OK.into_response();
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, html);
    }
    if let Ok(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use tower::ServiceExt;

    use super::*;

    async fn ask(method: &str, path: &str) -> Response {
        let routes = Router::new().route("/health", get(|| async { "well" }));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "h:1")
            .body(Body::empty())
            .unwrap();
        apply(routes, Cors::any(), |known| known).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn framework_answers_have_the_originals_status_and_our_body() {
        for (method, path, status) in [
            ("GET", "/health", 200),
            ("HEAD", "/health", 200),
            ("GET", "//health", 200),
            ("OPTIONS", "/health", 200),
            ("OPTIONS", "/nope", 404),
            ("POST", "/health", 405),
            ("GET", "/health/", 404),
            ("GET", "/a//b?c=d", 308),
        ] {
            let answer = ask(method, path).await;
            assert_eq!(answer.status().as_u16(), status, "{method} {path}");
            assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{method} {path}");
        }
        assert_eq!(ask("POST", "/health").await.headers()[header::ALLOW], "GET, HEAD, OPTIONS");
        assert_eq!(ask("GET", "/a//b?c=d").await.headers()[header::LOCATION], "http://h:1/a/b?c=d");
        assert_eq!(ask("GET", "/nope").await.headers()[header::CONTENT_TYPE], "application/json");
    }
}
