//! The metadata service. It owns the `images` table, in MySQL or SQLite, and the decision that an object may go: one
//! transaction drops or re-points a row and notes the object that no row names any more; a loop then has the storage
//! service delete it. It calls the storage service (`/delete`) and nothing else.

mod app;
mod check;
mod config;
mod cursor;
mod database;
mod filters;
mod listing;
mod names;
mod new_image;
mod readings;
mod release;
mod routes;
mod search;
mod store;
mod tally;
mod tracking;
mod urls;

use anyhow::Context;
use axum::Router;
use service::{
    Shutdown,
    cors::Cors,
    inside,
    traces::{self, Parents},
};
use tokio::net::TcpListener;

pub use app::App;
pub use check::{check, check_settings};
pub use config::{Config, Database, MySql, ReleaseTimes};

/// The name in `/health`.
pub const NAME: &str = "metadata-service";

/// Serves until `shutdown`. A database that is down at start is waited for.
///
/// # Errors
/// When the listener fails for good.
pub async fn run(listener: TcpListener, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let app = App::build(config, &shutdown);
    let (traces, metrics) = (app.traces.clone(), app.metrics.clone());
    let ended = service::serve::serve_measured(&metrics, listener, served(app), &shutdown).await;
    traces.finish().await;
    ended.context("serve the metadata service")
}

/// Everything that is served, as clients see it.
pub fn served(app: App) -> Router {
    let health = service::health::routes(NAME, app.dependencies());
    let (token, metrics, traces) = (app.internal_token.clone(), app.metrics.clone(), app.traces.clone());
    let routes = routes::router(app).merge(health);
    let routes = service::serve::finish_measured(routes, Cors::any(), &metrics, |routes| {
        inside::before(token, routes)
    });
    traces::before(traces.tracer(), Parents::Anybody, routes)
}
