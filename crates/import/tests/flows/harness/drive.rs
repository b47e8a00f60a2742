//! The Drive emulator.

use std::path::Path;

use emulators::drive::{Call, Config, Faults, Manifest, Rule, Stats};
use serde_json::{Value, json};
use service::Shutdown;
use tokio::net::TcpListener;
use url::Url;

/// A running emulator; stops when it is dropped.
pub(crate) struct Drive {
    pub(crate) url: Url,
    pub(crate) faults: Faults,
    pub(crate) stats: Stats,
    shutdown: Shutdown,
}

impl Drive {
    /// Serves a manifest's folders.
    pub(crate) async fn serving(folders: Value) -> Self {
        Self::of(Manifest::parse(&json!({ "folders": folders }).to_string()).unwrap()).await
    }

    /// Serves the manifest in a file.
    pub(crate) async fn recorded(manifest: &Path) -> Self {
        Self::of(Manifest::read(manifest).unwrap()).await
    }

    async fn of(manifest: Manifest) -> Self {
        let config = Config::default().with_manifest(manifest);
        let (faults, stats) = (config.faults.clone(), config.stats.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/drive/v3", listener.local_addr().unwrap()).parse().unwrap();
        let shutdown = Shutdown::new();
        tokio::spawn(emulators::drive::run(listener, config, shutdown.clone()));
        Self { url, faults, stats, shutdown }
    }

    /// The folders that every manifest has: `small<N>`, `bench-<N>-<BYTES>`, `big1205`.
    pub(crate) async fn new() -> Self {
        Self::serving(json!({})).await
    }

    /// Adds a rule to the fault book.
    pub(crate) fn fault(&self, rule: Value) {
        self.faults.add(serde_json::from_value::<Rule>(rule).unwrap());
    }

    /// Listings that were asked for.
    pub(crate) fn listings(&self) -> u64 {
        self.stats.calls(Call::List)
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        self.shutdown.stop();
    }
}
