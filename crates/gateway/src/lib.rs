//! The front door: everything under `/api` goes on to the service that owns it, bytes through.
//!
//! It owns no data and changes none: it decides which paths exist for the outside, checks the one body that starts an
//! import, bounds silence, answers CORS, and serves the files of the web UI. It calls import, metadata and storage,
//! and never the worker.

mod access;
mod answer;
mod app;
mod backend;
mod body;
mod config;
mod cross_site;
mod events;
mod forward;
mod headers;
mod json;
mod limits;
mod openapi;
mod pages;
mod routes;
mod target;

pub use app::App;
pub use config::Config;

use std::sync::Arc;

use axum::Router;
use service::{
    Shutdown, health,
    health::Dependencies,
    traces::{self, Parents, Traces},
};
use tokio::net::TcpListener;

/// The name in `/health`.
pub const NAME: &str = "api-gateway";

/// Serves the gateway on `listener` until `shutdown`.
///
/// # Errors
/// When the listener fails for good.
pub async fn run(listener: TcpListener, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let is_for_this_computer = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    if config.api_token.is_none() && !is_for_this_computer {
        tracing::warn!("API_TOKEN is not set: whoever reaches this port may import, and delete images");
    }
    let connections = config.limits.connections;
    // a stranger chooses no trace: where proxies stand before us, the outermost drops what a client says, as those of deploy/ do
    let parents = if config.limits.trusted_proxies.are_there() { Parents::Anybody } else { Parents::Nobody };
    let collector = config.traces.clone();
    let app = App::build(config);
    app.metrics.keep(&shutdown);
    let traces = Traces::start(collector, NAME, &app.metrics, &shutdown);
    app.metrics.has_event_streams();
    let metrics = app.metrics.clone();
    let served = traces::before(traces.tracer(), parents, router(app));
    let ended =
        service::serve::serve_measured_within(connections, &metrics, listener, served, &shutdown).await;
    traces.finish().await;
    ended
}

/// Everything that the gateway answers.
pub fn router(mut app: App) -> Router {
    let needs = Dependencies::none()
        .with_service("import-service", app.import.hop.base())
        .with_service("metadata-service", app.metadata.hop.base())
        .with_service("storage-service", app.storage.hop.base());
    let (cors, pages, access) = (app.cors.clone(), app.pages.clone(), app.access.take());
    let (metrics, limits) = (app.metrics.clone(), Arc::clone(&app.limits));
    // the state of routes is copied for every request
    let routes = routes::api().with_state(Arc::new(app)).merge(health::routes(NAME, needs));
    service::serve::finish_measured(routes, cors, &metrics, |routes| {
        let routes = access::before(access, limits::before_all(&limits, routes));
        limits::before(&limits, pages::before(pages, routes))
    })
}
