//! Google Drive v3 as far as an importer of public folders sees it, behind a real socket.
//!
//! Serves the folders of a directory tree, or those of a [`Manifest`], or both, under `/drive/v3`: `files.list` with
//! its query language, field masks, paging and order, `files.get`, and downloads with ranges; with the error answers
//! of the original, and every fault of the [fault book](Faults) on demand. Google's own client libraries work
//! against it unmodified.
//!
//! | path | what |
//! |---|---|
//! | `/drive/v3/files`, `/drive/v3/files/{id}` | Drive; every call needs an API key |
//! | `/__faults` | the fault book |
//! | `/__stats` | what was asked, and how often |
//! | `/__tree` | paths and ids of what is served |
//! | `/health` | for whoever started it |
//!
//! Nothing is written, and no file is ever held in memory.

mod answer;
mod broken;
mod checksums;
mod config;
mod content;
mod control;
mod errors;
mod faults;
mod fields;
mod files;
mod generated;
mod item;
mod library;
mod manifest;
mod media;
mod mime;
mod order;
mod pages;
mod parallel;
mod picture;
mod query;
mod range;
mod request;
mod resource;
mod routes;
mod schema;
mod stats;
mod token;
mod tree;
mod wire;

pub use config::Config;
pub use faults::{Call, Faults, Kind, Length, QuotaWindow, Rule, RuleReport};
pub use manifest::Manifest;
pub use request::KeyRule;
pub use stats::{Downloads, Headers, Stats, StatsReport};

use anyhow::Context;
use axum::Router;
use checksums::Checksums;
use library::Library;
use pages::Sorted;
use service::shutdown::Shutdown;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wire::{WireHandle, WireListener};

/// Where Drive begins: `http://host:port` + this is what clients take as Drive's address.
pub const BASE_PATH: &str = "/drive/v3";

/// How long running answers may go on once the emulator is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// An emulator that is ready to answer; clones share everything.
#[derive(Debug, Clone)]
pub struct Drive {
    library: Arc<Library>,
    key: KeyRule,
    faults: Faults,
    manifest_faults: Faults,
    stats: Stats,
    checksums: Arc<Checksums>,
    sorted: Arc<Sorted>,
    stopping: CancellationToken,
}

impl Drive {
    /// Reads the manifest and looks at the directory; no file of it is opened yet.
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let library = Library::open(config.root.as_deref(), config.manifest.as_ref())
            .context("open the folders of the Drive emulator")?;
        let manifest_faults = Faults::default();
        library.rules().for_each(|rule| manifest_faults.add(rule));
        Ok(Self {
            library: Arc::new(library),
            key: config.key,
            faults: config.faults,
            manifest_faults,
            stats: config.stats,
            checksums: Arc::default(),
            sorted: Arc::default(),
            stopping: CancellationToken::new(),
        })
    }

    /// Waits, but not for an emulator that is told to stop.
    async fn pause(&self, duration: Duration) {
        if !duration.is_zero() {
            self.stopping.run_until_cancelled(tokio::time::sleep(duration)).await;
        }
    }
}

/// Serves on `listener` until `shutdown`; delays and stalls end at once then.
pub async fn run(listener: TcpListener, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let drive = Drive::new(config)?;
    let stopping = drive.stopping.clone();
    let app = router(drive).into_make_service_with_connect_info::<WireHandle>();
    let told = shutdown.clone();
    let server = axum::serve(WireListener(listener), app).with_graceful_shutdown(async move {
        told.stopping().await;
        stopping.cancel();
    });
    let impatience = async {
        shutdown.stopping().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        ended = server.into_future() => ended.context("serve the Drive emulator"),
        () = impatience => Ok(()),
    }
}

/// The emulator as a router. Faults that reset a connection need [`run`]; here they only break the body off.
pub fn router(drive: Drive) -> Router {
    routes::router(drive)
}

/// The id of the folder that the directory tree itself is.
pub fn root_folder_id() -> String {
    tree::ids::root()
}

/// The id of a file or folder of the directory tree, by its path in it.
pub fn id_of(path: impl AsRef<Path>) -> String {
    tree::ids::of_path(path.as_ref())
}

#[cfg(test)]
mod tests;
