//! Accepts connections and answers what comes on them, in HTTP/1.1. Axum's own way of doing so does not let its buffers
//! be bounded, nor its clients be slow.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    serve::Listener,
};
use client::{http::REQUEST_ID, request_id};
use http::{HeaderValue, header};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
};
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt as _};

use super::{
    Limits, Peer,
    connection::{self, Http},
    counts::Counts,
    descriptors, framing, is_events, network, refusal,
    seat::Seat,
    seats::{Holding, Seats},
    unread,
    watched::Answer,
};
use crate::ApiError;

/// Bytes that are read from a connection at once, and kept for it while its client takes none. Large bodies pass in
/// pieces of this size, so that memory is bounded by the number of connections; larger pieces are not faster.
const BUFFER_BYTES: usize = 64 * 1024;
/// How many are told at once that there is no room; others are closed without a word.
const TOLD_AT_ONCE: usize = 64;

/// Answers with `service` until `stopping`; then every connection may end what it is at.
pub(super) async fn serve<L, S>(
    mut listener: L,
    service: S,
    limits: Limits,
    counts: Counts,
    stopping: impl Future<Output = ()>,
) where
    L: Listener<Addr = SocketAddr>,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let limits = Limits { connections: limits.connections.min(descriptors::most_connections()), ..limits };
    let seats = Arc::new(Seats::new(limits, counts));
    let open = TaskTracker::new();
    let serving = Serving { http: Arc::new(http(&limits)), service, names_peer: limits.names_peer };
    let told_at_once = Arc::new(Semaphore::new(TOLD_AT_ONCE));
    let (mut stopping, mut watching) = (pin!(stopping), pin!(seats.watch()));
    loop {
        // nothing else here ends: a listener whose accepting is broken off may lose a connection
        let (mut socket, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut watching => break,
            () = &mut stopping => break,
        };
        if let Some((seat, holding)) = seats.take(network(peer.ip())) {
            let connection = serving.connection(socket, peer.ip(), Arc::clone(&seat), holding);
            seat.is_held_by(open.spawn(connection).abort_handle());
        } else if let Ok(permit) = Arc::clone(&told_at_once).try_acquire_owned() {
            tokio::spawn(async move {
                refusal::tell(&mut socket, &refusal::full()).await;
                drop(permit);
            });
        }
    }
    drop(listener);
    seats.stop();
    open.close();
    tokio::select! {
        () = open.wait() => {}
        () = &mut watching => {}
    }
}

fn http(limits: &Limits) -> Http {
    let header_bytes = limits.header_bytes.min(BUFFER_BYTES);
    let mut builder = http1::Builder::new();
    builder.max_buf_size(BUFFER_BYTES).max_header_size(header_bytes);
    Http { builder, header_bytes }
}

/// What all connections of a listener share.
struct Serving<S> {
    http: Arc<Http>,
    service: S,
    names_peer: bool,
}

impl<S> Serving<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    fn connection<I>(
        &self,
        socket: I,
        peer: IpAddr,
        seat: Arc<Seat>,
        holding: Holding,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (service, of_requests) = (self.service.clone(), Arc::clone(&seat));
        let peer = self.names_peer.then_some(Peer(peer));
        let answer = service_fn(move |request: http::Request<Incoming>| {
            answer(service.clone(), request, peer, Arc::clone(&of_requests))
        });
        connection::hold(socket, Arc::clone(&self.http), answer, seat, holding)
    }
}

/// One request.
async fn answer<S>(
    service: S,
    request: http::Request<Incoming>,
    peer: Option<Peer>,
    seat: Arc<Seat>,
) -> Result<Response<Answer>, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let Some(number) = seat.begins(!request.body().is_end_stream()) else {
        // the connection is about to go, and this with it
        return std::future::pending().await;
    };
    let answer = if let Some(error) = framing::ambiguity(request.headers()) {
        seat.is_given_up(number);
        refuse(error).await
    } else {
        let mut request = unread::may_be_left(request, &seat, number);
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        service.oneshot(request).await?
    };
    if is_events(&answer) {
        seat.streams_events();
    }
    Ok(answer.map(|body: Body| Answer::new(body, seat)))
}

/// The last answer on its connection.
async fn refuse(error: ApiError) -> Response {
    let id = request_id::accept(None);
    tracing::info!(request_id = %id, status = error.status().as_u16(), "a request was refused: {}", error.message());
    let header = HeaderValue::from_str(&id);
    let mut answer = request_id::scope(id, async { error.into_response() }).await;
    if let Ok(id) = header {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
