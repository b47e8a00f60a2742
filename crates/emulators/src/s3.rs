//! The embedded S3 server: real S3 requests, signed or public, answered from a directory.
//!
//! The S3 protocol itself (signatures, XML, chunked bodies) is the `s3s` crate's; what is stored, how, and who may read
//! it is here. An object is visible only once its bytes are whole, verified and on the disk. Bytes lie in files with
//! random names, everything else in a SQLite index; what a crash leaves half-done is cleared away at the next start.

mod access;
mod backend;
mod blob;
mod change;
mod checksum;
mod commit;
mod conditions;
mod cuts;
mod expected;
mod faults;
mod front;
mod index;
mod linger;
mod listing;
mod manners;
mod multipart;
mod object;
mod operation;
mod range;
mod read;
mod receive;
mod refusal;
mod store;
mod xml;

use std::path::PathBuf;

use anyhow::Context as _;
use axum::Router;
use client::secret::Secret;
use s3s::service::S3ServiceBuilder;
use service::Shutdown;
use tokio::net::TcpListener;

pub use self::{
    access::AclMode,
    faults::{FaultKind, FaultReport, FaultRule, FaultStats, Faults},
    manners::Manners,
};
use self::{
    access::{KeyRing, Rules, SignedOnly},
    backend::Backend,
    change::Change,
    faults::DoorListener,
    front::Front,
    read::ObjectReads,
    refusal::Refusal,
    store::Store,
};

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where objects and their index lie. One server at a time may use a directory.
    pub data_dir: PathBuf,
    /// A bucket that is made at start where it is missing.
    pub bucket: String,
    /// The access key of the one owner.
    pub access_key: String,
    /// The secret to it.
    pub secret_key: Secret,
    /// Whether everybody may read every object by its URL. Otherwise only objects with the ACL `public-read` are public.
    pub anonymous_reads: bool,
    /// What becomes of ACLs.
    pub acls: AclMode,
    /// What is odd about it; nothing unless a test says so.
    pub manners: Manners,
    /// What goes wrong on purpose; nothing unless a test says so.
    pub faults: Faults,
    /// Whether `/__faults` is there to change that. It asks for no credentials: for tests only.
    pub fault_control: bool,
}

impl Config {
    /// Public reads, ACLs honoured, no faults.
    pub fn new(
        data_dir: impl Into<PathBuf>,
        bucket: impl Into<String>,
        access_key: impl Into<String>,
        secret_key: Secret,
    ) -> Self {
        Self {
            data_dir: data_dir.into(),
            bucket: bucket.into(),
            access_key: access_key.into(),
            secret_key,
            anonymous_reads: true,
            acls: AclMode::Honour,
            manners: Manners::default(),
            faults: Faults::default(),
            fault_control: false,
        }
    }
}

/// Serves S3 on `listener` until `shutdown`, then finishes what is being written.
///
/// # Errors
/// When the store cannot be opened, or the listener fails for good.
pub async fn run(listener: TcpListener, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let listener = DoorListener::new(listener, config.faults.door()).context("look at the listener")?;
    let server = Server::open(config).await?;
    tracing::info!(
        bucket = server.config.bucket,
        directory = %server.config.data_dir.display(),
        "embedded S3 server is ready"
    );
    let outcome = service::serve::serve_on(listener, server.router(), &shutdown).await;
    server.close().await;
    outcome
}

/// A server whose store is open.
#[derive(Debug)]
pub struct Server {
    store: Store,
    config: Config,
}

impl Server {
    /// Opens the store, clears away what a crash left, and makes the bucket.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        anyhow::ensure!(
            s3s::path::check_bucket_name(&config.bucket),
            "{:?} cannot be the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens",
            config.bucket
        );
        let store = Store::open(&config.data_dir).await?;
        match store.change(Change::CreateBucket(config.bucket.clone())).await {
            Ok(()) | Err(Refusal::BucketExists) => Ok(Self { store, config }),
            Err(refusal) => Err(anyhow::Error::new(refusal).context("make the bucket")),
        }
    }

    /// All routes: S3 itself, and `/_health`, which no bucket can be called.
    pub fn router(&self) -> Router {
        let rules = Rules { anonymous_reads: self.config.anonymous_reads, acls: self.config.acls };
        let mut s3 = S3ServiceBuilder::new(Backend { store: self.store.clone(), rules });
        s3.set_auth(KeyRing {
            access_key: self.config.access_key.clone(),
            secret_key: self.config.secret_key.clone(),
        });
        s3.set_access(SignedOnly);
        s3.set_route(ObjectReads { store: self.store.clone(), rules });
        let front = Front {
            s3: s3.build(),
            store: self.store.clone(),
            faults: self.config.faults.clone(),
            manners: self.config.manners.clone(),
        };
        front.router(self.config.fault_control)
    }

    /// Finishes what is being written and closes the files.
    pub async fn close(self) {
        self.store.close().await;
    }
}
