//! Serves a router on a listener until the process stops, then lets what runs come to its end.

use anyhow::Context;
use axum::{Router, serve::ListenerExt};
use tokio::net::TcpListener;

use crate::{
    cors::Cors,
    shutdown::{DRAIN, Shutdown},
};

/// Turns the routes of a service into what is served: request ids, CORS, errors as JSON, `OPTIONS`, one log line per
/// request. Tests call it too, so that they see what clients see.
pub fn finish(routes: Router, cors: Cors) -> Router {
    finish_with(routes, cors, |routes| routes)
}

/// [`finish`], with something of the service's own before the routes: `around` gets them with their 404s and 405s, and
/// gives back what shall stand in their place.
pub fn finish_with(routes: Router, cors: Cors, around: impl FnOnce(Router) -> Router) -> Router {
    crate::conventions::apply(routes, cors, around)
}

/// Serves `router` until `shutdown`; open requests and background work get at most [`DRAIN`] to end.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(listener: TcpListener, router: Router, shutdown: &Shutdown) -> anyhow::Result<()> {
    // small answers must not wait for an acknowledgement of the previous packet
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    let stopping = shutdown.clone();
    let serving =
        axum::serve(listener, router).with_graceful_shutdown(async move { stopping.stopping().await });
    let late = async {
        shutdown.stopping().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = async { serving.await } => result.context("serve requests")?,
        () = late => tracing::warn!("some requests had not ended in time and were cut off"),
    }
    if !shutdown.drain(DRAIN).await {
        tracing::warn!("some background work had not ended in time; it goes on at the next start");
    }
    Ok(())
}
