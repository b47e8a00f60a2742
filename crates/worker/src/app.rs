//! The worker put together.

use std::time::Duration;

use client::{import, metadata, storage};
use service::{Metrics, Shutdown, health::Dependencies, metrics::CountedDrive, traces::Traces};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    download::Source,
    numbers::Numbers,
    pacer::Pacer,
    pipeline::Pipeline,
    queue::{Queue, QueueError},
    report::Reporter,
    runner::Runner,
    spans::Spans,
    upload::Uploader,
};

/// How long the metadata service may take to answer.
const METADATA: Duration = Duration::from_secs(30);
/// The same for the import service.
const IMPORT: Duration = Duration::from_secs(10);
/// The same for small calls to the storage service.
const STORAGE: Duration = Duration::from_secs(60);
/// An upload is answered only after its last byte, whenever that is; silence is watched for elsewhere.
const UPLOAD: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What every route needs. Clones are one.
#[derive(Debug, Clone)]
pub struct App {
    /// Tasks, written down.
    pub(crate) queue: Queue,
    /// Runs tasks.
    pub(crate) runner: Runner,
    /// Tells the import service.
    pub(crate) reporter: Reporter,
    /// Imports one image.
    pub(crate) pipeline: Pipeline,
    /// What `/ready` asks.
    pub(crate) dependencies: Dependencies,
    /// What is counted, for `/metrics`.
    pub(crate) metrics: Metrics,
    /// What is told of single steps, if anybody wants it.
    pub(crate) traces: Traces,
    /// Of the work.
    pub(crate) numbers: Numbers,
    /// When to stop.
    pub(crate) shutdown: Shutdown,
}

impl App {
    /// Opens the queue and starts working on what is in it.
    ///
    /// # Errors
    /// When the queue's file cannot be opened.
    pub async fn start(config: &Config, shutdown: Shutdown) -> anyhow::Result<Self> {
        let app = Self::build(config, shutdown).await?;
        let ended = CancellationToken::new();
        let (runner, reporter, shutdown) = (&app.runner, &app.reporter, &app.shutdown);
        shutdown.spawn(runner.clone().run(shutdown.clone(), ended.clone()));
        shutdown.spawn(runner.clone().keep_leases(ended.clone()));
        shutdown.spawn(runner.clone().tell_pauses(shutdown.clone()));
        shutdown.spawn(reporter.clone().run(ended));
        shutdown.spawn(reporter.clone().prune(shutdown.clone()));
        Ok(app)
    }

    async fn build(config: &Config, shutdown: Shutdown) -> Result<Self, QueueError> {
        let queue = Queue::open(&config.data_dir, config.redis_url.as_ref()).await?;
        let pacer = Pacer::new();
        let metrics = Metrics::start(crate::NAME, &shutdown);
        let traces = Traces::start(config.traces.clone(), crate::NAME, &metrics, &shutdown);
        let spans = Spans::new(traces.tracer().cloned());
        let numbers = Numbers::new(metrics.clone());
        numbers.show_queue(&queue);
        numbers.show_pacer(&pacer);
        let drive =
            CountedDrive::new(config.drive_url.clone(), config.google_api_key.clone(), metrics.clone());
        let source = Source::new(drive, config.google_api_key.is_some(), pacer.clone());
        let token = &config.internal_token;
        let storage = storage::Client::new(config.storage_url.clone(), (UPLOAD, token.clone()));
        let uploads = storage::Uploads::new(config.storage_url.clone(), UPLOAD, token.clone());
        let provider = config.storage_provider.clone();
        let pipeline = Pipeline {
            uploader: Uploader::new(source, storage, uploads, provider.clone(), config.upload_mode)
                .with_limit(config.max_image_bytes),
            storage: storage::Client::new(config.storage_url.clone(), (STORAGE, token.clone())),
            metadata: metadata::Client::new(config.metadata_url.clone(), (METADATA, token.clone())),
            provider,
        };
        let import = import::Client::new(config.import_url.clone(), (IMPORT, token.clone()));
        let reporter = Reporter::new(queue.clone(), import, numbers.clone(), spans.clone());
        let runner = Runner::new(
            queue.clone(),
            pipeline.clone(),
            pacer,
            reporter.clone(),
            numbers.clone(),
            spans,
            config.concurrency,
        );
        metrics.pool("image-slots", runner.slots());
        let dependencies = dependencies(config, &queue);
        Ok(Self { queue, runner, reporter, pipeline, dependencies, metrics, traces, numbers, shutdown })
    }
}

fn dependencies(config: &Config, queue: &Queue) -> Dependencies {
    let has_key = config.google_api_key.is_some();
    let queue = queue.clone();
    Dependencies::none()
        .with("google-api-key", move || async move {
            if has_key { Ok(()) } else { Err("GOOGLE_API_KEY is not set".to_owned()) }
        })
        .with(queue.name(), move || {
            let queue = queue.clone();
            async move { queue.check().await }
        })
        .with_service("storage-service", &config.storage_url)
        .with_service("metadata-service", &config.metadata_url)
        .with_service("import-service", &config.import_url)
}
