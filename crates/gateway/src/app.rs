//! What every request needs.

use std::{sync::Arc, time::Duration};

use service::{Metrics, cors::Cors};

use crate::{Config, access::Access, backend::Backend, limits::Limits, pages::Pages};

/// Longest silence of a service while it starts an import: it may be listing a big folder.
const IMPORT_SILENCE: Duration = Duration::from_secs(300);
/// Longest silence of a service otherwise.
const SILENCE: Duration = Duration::from_secs(30);

/// The gateway, ready to answer.
#[derive(Debug)]
pub struct App {
    /// The import service.
    pub(crate) import: Backend,
    /// The import service while it starts an import: it may be silent for longer.
    pub(crate) slow_import: Backend,
    /// The metadata service.
    pub(crate) metadata: Backend,
    /// The storage service.
    pub(crate) storage: Backend,
    /// Who may call from a browser.
    pub(crate) cors: Cors,
    /// Who may do what, if not everybody everything.
    pub(crate) access: Option<Access>,
    /// What is counted, for `/metrics`.
    pub(crate) metrics: Metrics,
    /// What clients may take, and have taken.
    pub(crate) limits: Arc<Limits>,
    /// The web UI, if it is served.
    pub(crate) pages: Option<Pages>,
}

impl App {
    /// Puts the parts together; nothing is called yet.
    pub fn build(config: Config) -> Self {
        let token = config.internal_token.as_ref();
        Self {
            import: Backend::new("Import", config.import_url.clone(), SILENCE, token),
            slow_import: Backend::new("Import", config.import_url, IMPORT_SILENCE, token),
            metadata: Backend::new("Metadata", config.metadata_url, SILENCE, token),
            storage: Backend::new("Storage", config.storage_url, SILENCE, token),
            cors: config.cors,
            access: config.api_token.map(|token| Access::new(token, config.api_token_reads)),
            metrics: Metrics::new(crate::NAME),
            limits: Arc::new(Limits::new(&config.limits)),
            pages: config.ui_dir.map(|dir| Pages::new(dir, config.ui_api.as_ref())),
        }
    }
}
