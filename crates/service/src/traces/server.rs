//! The span of each request that is answered.

use std::sync::Arc;

use axum::{Router, extract::Request, response::Response};
use client::trace::{self, Context, Kind, TRACEPARENT, Tracer};
use tower::ServiceExt;

/// Asked every few seconds, by whoever watches.
const NOT_TRACED: [&str; 3] = ["/health", "/ready", "/metrics"];

/// Who may say that a request is a part of a trace, and whether that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parents {
    /// Whoever asks.
    Anybody,
    /// Nobody: each request begins a trace of its own.
    Nobody,
}

/// What is served.
struct Traced {
    tracer: Tracer,
    parents: Parents,
    routes: Router,
}

/// Notes each request at `routes` as a span, which ends with the head of the answer; without a tracer nothing changes.
pub fn before(tracer: Option<&Tracer>, parents: Parents, routes: Router) -> Router {
    let Some(tracer) = tracer.cloned() else { return routes };
    let inner = Arc::new(Traced { tracer, parents, routes });
    Router::new().fallback(move |request: Request| answer(Arc::clone(&inner), request))
}

async fn answer(traced: Arc<Traced>, request: Request) -> Response {
    let path = request.uri().path();
    let Traced { tracer, parents, routes } = &*traced;
    if NOT_TRACED.contains(&path) {
        return answered(routes, request).await;
    }
    let given = request.headers().get(TRACEPARENT).filter(|_| *parents == Parents::Anybody);
    let parent = given.and_then(|text| text.to_str().ok()).and_then(Context::parse);
    let span = tracer.start(Kind::Server, "request", parent);
    span.active().set("http.request.method", request.method().as_str());
    span.active().set("url.path", path);
    let response = trace::scope(Some(span.active().clone()), answered(routes, request)).await;
    span.active().answered(response.status().as_u16());
    response
}

async fn answered(routes: &Router, request: Request) -> Response {
    let Ok(answer) = routes.clone().oneshot(request).await;
    answer
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::StatusCode, routing::get};
    use client::trace::{Sampler, Span, Value};

    use super::*;
    use crate::{Metrics, cors::Cors, serve::finish_measured};

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /// What one request leaves.
    async fn spans_of(parents: Parents, path: &str) -> Vec<Span> {
        let routes = Router::new()
            .route("/health", get(|| async { "well" }))
            .route("/images/{id}", get(|| async { "one" }))
            .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }));
        let (tracer, mut spans) = Tracer::new(Sampler::default(), 8);
        let served = finish_measured(routes, Cors::any(), &Metrics::new("test"), |routes| routes);
        let request = Request::builder().uri(path).header(TRACEPARENT, GIVEN).body(Body::empty()).unwrap();
        before(Some(&tracer), parents, served).oneshot(request).await.unwrap();
        std::iter::from_fn(|| spans.try_recv().ok()).collect()
    }

    fn text(text: &str) -> Value {
        Value::from(text)
    }

    #[tokio::test]
    async fn a_request_is_named_after_its_route_and_its_query_is_nobodys_business() {
        let spans = spans_of(Parents::Anybody, "/images/7?signature=canary").await;
        let [span] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!(
            (&*span.name, span.parent, &span.failure),
            ("GET /images/{id}", Some(0x00f0_67aa_0ba9_02b7), &None)
        );
        let expected = [
            ("http.request.method", text("GET")),
            ("url.path", text("/images/7")),
            ("http.route", text("/images/{id}")),
            ("http.response.status_code", Value::Number(200)),
        ];
        assert_eq!(span.attributes, expected);
    }

    #[tokio::test]
    async fn a_stranger_chooses_no_trace() {
        let spans = spans_of(Parents::Nobody, "/nothing/here").await;
        assert_eq!((&*spans[0].name, spans[0].parent), ("GET other", None));
        assert!(!GIVEN.contains(&format!("{:032x}", spans[0].context.trace_id)));
    }

    #[tokio::test]
    async fn what_the_service_could_not_do_has_failed_and_probes_are_not_noted() {
        assert!(spans_of(Parents::Anybody, "/broken").await[0].failure.is_some());
        assert_eq!(spans_of(Parents::Anybody, "/health").await, []);
    }
}
