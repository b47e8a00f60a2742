//! The files of the web UI, for `GET` outside of the paths that are ours. Every path of the UI itself, such as
//! `/jobs/7`, is its one page. Each request looks at the directory, so that a UI may be built while it is served.

mod headers;

use std::path::PathBuf;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{
        Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version,
        header::{self, CACHE_CONTROL},
    },
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
};
use service::{ApiError, extract};
use tower::{Layer, ServiceExt};
use tower_http::{
    compression::{CompressionLayer, Predicate, predicate::SizeAbove},
    services::{ServeDir, ServeFile},
};
use url::Origin;

/// Files with a hash of their content in their names never change.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The page names those files: it must be asked for each time, and then is usually unchanged.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");
/// What is missing now may be there in a moment.
const NOT_AT_ALL: HeaderValue = HeaderValue::from_static("no-store");
/// Where the build puts files with a hash in their names.
const HASHED: &str = "/assets/";
/// First segments of paths that are never files.
const OURS: [&str; 4] = ["api", "health", "ready", "metrics"];
/// The page of the UI.
const INDEX: &str = "index.html";
/// Shorter texts gain nothing by compression.
const WORTH_COMPRESSING: u64 = 512;
/// In how many seconds to look again for a page that is not built yet.
const LOOK_AGAIN_SECS: u64 = 2;
/// What a browser shows until then.
const NOT_BUILT: &str = include_str!("pages/not_built.html");

/// The web UI.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    dir: PathBuf,
    policy: HeaderValue,
}

impl Pages {
    /// The UI built into `dir`, which may appear later. Its pages may call the gateway, and `api`.
    pub(crate) fn new(dir: PathBuf, api: Option<&Origin>) -> Self {
        Self { dir, policy: headers::policy(api) }
    }
}

/// Puts `pages` before `routes`; without them nothing changes.
pub(crate) fn before(pages: Option<Pages>, routes: Router) -> Router {
    match pages {
        Some(pages) => {
            Router::new().fallback_service(routes).layer(middleware::from_fn_with_state(pages, serve_pages))
        }
        None => routes,
    }
}

async fn serve_pages(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path();
    let first = path.split('/').nth(1).unwrap_or_default();
    if !is_read || OURS.contains(&first) || path.contains("//") {
        return next.run(request).await;
    }
    let is_hashed = path.starts_with(HASHED);
    let wants_html = accepts_html(request.headers());
    let mut response = match pages.find(request).await {
        Found::File(response) => response,
        Found::Nothing => extract::not_found().into_response(),
        Found::NoPage if wants_html => not_built(),
        Found::NoPage => ApiError::unavailable("page-not-built", "The web page is not built yet.")
            .retry_after(LOOK_AGAIN_SECS)
            .into_response(),
    };
    let is_there = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let keep = match (is_there, is_hashed) {
        (false, _) => NOT_AT_ALL,
        (true, true) => FOR_EVER,
        (true, false) => ASK_FIRST,
    };
    response.headers_mut().insert(CACHE_CONTROL, keep);
    headers::secure(response.headers_mut(), &pages.policy);
    headers::weaken_etag(response.headers_mut());
    response
}

/// What there is at a path.
enum Found {
    File(Response),
    /// No such file.
    Nothing,
    /// A path of the UI, which is not built.
    NoPage,
}

impl Pages {
    async fn find(&self, request: Request) -> Found {
        let path = request.uri().path();
        if path.split('/').any(|segment| segment.starts_with('.')) {
            // `.vite`, `.git`: beside the pages, and none of them
            return Found::Nothing;
        }
        // a missing file must not turn into a page: a script of an older build would then "load" as HTML
        let is_file =
            path.starts_with(HASHED) || path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let files = ServeDir::new(&self.dir)
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        let served = if is_file {
            compress().layer(files).oneshot(request).await.map(|response| response.map(Body::new))
        } else {
            let page = ServeFile::new(self.dir.join(INDEX)).precompressed_br().precompressed_gzip();
            let files = compress().layer(files.fallback(page));
            files.oneshot(request).await.map(|response| response.map(Body::new))
        };
        let Ok(response) = served;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED if is_file => Found::Nothing,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Found::NoPage,
            _ => Found::File(response),
        }
    }
}

/// Compresses texts that are not there compressed.
fn compress() -> CompressionLayer<impl Predicate> {
    let is_text = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        kind.starts_with("text/") || ["javascript", "json", "xml"].iter().any(|word| kind.contains(word))
    };
    CompressionLayer::new().compress_when(SizeAbove::new(WORTH_COMPRESSING).and(is_text))
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|kind| kind.trim_start().starts_with("text/html"))
}

/// Looks again by itself, so that whoever opened it while the page is being built sees the page.
fn not_built() -> Response {
    let again = [(header::RETRY_AFTER, HeaderValue::from(LOOK_AGAIN_SECS))];
    (StatusCode::SERVICE_UNAVAILABLE, again, Html(NOT_BUILT)).into_response()
}
