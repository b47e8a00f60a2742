//! Starting a stack: ports, servers, links, settings, processes.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use emulators::drive::Config;

use super::{API_KEY, SERVICES, Stack};
use crate::{
    bucket::{ACCESS_KEY, BUCKET, Bucket, SECRET_KEY},
    database::Database,
    drive::DriveEmulator,
    network::Network,
    ports::free_port,
    process::Process,
    server::{MariaDb, RedisServer},
};

/// Where a stack keeps jobs, tasks and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Backend {
    /// SQLite files that all replicas share.
    Files,
    /// A MariaDB and a Redis of its own; each replica has a folder of its own.
    Servers,
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Files => "SQLite files",
            Self::Servers => "MariaDB and Redis",
        })
    }
}

/// How a stack is set up.
#[derive(Debug)]
pub struct StackBuilder {
    drive: Config,
    database: Database,
    backend: Backend,
    replicas: BTreeMap<&'static str, usize>,
    has_links: bool,
    is_private: bool,
    buffer_pool_mib: u32,
    settings: Vec<(String, String)>,
}

impl StackBuilder {
    pub(super) fn new(drive: Config) -> Self {
        Self {
            drive,
            database: Database::Sqlite,
            backend: Backend::Files,
            replicas: BTreeMap::new(),
            has_links: false,
            is_private: false,
            buffer_pool_mib: 64,
            settings: Vec::new(),
        }
    }

    /// Uses `database` for image rows.
    #[must_use]
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// Keeps jobs, tasks and rows there.
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Runs so many processes of a service. Calls to it then go through links, which share them out.
    #[must_use]
    pub fn replicas(mut self, service: &'static str, count: usize) -> Self {
        self.replicas.insert(service, count);
        self.linked()
    }

    /// Puts a link between any two parts.
    #[must_use]
    pub fn linked(mut self) -> Self {
        self.has_links = true;
        self
    }

    /// Nobody reads the bucket without a signature.
    #[must_use]
    pub fn private_bucket(mut self) -> Self {
        self.is_private = true;
        self
    }

    /// Gives a MariaDB of its own so much memory for its pages (64 MiB otherwise).
    #[must_use]
    pub fn buffer_pool_mib(mut self, mebibytes: u32) -> Self {
        self.buffer_pool_mib = mebibytes;
        self
    }

    /// Gives every service one more setting.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.settings.push((name.to_owned(), value.to_string()));
        self
    }

    fn count(&self, service: &str) -> usize {
        self.replicas.get(service).copied().unwrap_or(1)
    }

    /// Starts everything and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start(self) -> Stack {
        // TEST_KEEP leaves logs and data for whoever looks into what happened
        let keep = service::Env::from_process_without_file().get("TEST_KEEP").is_some();
        let dir = tempfile::Builder::new().disable_cleanup(keep).tempdir().expect("make a folder");
        let objects = dir.path().join("s3");
        let bucket =
            if self.is_private { Bucket::start_private(objects).await } else { Bucket::start(objects).await };
        let drive = DriveEmulator::start(self.drive.clone()).await;
        let (mariadb, redis) = match self.backend {
            Backend::Files => (None, None),
            Backend::Servers => {
                let mariadb = MariaDb::start_with(dir.path(), self.buffer_pool_mib).await;
                (Some(mariadb), Some(RedisServer::start(dir.path()).await))
            }
        };
        let mut parts: BTreeMap<&'static str, Vec<SocketAddr>> = SERVICES
            .into_iter()
            .map(|name| (name, (0..self.count(name)).map(|_| local(free_port())).collect()))
            .collect();
        let services = parts.clone();
        parts.insert("drive", vec![address_of(&drive.url)]);
        parts.insert("s3", vec![address_of(&bucket.url)]);
        parts.extend(mariadb.as_ref().map(|server| ("mariadb", vec![server.address()])));
        parts.extend(redis.as_ref().map(|server| ("redis", vec![server.address()])));
        let network = if self.has_links {
            Network::start(&parts, |name| self.count(name)).await
        } else {
            Network::default()
        };

        let mut shared = self.shared_settings(&parts, &drive, &bucket);
        shared.extend(self.database.settings().await);
        let mut processes = BTreeMap::new();
        for (&name, addresses) in &services {
            for (replica, address) in addresses.iter().enumerate() {
                let mut env = shared.clone();
                env.push(("DATA_DIR".to_owned(), self.data_dir(dir.path(), name, replica)));
                env.push(("PORT".to_owned(), address.port().to_string()));
                env.extend(network.settings(name, replica));
                if let Some(server) = &mariadb {
                    let through = if self.has_links {
                        network.link("metadata", 0, "mariadb").address
                    } else {
                        server.address()
                    };
                    env.extend(MariaDb::settings(through));
                }
                env.extend(self.settings.clone());
                let label = super::label(name, replica);
                processes.insert(label.clone(), Process::start(name, &label, dir.path(), env));
            }
        }
        let gateway =
            if self.has_links { network.link("client", 0, "gateway").address } else { parts["gateway"][0] };
        let api = format!("http://{gateway}/api").parse().expect("a local URL");
        let http = client::http::service_client(Duration::from_secs(60));
        let stack = Stack { dir, drive, bucket, processes, http, api, network, mariadb, redis, services };
        stack.all_ready().await;
        stack
    }

    fn shared_settings(
        &self,
        parts: &BTreeMap<&'static str, Vec<SocketAddr>>,
        drive: &DriveEmulator,
        bucket: &Bucket,
    ) -> Vec<(String, String)> {
        let url = |name: &str| format!("http://{}", parts[name][0]);
        let mut settings = vec![
            ("GOOGLE_API_KEY", API_KEY.to_owned()),
            ("GOOGLE_DRIVE_API_URL", drive.url.clone()),
            ("AWS_ENDPOINT_URL", bucket.url.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_BUCKET_NAME", BUCKET.to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("IMPORT_SERVICE_URL", url("import")),
            ("WORKER_SERVICE_URL", url("worker")),
            ("STORAGE_SERVICE_URL", url("storage")),
            ("METADATA_SERVICE_URL", url("metadata")),
        ];
        if self.has_links {
            // the link to the bucket is the storage service's own way: a browser goes straight there
            settings.push(("S3_PUBLIC_URL", format!("{}/{BUCKET}", bucket.url)));
        }
        settings.extend(parts.get("redis").map(|redis| ("REDIS_URL", format!("redis://{}", redis[0]))));
        settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn data_dir(&self, dir: &Path, service: &str, replica: usize) -> String {
        let data = dir.join("data");
        match self.backend {
            Backend::Files => data,
            Backend::Servers => data.join(super::label(service, replica)),
        }
        .display()
        .to_string()
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Host and port of an emulator's URL.
fn address_of(url: &str) -> SocketAddr {
    let url: url::Url = url.parse().expect("emulators have URLs");
    local(url.port().expect("emulators have ports"))
}
