//! The worker service: owns tasks, one image each.
//!
//! It takes batches of files from the import service and writes them down; downloads each from Google Drive, streams
//! it to the storage service, has the metadata service write its row, and reports every outcome to the import service,
//! its only call back. It holds no bucket credentials and no database of images. To see what happens to one image, read
//! `pipeline`; to see what becomes of one that fails, `outcome`.

mod app;
mod config;
mod routes;

mod listing;
mod task;

mod hold;
mod queue;
mod runner;

mod pipeline;
mod single;

mod download;
mod record;
mod upload;

mod numbers;
mod outcome;
mod pacer;
mod report;
mod spans;
mod trouble;

use anyhow::Context;
use service::{
    Shutdown,
    cors::Cors,
    inside,
    traces::{self, Parents},
};
use tokio::net::TcpListener;

pub use app::App;
pub use config::{Config, UploadMode};

/// The name in `/health`.
pub const NAME: &str = "worker-service";

/// Serves the worker on `listener` until `shutdown`; what runs then is finished, or left for the next start.
///
/// # Errors
/// When the task queue cannot be opened, or the listener fails for good.
pub async fn run(listener: TcpListener, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let app = App::start(&config, shutdown.clone()).await.context("open the task queue in DATA_DIR")?;
    let health = service::health::routes(NAME, app.dependencies.clone());
    let (queue, metrics, traces) = (app.queue.clone(), app.metrics.clone(), app.traces.clone());
    let routes = routes::router(app).merge(health);
    let token = config.internal_token;
    let routes = service::serve::finish_measured(routes, Cors::any(), &metrics, |routes| {
        inside::before(token, routes)
    });
    let routes = traces::before(traces.tracer(), Parents::Anybody, routes);
    let served = service::serve::serve_measured(&metrics, listener, routes, &shutdown).await;
    queue.close().await;
    traces.finish().await;
    served
}
