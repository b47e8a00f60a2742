//! The whole system in this process: bind all, wire all, serve all.
//!
//! Every part is the same function that its own binary runs, on a socket of its own on loopback; they know one another
//! only by address.

mod parts;
mod ports;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use client::Secret;
use emulators::{drive, s3};
use service::Env;

use crate::{
    exit::Usage,
    pages::{Pages, Wish},
};

pub(crate) use parts::Parts;
use ports::{Addresses, Sockets};
pub(crate) use ports::{PortArgs, Ports, bind, url};

/// Bucket of the embedded S3 server.
const BUCKET: &str = "images";
/// How long the parts may take to find one another.
const START: Duration = Duration::from_secs(60);

/// What to start.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Settings of the services. Where they are and what they are connected to is decided here, not there.
    pub(crate) env: Env,
    /// Where to listen.
    pub(crate) ports: Ports,
    /// Where everything is kept.
    pub(crate) data_dir: PathBuf,
    /// What the Drive emulator serves. Without one, it is Google's own Drive.
    pub(crate) drive: Option<drive::Config>,
    /// What to do about a web page that is not built.
    pub(crate) page: Wish,
}

/// A running system.
#[derive(Debug)]
pub(crate) struct System {
    /// Where its parts are.
    pub(crate) addresses: Addresses,
    /// The web page.
    pub(crate) pages: Pages,
    /// Where the rows are, for a person.
    pub(crate) database: String,
    parts: Parts,
}

/// Starts everything. What is wrong with the settings, or which ports are taken, is said before anything runs.
pub(crate) async fn start(plan: Plan) -> anyhow::Result<System> {
    let has_own_bucket = plan.env.get("AWS_BUCKET_NAME").is_none();
    let sockets = Sockets::bind(plan.ports, has_own_bucket, plan.drive.is_some()).await?;
    let addresses = sockets.addresses()?;
    let env = wire(plan.env, &addresses, &plan.data_dir, plan.drive.is_some());
    let mut configs = Configs::read(&env, &plan.data_dir, plan.drive.is_some())?;
    std::fs::create_dir_all(&plan.data_dir).with_context(|| format!("make {}", plan.data_dir.display()))?;
    let pages = if configs.gateway.ui_dir.is_some() {
        Pages::given()
    } else {
        let (pages, dir) = Pages::own(plan.page, &addresses.gateway);
        configs.gateway.ui_dir = dir;
        pages
    };
    let database = match &configs.metadata.database {
        metadata::Database::Sqlite { path } => path.display().to_string(),
        metadata::Database::MySql(mysql) => format!("MySQL, {} at {}", mysql.name, mysql.server),
    };
    let embedded_s3 = s3_config(&env, &plan.data_dir);
    let mut parts = Parts::new();
    // in the order in which they stop: whoever still works finds those whom it needs
    parts.stage().serve("worker", |stop| worker::run(sockets.worker, configs.worker, stop));
    parts
        .stage()
        .serve("gateway", |stop| gateway::run(sockets.gateway, configs.gateway, stop))
        .serve("import", |stop| import::run(sockets.import, configs.import, stop));
    parts
        .stage()
        .serve("metadata", |stop| metadata::run(sockets.metadata, configs.metadata, stop))
        .serve("storage", |stop| storage::run(sockets.storage, configs.storage, stop));
    let last = parts.stage();
    if let Some(socket) = sockets.s3 {
        last.serve("embedded S3 server", |stop| s3::run(socket, embedded_s3, stop));
    }
    if let (Some(socket), Some(config)) = (sockets.drive, plan.drive) {
        last.serve("Drive emulator", |stop| drive::run(socket, config, stop));
    }
    Ok(System { addresses, pages, database, parts })
}

impl System {
    /// Waits until every part has found those that it needs.
    pub(crate) async fn ready(&self) -> anyhow::Result<()> {
        let http = client::http::service_client(Duration::from_secs(10));
        let url = format!("{}/ready", self.addresses.gateway);
        let started = Instant::now();
        loop {
            let answer = http.get(&url).send().await;
            if answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if started.elapsed() > START {
                let state = match answer {
                    Ok(answer) => answer.text().await.unwrap_or_default(),
                    Err(error) => client::http::failure_kind(&error).to_owned(),
                };
                anyhow::bail!("the services did not find one another: {state}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a part ends by itself, which none should.
    pub(crate) async fn failure(&self) -> anyhow::Error {
        self.parts.failure().await
    }

    /// Stops everything in order, and waits for it, but not for ever.
    pub(crate) async fn stop(self) {
        self.pages.stop().await;
        self.parts.stop().await;
    }
}

/// Points every service at the others, whatever the settings say.
fn wire(mut env: Env, addresses: &Addresses, data_dir: &Path, has_emulator: bool) -> Env {
    env.remove(|name| {
        name == "PORT"
            || name.ends_with("_SERVICE_URL")
            || name.starts_with("EMBEDDED_S3_") && name.ends_with("URL")
    });
    for (name, url) in [
        ("IMPORT_SERVICE_URL", &addresses.import),
        ("METADATA_SERVICE_URL", &addresses.metadata),
        ("STORAGE_SERVICE_URL", &addresses.storage),
        ("WORKER_SERVICE_URL", &addresses.worker),
    ] {
        env.set(name, url);
    }
    if let Some(s3) = &addresses.s3 {
        env.set("EMBEDDED_S3_URL", s3);
    }
    if let Some(drive) = addresses.drive.as_ref().filter(|_| has_emulator) {
        env.set("GOOGLE_DRIVE_API_URL", format!("{drive}{}", drive::BASE_PATH));
        env.set("GOOGLE_API_KEY", "any key will do");
    }
    env.set("DATA_DIR", data_dir.to_string_lossy());
    env
}

/// The embedded S3 server of the settings.
pub(crate) fn s3_config(env: &Env, data_dir: &Path) -> s3::Config {
    let key = env.get("EMBEDDED_S3_ACCESS_KEY").unwrap_or("image-import");
    let secret = env.get("EMBEDDED_S3_SECRET_KEY").unwrap_or("image-import-local");
    s3::Config::new(data_dir.join("s3"), BUCKET, key, Secret::new(secret))
}

/// Settings of all services.
struct Configs {
    gateway: gateway::Config,
    import: import::Config,
    metadata: metadata::Config,
    storage: storage::Config,
    worker: worker::Config,
}

impl Configs {
    /// Reads them all, or says all that is wrong.
    fn read(env: &Env, data_dir: &Path, is_demo: bool) -> anyhow::Result<Self> {
        let (gateway, import) = (gateway::Config::from_env(env), import::Config::from_env(env));
        let (metadata, storage) = (metadata::Config::from_env(env), storage::Config::from_env(env));
        let worker = worker::Config::from_env(env);
        match (gateway, import, metadata, storage, worker) {
            (Ok(gateway), Ok(import), Ok(mut metadata), Ok(storage), Ok(worker)) => {
                if is_demo {
                    // by default an existing file of the original is taken over, and that one is not ours to play with
                    metadata.database = metadata::Database::Sqlite { path: data_dir.join("images.db") };
                }
                Ok(Self { gateway, import, metadata, storage, worker })
            }
            (gateway, import, metadata, storage, worker) => {
                let problems = [gateway.err(), import.err(), metadata.err(), storage.err(), worker.err()];
                let mut texts: Vec<_> =
                    problems.into_iter().flatten().map(|error| format!("{error:#}")).collect();
                texts.dedup();
                Err(Usage(texts.join("; ")).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inherited_addresses_are_ignored() {
        let inherited = [
            ("PORT", "1"),
            ("IMPORT_SERVICE_URL", "http://elsewhere"),
            ("EMBEDDED_S3_URL", "http://elsewhere"),
            ("EMBEDDED_S3_PUBLIC_URL", "http://elsewhere"),
            ("EMBEDDED_S3_ACCESS_KEY", "mine"),
            ("CORS_ORIGINS", "https://a.example"),
        ];
        let addresses = Addresses {
            gateway: "http://127.0.0.1:1".into(),
            import: "http://127.0.0.1:2".into(),
            metadata: "http://127.0.0.1:3".into(),
            storage: "http://127.0.0.1:4".into(),
            worker: "http://127.0.0.1:5".into(),
            s3: Some("http://127.0.0.1:6".into()),
            drive: None,
        };
        let env = wire(Env::from_pairs(inherited), &addresses, Path::new("data"), false);
        assert_eq!(env.get("PORT"), None);
        assert_eq!(env.get("IMPORT_SERVICE_URL"), Some("http://127.0.0.1:2"));
        assert_eq!(env.get("EMBEDDED_S3_URL"), Some("http://127.0.0.1:6"));
        assert_eq!(env.get("EMBEDDED_S3_PUBLIC_URL"), None);
        assert_eq!(env.get("EMBEDDED_S3_ACCESS_KEY"), Some("mine"));
        assert_eq!(env.get("CORS_ORIGINS"), Some("https://a.example"));
        assert_eq!(env.get("GOOGLE_API_KEY"), None);
    }

    #[test]
    fn all_wrong_settings_are_said_at_once() {
        let env = Env::from_pairs([("WORKER_CONCURRENCY", "0"), ("LIST_WAIT_SECS", "soon")]);
        let error = Configs::read(&env, Path::new("data"), false).err().unwrap();
        let text = error.to_string();
        assert!(text.contains("WORKER_CONCURRENCY") && text.contains("LIST_WAIT_SECS"), "{text}");
        assert!(error.is::<Usage>());
    }
}
