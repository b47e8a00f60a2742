//! Serves a router on a listener until the process stops, then lets what runs come to its end.

mod connections;
mod descriptors;
mod limits;
mod seats;
mod unread;
mod watched;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::header,
    response::Response,
    serve::{Listener, ListenerExt},
};
use futures::StreamExt;
use tokio::{net::TcpListener, time::Instant};
use tower::util::MapResponse;

pub use self::limits::Limits;
use crate::{
    Metrics,
    cors::Cors,
    shutdown::{DRAIN, Shutdown},
};

/// The address that a request came from, in its extensions where [`Limits::names_peer`] is set. It may be a proxy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Turns the routes of a service into what is served: request ids, CORS, errors as JSON, `OPTIONS`, one log line per
/// request. Tests call it too, so that they see what clients see.
pub fn finish(routes: Router, cors: Cors) -> Router {
    finish_with(routes, cors, |routes| routes)
}

/// [`finish`], with something of the service's own before the routes: `around` gets them with their 404s and 405s, and
/// gives back what shall stand in their place.
pub fn finish_with(routes: Router, cors: Cors, around: impl FnOnce(Router) -> Router) -> Router {
    crate::conventions::apply(routes, cors, None, around)
}

/// [`finish_with`], with `/metrics` and every request counted there.
pub fn finish_measured(
    routes: Router,
    cors: Cors,
    metrics: &Metrics,
    around: impl FnOnce(Router) -> Router,
) -> Router {
    crate::conventions::apply(routes, cors, Some(metrics), around)
}

/// Serves `router` until `shutdown`; open requests and background work get at most [`DRAIN`] to end.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(listener: TcpListener, router: Router, shutdown: &Shutdown) -> anyhow::Result<()> {
    serve_within(Limits::default(), listener, router, shutdown).await
}

/// [`serve`], with limits of the caller's own.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    router: Router,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    // small answers must not wait for an acknowledgement of the previous packet
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    serve_until(listener, router, limits, shutdown, DRAIN).await
}

/// [`serve`], on a listener of the caller's own kind.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve_on<L>(listener: L, router: Router, shutdown: &Shutdown) -> anyhow::Result<()>
where
    L: Listener<Addr = SocketAddr>,
{
    serve_until(listener, router, Limits::default(), shutdown, DRAIN).await
}

/// [`serve`], with `limit` for all that is open once stopping begins.
async fn serve_until<L>(
    listener: L,
    router: Router,
    limits: Limits,
    shutdown: &Shutdown,
    limit: Duration,
) -> anyhow::Result<()>
where
    L: Listener<Addr = SocketAddr>,
{
    let (stopping, ending) = (shutdown.clone(), shutdown.clone());
    // no layer of axum's, which copies its layers for every request
    let service = MapResponse::new(router, move |response: Response| end_events(&ending, response));
    let serving = connections::serve(listener, service, limits, stopping.stopping());
    let mut deadline = None;
    let late = async {
        shutdown.stopping().await;
        tokio::time::sleep_until(*deadline.insert(Instant::now() + limit)).await;
    };
    tokio::select! {
        () = serving => {}
        () = late => tracing::warn!("some requests had not ended in time and were cut off"),
    }
    // requests and background work share one time
    let left = deadline.map_or(limit, |deadline| deadline.saturating_duration_since(Instant::now()));
    if !shutdown.drain(left).await {
        tracing::warn!("some background work had not ended in time; it goes on at the next start");
    }
    Ok(())
}

/// Event streams end when stopping begins: they have no end of their own, and their clients come back by themselves.
fn end_events(shutdown: &Shutdown, response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return response;
    }
    let shutdown = shutdown.clone();
    response.map(|body| {
        let stopping = async move { shutdown.stopping().await };
        Body::from_stream(body.into_data_stream().take_until(Box::pin(stopping)))
    })
}

#[cfg(test)]
mod tests;
