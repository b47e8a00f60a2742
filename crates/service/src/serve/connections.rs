//! Accepts connections and answers what comes on them, in HTTP/1.1. Axum's own way of doing so does not let its buffers
//! be bounded, nor its clients be slow.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{extract::Request, response::Response, serve::Listener};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::Semaphore,
    time::timeout,
};
use tower::{Service, ServiceExt as _};

use super::{
    Limits, Peer, descriptors,
    seats::{Holding, Seat, Seats},
    unread,
    watched::{Answer, Watched},
};

/// Bytes that are read from a connection at once, and kept for it while its client takes none. Large bodies pass in
/// pieces of this size, so that memory is bounded by the number of connections; larger pieces are not faster.
const BUFFER_BYTES: usize = 64 * 1024;
/// What a connection too many is told.
const FULL: &str = concat!(
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n",
    "cache-control: no-store\r\nconnection: close\r\ncontent-length: 86\r\n\r\n",
    r#"{"error":"Too many connections are open; try again.","code":"too-many-connections"}"#,
    "  \n",
);
/// How many are told so at once, and how long that may take; others are closed without a word.
const TOLD_AT_ONCE: usize = 64;
const TELLING: Duration = Duration::from_secs(1);

/// Answers with `service` until `stopping`; then every connection may end what it is at.
pub(super) async fn serve<L, S>(
    mut listener: L,
    service: S,
    limits: Limits,
    stopping: impl Future<Output = ()>,
) where
    L: Listener<Addr = SocketAddr>,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let limits = Limits { connections: limits.connections.min(descriptors::most_connections()), ..limits };
    let seats = Arc::new(Seats::new(limits));
    let open = GracefulShutdown::new();
    let serving = Serving { http: builder(&limits), service, open: &open, names_peer: limits.names_peer };
    let told_at_once = Arc::new(Semaphore::new(TOLD_AT_ONCE));
    let (mut stopping, mut watching) = (pin!(stopping), pin!(seats.watch()));
    loop {
        // nothing else here ends: a listener whose accepting is broken off may lose a connection
        let (socket, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut watching => break,
            () = &mut stopping => break,
        };
        if let Some((seat, holding)) = seats.take() {
            serving.spawn(socket, peer, &seat, holding);
        } else if let Ok(permit) = Arc::clone(&told_at_once).try_acquire_owned() {
            tokio::spawn(async move {
                let _ = timeout(TELLING, tell_full(socket)).await;
                drop(permit);
            });
        }
    }
    drop(listener);
    open.shutdown().await;
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.max_buf_size(BUFFER_BYTES).max_header_size(limits.header_bytes.min(BUFFER_BYTES));
    http
}

/// What all connections of a listener share.
struct Serving<'a, S> {
    http: http1::Builder,
    service: S,
    open: &'a GracefulShutdown,
    names_peer: bool,
}

impl<S> Serving<'_, S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    fn spawn<I>(&self, socket: I, peer: SocketAddr, seat: &Arc<Seat>, holding: Holding)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (service, of_requests) = (self.service.clone(), Arc::clone(seat));
        let peer = self.names_peer.then(|| Peer(peer.ip()));
        let answer = service_fn(move |request: http::Request<Incoming>| {
            let (service, seat) = (service.clone(), Arc::clone(&of_requests));
            async move {
                if !seat.begins() {
                    // the connection is about to go, and this with it
                    std::future::pending::<()>().await;
                }
                let mut request = unread::may_be_left(request);
                if let Some(peer) = peer {
                    request.extensions_mut().insert(peer);
                }
                let answer = service.oneshot(request).await?;
                Ok::<_, Infallible>(answer.map(|body| Answer::new(body, seat)))
            }
        });
        let io = TokioIo::new(Watched::new(socket, Arc::clone(seat)));
        let connection = self.open.watch(self.http.serve_connection(io, answer));
        let task = tokio::spawn(async move {
            let _holding = holding;
            if let Err(error) = connection.await {
                tracing::trace!(error = %error, "a connection broke");
            }
        });
        seat.is_held_by(task.abort_handle());
    }
}

/// Says that there is no room. What the client sent is read, or it would find a broken connection in place of this.
async fn tell_full(mut socket: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    socket.write_all(FULL.as_bytes()).await?;
    socket.shutdown().await?;
    let mut unread = [0; 4096];
    while socket.read(&mut unread).await? > 0 {}
    Ok(())
}
