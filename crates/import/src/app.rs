//! Everything that a request or a running job needs, wired once.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use client::{metadata, worker};
use service::{Metrics, Shutdown, health::Dependencies, metrics::CountedDrive, redis::Redis, traces::Traces};
use tokio::sync::OnceCell;

use crate::{
    Config,
    feeds::Feeds,
    instance::Instance,
    known::Known,
    numbers::Numbers,
    store::{self, Lease, Store},
    wakeups::Wakeups,
};

/// How long another service may be silent on an open call.
const SERVICE_TIMEOUT: Duration = Duration::from_secs(30);

/// The service without its listener. Clones are one.
#[derive(Debug, Clone)]
pub struct App {
    /// Settings.
    pub(crate) config: Arc<Config>,
    /// Jobs.
    pub(crate) store: Store,
    /// Google Drive.
    pub(crate) drive: CountedDrive,
    /// The worker.
    pub(crate) worker: worker::Client,
    /// Metadata, for previews.
    pub(crate) metadata: metadata::Client,
    /// Metadata, for listings.
    pub(crate) known: Known,
    /// This process among those that share the store.
    pub(crate) instance: Arc<Instance>,
    /// Set once the jobs of an earlier process under the same name are free.
    predecessor_is_gone: Arc<OnceCell<()>>,
    /// Jobs that run here, and how to wake them.
    pub(crate) wakeups: Wakeups,
    /// Jobs that are watched here.
    pub(crate) feeds: Feeds,
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
    /// Opens the job store and makes the clients. Nothing is called yet.
    ///
    /// # Errors
    /// When the job store cannot be opened.
    pub async fn build(config: Config, shutdown: Shutdown) -> anyhow::Result<Self> {
        let data_dir = &config.data_dir;
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("create DATA_DIR {}", data_dir.display()))?;
        let store = open_store(&config).await?;
        let instance = Arc::new(Instance::take(data_dir));
        if config.google_api_key.is_none() {
            tracing::warn!("GOOGLE_API_KEY is not set: every import will be refused until it is");
        }
        let calls = || (SERVICE_TIMEOUT, config.internal_token.clone());
        let metadata = metadata::Client::new(config.metadata_url.clone(), calls());
        let metrics = Metrics::start(crate::NAME, &shutdown);
        let traces = Traces::start(config.traces.clone(), crate::NAME, &metrics, &shutdown);
        if let Store::Sqlite(store) = &store {
            let store = store.clone();
            metrics.pool("database", move || store.readers_in_use());
        }
        Ok(Self {
            drive: CountedDrive::new(
                config.drive_url.clone(),
                config.google_api_key.clone(),
                metrics.clone(),
            ),
            worker: worker::Client::new(config.worker_url.clone(), calls()),
            known: Known::new(metadata.clone()),
            metadata,
            numbers: Numbers::new(&metrics, &store),
            config: Arc::new(config),
            store,
            instance,
            predecessor_is_gone: Arc::default(),
            wakeups: Wakeups::default(),
            feeds: Feeds::default(),
            metrics,
            traces,
            shutdown,
        })
    }

    /// What `/ready` asks.
    pub(crate) fn dependencies(&self) -> Dependencies {
        let store = self.store.clone();
        let has_key = self.config.google_api_key.is_some();
        let durable = self.store.clone();
        let mut needs = Dependencies::none().with("job-store", move || {
            let store = store.clone();
            async move { store.check_writable().await.map_err(|_| "cannot be written".to_owned()) }
        });
        if self.config.redis_url.is_some() {
            needs = needs.with("redis", move || {
                let store = durable.clone();
                async move { store.check_durable().await }
            });
        }
        needs
            .with("google-api-key", move || async move {
                if has_key { Ok(()) } else { Err("GOOGLE_API_KEY is not set".to_owned()) }
            })
            .with_service("worker-service", &self.config.worker_url)
    }

    /// What this process holds a job with. Before the first one, the jobs of the process before it are freed: later,
    /// that would free its own.
    ///
    /// # Errors
    /// While the store is away.
    pub(crate) async fn lease(&self) -> Result<Lease, store::Error> {
        let owner = self.instance.name();
        self.predecessor_is_gone.get_or_try_init(|| self.store.release_all(owner)).await?;
        Ok(Lease { owner: owner.to_owned(), length: crate::runner::LEASE })
    }
}

/// Redis if there is one, which may be down; else a file.
async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let file = config.data_dir.join("import.db");
    if let Some(url) = &config.redis_url {
        if file.exists() {
            tracing::info!("jobs are kept in Redis; those of DATA_DIR go on only where REDIS_URL is not set");
        }
        return Ok(Store::in_redis(Redis::new(url).context("read REDIS_URL")?));
    }
    Store::open_sqlite(&file).await.with_context(|| format!("open the job store {}", file.display()))
}
