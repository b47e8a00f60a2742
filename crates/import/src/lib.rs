//! The import service: owns jobs. It reads folder links, lists folders through Google Drive, hands images to the
//! worker in batches, takes their outcomes, and says where each job is.
//!
//! Calls Google Drive, the worker, and, to tell which images are known, metadata. Never touches images, objects or their
//! rows.

mod config;

mod app;
mod check;
mod routes;

mod folder_url;

mod diagnosis;
mod known;
mod listing;
mod preview;
mod retry;

mod dispatch;
mod instance;
mod runner;
mod spans;
mod upkeep;
mod wakeups;

mod csv;
mod feeds;
mod sse;
mod view;

mod clock;
mod count;
mod entry;
mod file_state;
mod job;
mod numbers;
mod outcomes;
mod too_many_images;

mod store;

pub use app::App;
pub use check::check;
pub use config::Config;

use service::{
    Shutdown,
    cors::Cors,
    health, inside,
    traces::{self, Parents},
};
use tokio::net::TcpListener;

/// Name in `/health`.
pub const NAME: &str = "import-service";

/// Serves until `shutdown`. Jobs that an earlier process left unfinished go on.
///
/// # Errors
/// When the job store cannot be opened, or the listener fails for good.
pub async fn run(listener: TcpListener, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let app = App::build(config, shutdown.clone()).await?;
    shutdown.spawn(runner::supervise(app.clone()));
    shutdown.spawn(upkeep::run(app.clone()));
    let routes = routes::router(app.clone()).merge(health::routes(NAME, app.dependencies()));
    let token = app.config.internal_token.clone();
    let served = service::serve::finish_measured(routes, Cors::any(), &app.metrics, |routes| {
        inside::before(token, routes)
    });
    let served = traces::before(app.traces.tracer(), Parents::Anybody, served);
    let ended = service::serve::serve_measured(&app.metrics, listener, served, &shutdown).await;
    app.traces.finish().await;
    ended
}
