//! The storage service: owns the objects in the bucket, and the only credentials to it.
//!
//! The worker sends it images; metadata tells it which objects may go. It calls S3 and nobody else. Read
//! [`upload`] first: how a body becomes an object that is either whole and verified, or not there.

mod config;

mod app;
mod check;
mod routes;
mod upload_body;

mod bucket;
mod budget;
mod content;
mod digest;
mod disposition;
mod escape;
mod guard;
mod object_key;
mod object_url;
mod probe;
mod sniff;
mod sweep;
mod thumbnail;
mod upload;

use service::{
    Shutdown,
    cors::Cors,
    health::Dependencies,
    inside,
    traces::{self, Parents, Traces},
};
use tokio::net::TcpListener;

pub use app::App;
pub use check::check;
pub use config::{AccessKey, BucketConfig, Config, Limits, ObjectAcl, RequestChecksums, ThumbnailConfig};
pub use thumbnail::{COMMAND as THUMBNAILER, thumbnailer};

/// The name in `/health`.
pub const NAME: &str = "storage-service";

/// Serves on `listener` until `shutdown`. A bucket that is missing or out of reach is told by `/ready` and by uploads.
///
/// # Errors
/// When the listener fails for good.
pub async fn run(listener: TcpListener, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let app = App::build(config, shutdown.clone()).await;
    if let Some(bucket) = app.bucket.clone() {
        shutdown.spawn(sweep::run(bucket, shutdown.clone()));
    } else {
        tracing::warn!("{}", app::NO_BUCKET);
    }
    if let Some(thumbnails) = app.thumbnails.clone() {
        shutdown.spawn(thumbnails.tidy());
    }
    let probed = app.clone();
    let needs = Dependencies::none().with("s3", move || {
        let app = probed.clone();
        async move { app.probe().await }
    });
    let (token, metrics) = (app.config.internal_token.clone(), app.metrics.clone());
    let traces = Traces::start(app.config.traces.clone(), NAME, &metrics, &shutdown);
    let routes = routes::router(app).merge(service::health::routes(NAME, needs));
    let served = service::serve::finish_measured(routes, Cors::any(), &metrics, |routes| {
        inside::before(token, routes)
    });
    let served = traces::before(traces.tracer(), Parents::Anybody, served);
    let ended = service::serve::serve_measured(&metrics, listener, served, &shutdown).await;
    traces.finish().await;
    ended
}
