//! Serves a router on a listener until the process stops, then lets what runs come to its end.

mod connection;
mod connections;
mod counts;
mod descriptors;
mod framing;
mod limits;
mod listen;
mod reasons;
mod refusal;
mod room;
mod seat;
mod seats;
mod unread;
mod watched;

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
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

use self::counts::Counts;
pub use self::{limits::Limits, listen::listen};
use crate::{
    Metrics,
    cors::Cors,
    shutdown::{DRAIN, Shutdown},
};

/// The address that a request came from, in its extensions where [`Limits::names_peer`] is set. It may be a proxy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Of an IPv6 address, what tells one customer from another.
const NETWORK: u128 = !(u64::MAX as u128);

/// Whose connection or request it is: an IPv4 address, or the network of an IPv6 address, all of which one customer has.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address @ IpAddr::V4(_) => address,
    }
}

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
    serve_until(settling(listener), router, limits, Counts::default(), shutdown, DRAIN).await
}

/// [`serve`], with the connections counted in `metrics`.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve_measured(
    metrics: &Metrics,
    listener: TcpListener,
    router: Router,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    serve_measured_within(Limits::default(), metrics, listener, router, shutdown).await
}

/// [`serve_measured`], with limits of the caller's own.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve_measured_within(
    limits: Limits,
    metrics: &Metrics,
    listener: TcpListener,
    router: Router,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    serve_until(settling(listener), router, limits, Counts::of(metrics), shutdown, DRAIN).await
}

fn settling(listener: TcpListener) -> impl Listener<Addr = SocketAddr> {
    listener.tap_io(|socket| listen::settle(socket))
}

/// [`serve`], on a listener of the caller's own kind.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve_on<L>(listener: L, router: Router, shutdown: &Shutdown) -> anyhow::Result<()>
where
    L: Listener<Addr = SocketAddr>,
{
    serve_until(listener, router, Limits::default(), Counts::default(), shutdown, DRAIN).await
}

/// [`serve`], with `limit` for all that is open once stopping begins.
async fn serve_until<L>(
    listener: L,
    router: Router,
    limits: Limits,
    counts: Counts,
    shutdown: &Shutdown,
    limit: Duration,
) -> anyhow::Result<()>
where
    L: Listener<Addr = SocketAddr>,
{
    let (stopping, ending) = (shutdown.clone(), shutdown.clone());
    // no layer of axum's, which copies its layers for every request
    let service = MapResponse::new(router, move |response: Response| end_events(&ending, response));
    let serving = connections::serve(listener, service, limits, counts, stopping.stopping());
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
    if !is_events(&response) {
        return response;
    }
    let shutdown = shutdown.clone();
    response.map(|body| {
        let stopping = async move { shutdown.stopping().await };
        Body::from_stream(body.into_data_stream().take_until(Box::pin(stopping)))
    })
}

fn is_events<B>(response: &http::Response<B>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map_or(&[][..], |kind| kind.as_bytes());
    kind.starts_with(b"text/event-stream")
}

#[cfg(test)]
mod tests;
