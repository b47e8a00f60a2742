//! Accepts connections and answers what comes on them, in HTTP/1.1. Axum's own way of doing so does not let its buffers
//! be bounded.

use std::{convert::Infallible, pin::pin};

use axum::{extract::Request, response::Response, serve::Listener};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tower::{Service, ServiceExt as _};

use super::unread;

/// Bytes that are read from a connection at once, and kept for it while its client takes none. Large bodies pass in
/// pieces of this size, so that memory is bounded by the number of connections; larger pieces are not faster.
const BUFFER_BYTES: usize = 64 * 1024;

/// Answers with `service` until `stopping`; then every connection may end what it is at.
pub(super) async fn serve<L, S>(mut listener: L, service: S, stopping: impl Future<Output = ()>)
where
    L: Listener,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut http = http1::Builder::new();
    http.max_buf_size(BUFFER_BYTES);
    let open = GracefulShutdown::new();
    let mut stopping = pin!(stopping);
    loop {
        let (socket, _) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopping => break,
        };
        let service = service.clone();
        let answer = service_fn(move |request: http::Request<Incoming>| {
            service.clone().oneshot(unread::may_be_left(request))
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(socket), answer));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(error = %error, "a connection broke");
            }
        });
    }
    drop(listener);
    open.shutdown().await;
}
