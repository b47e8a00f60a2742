//! What a client may take of the gateway, and all of them together: requests per minute, open streams of events, bodies.
//! Requests about the gateway's own health are never limited.

mod address;
mod rates;
mod streams;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::Method,
    response::{IntoResponse, Response},
};
use service::ApiError;
use tower::ServiceExt;

use self::streams::Stream;
use self::{address::Clients, rates::Rates, streams::Streams};
use crate::config;

/// What is asked about the gateway itself.
const OF_HEALTH: [&str; 3] = ["/health", "/ready", "/metrics"];

/// The limits, and what was taken so far.
#[derive(Debug)]
pub(crate) struct Limits {
    clients: Clients,
    all: Rates,
    imports: Rates,
    streams: Streams,
    /// Within which a body must have come.
    pub(crate) body_time: Duration,
    /// The longest body, in bytes.
    pub(crate) body_bytes: usize,
}

impl Limits {
    /// Nothing is taken yet.
    pub(crate) fn new(settings: &config::Limits) -> Self {
        Self {
            clients: Clients { trusted_proxies: settings.trusted_proxies },
            all: Rates::new(settings.all, "requests"),
            imports: Rates::new(settings.imports, "imports"),
            streams: Streams::new(settings.events_per_client),
            body_time: settings.body_time,
            body_bytes: settings.body_bytes,
        }
    }

    /// Who asks, as far as limits go.
    pub(crate) fn client(&self, request: &Request) -> IpAddr {
        self.clients.address(request.extensions(), request.headers())
    }

    /// A place for a stream of events of `client`.
    pub(crate) fn stream(&self, client: IpAddr) -> Result<Stream, ApiError> {
        self.streams.open(client)
    }

    fn check(&self, request: &Request) -> Result<(), ApiError> {
        // who asks before a request cannot be told to wait: browsers take that for a refusal
        if *request.method() == Method::OPTIONS || OF_HEALTH.contains(&request.uri().path()) {
            return Ok(());
        }
        self.all.check(self.client(request))
    }

    fn check_import(&self, request: &Request) -> Result<(), ApiError> {
        let is_import = is_import(request.method(), request.uri().path());
        if is_import { self.imports.check(self.client(request)) } else { Ok(()) }
    }
}

/// What makes work at Google Drive.
fn is_import(method: &Method, path: &str) -> bool {
    let Some(what) = path.strip_prefix("/api/import/") else { return false };
    *method == Method::POST
        && (matches!(what, "google-drive" | "preview")
            || (what.starts_with("jobs/") && what.ends_with("/retry")))
}

/// Puts the rate of all requests before `routes`; without one, nothing changes.
pub(crate) fn before(limits: &Arc<Limits>, routes: Router) -> Router {
    if limits.all.is_off() { routes } else { checked(limits, Limits::check, routes) }
}

/// Puts the rate of imports before `routes`; without one, nothing changes. Behind the check of who may import: whoever may
/// not must not use it up.
pub(crate) fn before_imports(limits: &Arc<Limits>, routes: Router) -> Router {
    if limits.imports.is_off() { routes } else { checked(limits, Limits::check_import, routes) }
}

type Check = fn(&Limits, &Request) -> Result<(), ApiError>;

fn checked(limits: &Arc<Limits>, check: Check, routes: Router) -> Router {
    let limited = Arc::new((Arc::clone(limits), routes));
    Router::new().fallback(move |request: Request| answer(Arc::clone(&limited), check, request))
}

async fn answer(limited: Arc<(Arc<Limits>, Router)>, check: Check, request: Request) -> Response {
    let (limits, routes) = &*limited;
    match check(limits, &request) {
        Ok(()) => {
            let Ok(answer) = routes.clone().oneshot(request).await;
            answer
        }
        Err(refused) => refused.into_response(),
    }
}

#[cfg(test)]
mod tests;
