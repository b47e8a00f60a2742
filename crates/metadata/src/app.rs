//! What the handlers share.

use std::sync::Arc;

use axum::body::Bytes;
use client::InternalToken;
use service::{Metrics, Shutdown, health::Dependencies, page::Page, traces::Traces};
use tokio::sync::Notify;

use crate::{
    config::{Config, Database},
    database::Connection,
    listing::ListError,
    readings::Readings,
    release,
    store::{Store, StoreError},
    tracking,
    urls::Urls,
};

/// The running service: its database, and the loop that deletes released objects.
#[derive(Debug, Clone)]
pub struct App {
    /// The database, once it answers.
    connection: Connection,
    /// Wakes the release loop.
    released: Arc<Notify>,
    /// Pages of the whole list, as they are read.
    pub(crate) pages: Readings<Page, Result<Bytes, ListError>>,
    /// Says where images are shown.
    pub(crate) urls: Urls,
    /// Whether texts must fit columns of a certain length: those of MySQL, not of SQLite.
    pub(crate) has_column_lengths: bool,
    /// What is counted, for `/metrics`.
    pub(crate) metrics: Metrics,
    /// What is told of single steps, if anybody wants it.
    pub(crate) traces: Traces,
    /// What the other services prove themselves by, if they must.
    pub(crate) internal_token: Option<InternalToken>,
}

impl App {
    /// Starts connecting and the release loop; both end with `shutdown`.
    pub fn build(config: Config, shutdown: &Shutdown) -> Self {
        let has_column_lengths = matches!(config.database, Database::MySql(_));
        let connection = Connection::open(config.database, shutdown);
        let metrics = Metrics::start(crate::NAME, shutdown);
        let traces = Traces::start(config.traces, crate::NAME, &metrics, shutdown);
        let counted = connection.clone();
        metrics
            .pool("database", move || counted.store_now().map_or((0, 0), |store| store.connections_in_use()));
        let released = Arc::new(Notify::new());
        let calls = (release::STORAGE_TIMEOUT, config.internal_token.clone());
        let storage = client::storage::Client::new(config.storage_url, calls);
        let urls = Urls::new(storage.clone(), config.url_signer);
        let releasing = release::run(
            connection.clone(),
            storage,
            config.release,
            Arc::clone(&released),
            shutdown.clone(),
        );
        shutdown.spawn(releasing);
        shutdown.spawn(tracking::run(connection.clone(), shutdown.clone()));
        let (pages, internal_token) = (Readings::default(), config.internal_token);
        Self { connection, released, pages, urls, has_column_lengths, metrics, traces, internal_token }
    }

    /// The store; an error (500 `database-unavailable`) when the database has not answered yet.
    pub(crate) async fn store(&self) -> Result<Store, StoreError> {
        self.connection.store().await
    }

    /// Has the release loop look at once: an object was released.
    pub(crate) fn wake_release(&self) {
        self.released.notify_one();
    }

    /// What `/ready` asks.
    pub(crate) fn dependencies(&self) -> Dependencies {
        let connection = self.connection.clone();
        Dependencies::none().with("database", move || {
            let connection = connection.clone();
            async move {
                let asked = async { connection.store_now()?.ping().await }.await;
                asked.map_err(|error: StoreError| error.in_a_word().to_owned())
            }
        })
    }
}
