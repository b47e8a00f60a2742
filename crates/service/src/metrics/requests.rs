//! Requests by route, method and status. The router says which route it was; a handle for each combination is made when it
//! is first seen, so that counting a request makes nothing.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{PoisonError, RwLock},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use ::metrics::{Counter, Histogram};
use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};
use tower::{Layer, Service};

use super::{
    Metrics,
    catalogue::{HTTP_REQUESTS, HTTP_SECONDS},
};
use crate::error::Code;

/// The route of what matches none.
const OTHER: &str = "other";

tokio::task_local! {
    /// The route of the request in hand.
    static ROUTE: Cell<Option<MatchedPath>>;
}

/// The counts of all routes that were asked for.
#[derive(Debug, Default)]
pub(super) struct Requests {
    routes: RwLock<HashMap<Box<str>, OfRoute>>,
}

/// Few enough to be looked through.
struct OfRoute {
    seconds: Histogram,
    counts: Vec<(&'static str, u16, Counter)>,
}

impl std::fmt::Debug for OfRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.counts.iter().map(|(method, status, _)| (method, status))).finish()
    }
}

impl Metrics {
    /// Counts and times the answer to one request.
    pub(crate) async fn measure(&self, method: &Method, answer: impl Future<Output = Response>) -> Response {
        let measured = async {
            let started = Instant::now();
            let response = answer.await;
            let route = ROUTE.with(Cell::take);
            let route = route.as_ref().map_or(OTHER, MatchedPath::as_str);
            crate::traces::note_route(name_of(method), route);
            self.answered(route, name_of(method), response.status().as_u16(), started.elapsed());
            if let Some(Code(code)) = response.extensions().get() {
                self.errors_of(code).increment(1);
            }
            self.counting_streams(response)
        };
        ROUTE.scope(Cell::new(None), measured).await
    }

    fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let routes = &self.inner.requests.routes;
        let seen = routes.read().unwrap_or_else(PoisonError::into_inner);
        if seen.get(route).is_some_and(|of_route| of_route.answered(method, status, took)) {
            return;
        }
        drop(seen);
        let mut seen = routes.write().unwrap_or_else(PoisonError::into_inner);
        let of_route = seen.entry(route.into()).or_insert_with(|| OfRoute {
            seconds: self.histogram(&HTTP_SECONDS, &[route]),
            counts: Vec::new(),
        });
        // somebody else may have been here meanwhile: the registry then gives the same counter again
        let count = self.counter(&HTTP_REQUESTS, &[route, method, &status.to_string()]);
        of_route.counts.push((method, status, count));
        of_route.answered(method, status, took);
    }
}

impl OfRoute {
    /// False when there is no counter yet.
    fn answered(&self, method: &'static str, status: u16, took: Duration) -> bool {
        let known = self.counts.iter().find(|(m, s, _)| *s == status && *m == method);
        if let Some((_, _, count)) = known {
            count.increment(1);
            self.seconds.record(took.as_secs_f64());
        }
        known.is_some()
    }
}

/// A client may send any word as a method.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => OTHER,
    }
}

/// Notes which route a request has found: behind the router that found it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoteRoute;

/// A route that notes that it was found.
#[derive(Debug, Clone)]
pub(crate) struct Noting<S>(S);

impl<S> Layer<S> for NoteRoute {
    type Service = Noting<S>;

    fn layer(&self, inner: S) -> Noting<S> {
        Noting(inner)
    }
}

impl<S: Service<Request>> Service<Request> for Noting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> S::Future {
        if let Some(path) = request.extensions().get::<MatchedPath>() {
            let _ = ROUTE.try_with(|route| route.set(Some(path.clone())));
        }
        self.0.call(request)
    }
}
