//! What a client may take of the gateway, and all of them together: requests per minute, open streams of events, bodies.
//! Only the API is limited: not what is asked about the gateway's health, and not the web page.
//!
//! First comes the rate of each client, then the check of who may do what, then the rates of all together: so neither
//! strangers without the token nor a client that asks too often can use up what all share.

mod address;
mod budgets;
mod rates;
mod streams;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, extract::Request, http::Method, response::Response};
use service::ApiError;
use tower::ServiceExt;

use self::streams::Stream;
use self::{address::Clients, rates::Rates, streams::Streams};
use crate::{access::is_api, body::Memory, config, events};

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
    /// What bodies share.
    pub(crate) memory: Memory,
}

impl Limits {
    /// Nothing is taken yet.
    pub(crate) fn new(settings: &config::Limits) -> Self {
        Self {
            clients: Clients { trusted_proxies: settings.trusted_proxies.clone() },
            all: Rates::new(settings.all, "requests"),
            imports: Rates::new(settings.imports, "imports"),
            streams: Streams::new(settings.events_per_client),
            body_time: settings.body_time,
            body_bytes: settings.body_bytes,
            memory: Memory::for_bodies_of(settings.body_bytes),
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

    /// The rate of the one who asks.
    fn check_client(&self, request: &Request) -> Result<(), ApiError> {
        if is_limited(request) { self.all.check_client(self.client(request)) } else { Ok(()) }
    }

    /// The rates of all together, and those of imports; behind the check of who may do what.
    fn check_all(&self, request: &Request) -> Result<(), ApiError> {
        if !is_limited(request) {
            return Ok(());
        }
        let is_import = is_import(request.method(), request.uri().path());
        if is_import {
            self.imports.check_client(self.client(request))?;
        }
        let together = || if is_import { self.imports.check_all() } else { Ok(()) };
        let checked = self.all.check_all().and_then(|()| together());
        if is_import && checked.is_err() {
            self.imports.give_back(self.client(request));
        }
        checked
    }
}

/// Who asks before a request cannot be told to wait: browsers take that for a refusal.
fn is_limited(request: &Request) -> bool {
    *request.method() != Method::OPTIONS && is_api(request.uri().path())
}

/// What makes work at Google Drive.
fn is_import(method: &Method, path: &str) -> bool {
    let Some(what) = path.strip_prefix("/api/import/") else { return false };
    *method == Method::POST
        && (matches!(what, "google-drive" | "preview")
            || (what.starts_with("jobs/") && what.ends_with("/retry")))
}

/// Puts the rate of each client before `routes`; without one, nothing changes.
pub(crate) fn before(limits: &Arc<Limits>, routes: Router) -> Router {
    if limits.all.spare_clients() { routes } else { checked(limits, Limits::check_client, routes) }
}

/// Puts the rates of all together, and those of imports, before `routes`; without any, nothing changes.
pub(crate) fn before_all(limits: &Arc<Limits>, routes: Router) -> Router {
    let Limits { all, imports, .. } = &**limits;
    let is_off = all.spare_all() && imports.spare_all() && imports.spare_clients();
    if is_off { routes } else { checked(limits, Limits::check_all, routes) }
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
        Err(refused) => events::told_to_wait(&request, refused),
    }
}

#[cfg(test)]
mod tests;
