//! What all routes share on the wire: request ids, CORS, `OPTIONS` and `Allow`, paths in odd spellings, one log line.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use client::{
    http::REQUEST_ID,
    job_id::{self, JOB_ID},
    request_id,
    trace::{self, Context},
};
use tower::ServiceExt;
use tracing::Instrument;

use crate::{ApiError, Metrics, cors::Cors, extract::not_found, metrics::NoteRoute};

/// Below these, a segment is the key of an object.
const OF_OBJECTS: [&str; 2] = ["/objects/", "/api/objects/"];

/// Wraps the routes of a service into what is served, counted by `metrics`. `around` may put itself before the routes.
pub(crate) fn apply(
    routes: Router,
    cors: Cors,
    metrics: Option<&Metrics>,
    around: impl FnOnce(Router) -> Router,
) -> Router {
    let routes = match metrics {
        Some(metrics) => routes.merge(metrics.routes()),
        None => routes,
    };
    let mut known = routes
        .fallback(|| async { not_found() })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() });
    if metrics.is_some() {
        known = known.layer(NoteRoute);
    }
    let metrics = metrics.cloned();
    let served = Arc::new(Served { routes: around(known.clone()), known, cors, metrics });
    // an outer router: a path can be changed only before the inner one has matched it. And one layer, not one for each
    // convention: axum copies all layers for every request
    Router::new().fallback(move |request: Request| Arc::clone(&served).answer(request))
}

/// What is served.
#[derive(Debug)]
struct Served {
    /// What answers, with whatever is before the routes.
    routes: Router,
    /// The routes alone.
    known: Router,
    cors: Cors,
    metrics: Option<Metrics>,
}

impl Served {
    /// The ids of the request, and of the job that it is for, go into the logs, into every call made for it, and back to the caller.
    async fn answer(self: Arc<Self>, mut request: Request) -> Response {
        respell_path(&mut request);
        let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let id = request_id::accept(given);
        let header = HeaderValue::from_str(&id);
        let job = request.headers().get(JOB_ID).and_then(|id| job_id::accept(id.to_str().ok()));
        // handlers that learn of a job later write it down there; of this level, so that warnings have both ids too
        let span = tracing::error_span!("request", request_id = %id, job_id = tracing::field::Empty, trace_id = tracing::field::Empty);
        if let Some(trace) = trace::context().and_then(Context::for_logs) {
            span.record("trace_id", trace);
        }
        if let Some(job) = &job {
            span.record("job_id", &**job);
        }
        let work = job_id::scope(job, self.logged(request).instrument(span));
        let mut response = request_id::scope(id, work).await;
        if let Ok(id) = header {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    /// One line per request.
    async fn logged(&self, request: Request) -> Response {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let path = uri.path();
        let started = Instant::now();
        // large, and else kept by each of those around it
        let answer = Box::pin(self.shared(request, &method, path));
        let response = match &self.metrics {
            Some(metrics) => metrics.measure(&method, answer).await,
            None => answer.await,
        };
        let millis = started.elapsed().as_millis();
        let status = response.status().as_u16();
        // probes come every few seconds and say nothing
        if matches!(path, "/health" | "/ready" | "/metrics") {
            tracing::debug!(%method, path, status, millis, "answered");
        } else {
            tracing::info!(%method, path, status, millis, "answered");
        }
        response
    }

    /// With CORS headers, whatever the answer.
    async fn shared(&self, request: Request, method: &Method, path: &str) -> Response {
        let asking = Cors::asking(request.headers());
        let mut response = if path.contains("//") {
            options_and_allow(self.merge_slashes(request).await, method)
        } else {
            let Ok(answer) = self.routes.clone().oneshot(request).await;
            options_and_allow(answer, method)
        };
        self.cors.apply(method, path, &asking, response.headers_mut());
        response
    }

    /// A double slash inside a path redirects to the path without it, as in the original: where that is one of ours, and
    /// takes the method.
    async fn merge_slashes(&self, request: Request) -> Response {
        // once, as the original: of three slashes two remain, and that is no path
        let single = request.uri().path().replace("//", "/");
        // no handler takes `OPTIONS`: the answer tells which methods there are
        let mut asked = Request::new(Body::empty());
        *asked.method_mut() = Method::OPTIONS;
        match single.parse() {
            Ok(uri) => *asked.uri_mut() = uri,
            Err(_) => return not_found().into_response(),
        }
        let Ok(answer) = self.known.clone().oneshot(asked).await;
        let is_allowed =
            *request.method() == Method::OPTIONS || allowed(&answer).contains(&request.method().as_str());
        if answer.status() != StatusCode::METHOD_NOT_ALLOWED || !is_allowed {
            return answer;
        }
        let host =
            request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        match HeaderValue::from_str(&format!("http://{host}{single}{query}")) {
            Ok(location) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response(),
            Err(_) => not_found().into_response(),
        }
    }
}

/// The methods that `answer` names as allowed.
fn allowed(answer: &Response) -> Vec<&str> {
    let allow = answer.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
    allow.split(',').map(str::trim).filter(|method| !method.is_empty()).collect()
}

/// `//health` and `/%68ealth` are served as `/health`, as in the original, which decodes paths before it matches them.
fn respell_path(request: &mut Request) {
    let uri = request.uri();
    if !uri.path().contains('%') && !uri.path().starts_with("//") {
        return;
    }
    let plain = decode_plain(uri.path());
    let path = if plain.starts_with("//") { format!("/{}", plain.trim_start_matches('/')) } else { plain };
    if path == uri.path() {
        return;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(uri) = format!("{path}{query}").parse() {
        *request.uri_mut() = uri;
    }
}

/// `path` with those escapes decoded that change nothing but its spelling: of RFC 3986's unreserved characters, and of
/// slashes, which end a segment in the original however they are written. All others stay inside their segment; so do the
/// slashes in keys of objects, which are a segment each and no path of the original's.
fn decode_plain(path: &str) -> String {
    let slash_ends_a_segment = !OF_OBJECTS.iter().any(|start| path.starts_with(start));
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let byte = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).map(char::from);
        let is_plain = |c: &char| {
            c.is_ascii_alphanumeric() || {
                matches!(c, '-' | '.' | '_' | '~') || (*c == '/' && slash_ends_a_segment)
            }
        };
        if let Some(c) = byte.filter(is_plain) {
            plain.push(c);
            rest = &after[2..];
        } else {
            plain.push('%');
            rest = after;
        }
    }
    plain + rest
}

/// `OPTIONS` answers 200 with `Allow` on every route, and `Allow` names it.
fn options_and_allow(mut response: Response, method: &Method) -> Response {
    if response.status() == StatusCode::NOT_FOUND {
        // where only some values of a segment are ours, the router does not know that this one is not
        response.headers_mut().remove(header::ALLOW);
    }
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let mut methods = allowed(&response);
    if !methods.contains(&"OPTIONS") {
        methods.push("OPTIONS");
    }
    let allow = HeaderValue::from_str(&methods.join(", "));
    if *method == Method::OPTIONS {
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
    use axum::routing::get;

    use super::*;

    async fn ask(method: &str, path: &str) -> Response {
        let routes = Router::new()
            .route("/health", get(|| async { "well" }))
            .route("/a/b", get(|| async { "b" }))
            .route("/one/{name}", get(|| async { "one" }))
            .route("/objects/{key}/thumbnail", get(|| async { "thumbnail" }));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "h:1")
            .body(Body::empty())
            .unwrap();
        apply(routes, Cors::any(), None, |known| known).oneshot(request).await.unwrap()
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
            ("OPTIONS", "/a//b", 308),
            ("POST", "/a//b", 405),
            ("GET", "/a///b", 404),
            ("GET", "/a//nope", 404),
            ("GET", "/%68ealth", 200),
            ("GET", "/%2Fhealt%68?a=%68", 200),
            ("GET", "/a%2fb", 200),
            ("GET", "/one/a%2Fb", 404),
            ("GET", "/objects/a%2Fb/thumbnail", 200),
            ("GET", "/objects/a%2Fthumbnail", 404),
            ("GET", "/one/%E9%%zz%3F%25%2e%2E", 200),
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
