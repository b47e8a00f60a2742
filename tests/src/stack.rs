//! The whole system: Drive emulator, S3 server, and the five services as processes.

mod setup;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use client::{
    import::{JobStatus, StartImport},
    metadata::Image,
};
use emulators::drive::Config;
use serde_json::Value;
use tempfile::TempDir;

pub use setup::{Backend, StackBuilder};

use crate::{
    bucket::{Bucket, SECRET_KEY},
    drive::DriveEmulator,
    network::Network,
    process::Process,
    server::{MariaDb, RedisServer},
    wait_for,
};

/// The API key of every test; no log may show it.
pub const API_KEY: &str = "canary-api-key";
/// The database password that `tests/run` makes; no log may show it.
const DB_PASSWORD: &str = "canary-db-password";
/// How long an import of a test may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// The binaries of the five services.
pub const SERVICES: [&str; 5] = ["gateway", "import", "metadata", "storage", "worker"];

/// A running system. Dropping it stops everything it started.
#[derive(Debug)]
pub struct Stack {
    /// The folder of all its files.
    pub dir: TempDir,
    /// Google Drive.
    pub drive: DriveEmulator,
    /// S3.
    pub bucket: Bucket,
    /// The services by name of their binaries; the second replica of `worker` is `worker-2`.
    pub processes: BTreeMap<String, Process>,
    /// For calls that have no typed method.
    pub http: reqwest::Client,
    /// `http://…/api` of the gateway.
    pub api: url::Url,
    /// The wires between the parts, where the stack has them.
    pub network: Network,
    /// The database server, where the stack has its own.
    pub mariadb: Option<MariaDb>,
    /// The Redis, where the stack has its own.
    pub redis: Option<RedisServer>,
    services: BTreeMap<&'static str, Vec<SocketAddr>>,
}

impl Stack {
    /// A stack whose Drive serves `drive`.
    pub fn with(drive: Config) -> StackBuilder {
        StackBuilder::new(drive)
    }

    /// The address of one service; of its first replica, where it has several.
    pub fn url(&self, service: &str) -> String {
        format!("http://{}", self.services[service][0])
    }

    /// The address of one replica of a service, from 0.
    pub fn url_of(&self, service: &str, replica: usize) -> String {
        format!("http://{}", self.services[service][replica])
    }

    /// How many processes of a service there are.
    pub fn replicas(&self, service: &str) -> usize {
        self.services[service].len()
    }

    /// The process of one service; the first, where it has several.
    ///
    /// # Panics
    /// When there is none of that name.
    pub fn process(&mut self, service: &str) -> &mut Process {
        self.replica(service, 0)
    }

    /// One of the processes of a service, from 0.
    ///
    /// # Panics
    /// When there is none.
    pub fn replica(&mut self, service: &str, replica: usize) -> &mut Process {
        self.processes.get_mut(&label(service, replica)).expect("a service and one of its replicas")
    }

    /// Waits until a service says it is ready, all replicas of it.
    ///
    /// # Panics
    /// When it does not in a minute.
    pub async fn ready(&self, service: &str) {
        for address in &self.services[service] {
            let url = format!("http://{address}/ready");
            let look = || async {
                match self.http.get(&url).send().await {
                    Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
                    Err(error) => (0, error.to_string()),
                }
            };
            let what = format!("{service} is ready");
            wait_for(&what, Duration::from_secs(60), look, |seen| seen.0 == 200).await;
        }
    }

    /// Waits until every service is ready.
    ///
    /// # Panics
    /// When one is not in a minute.
    pub async fn all_ready(&self) {
        for service in SERVICES {
            self.ready(service).await;
        }
    }

    /// Starts an import through the gateway: status and body.
    ///
    /// # Panics
    /// When the gateway does not answer JSON.
    pub async fn import(&self, folder_url: &str) -> (u16, Value) {
        let url = format!("{}/import/google-drive", self.api);
        let body = StartImport { folder_url: folder_url.to_owned(), recursive: false };
        let answer = self.http.post(url).json(&body).send().await.expect("the gateway answers");
        (answer.status().as_u16(), answer.json().await.expect("the gateway answers JSON"))
    }

    /// Starts an import that must be accepted: the job's id.
    ///
    /// # Panics
    /// When it is not accepted.
    pub async fn start_job(&self, folder_url: &str) -> String {
        let (status, body) = self.import(folder_url).await;
        assert_eq!(status, 202, "{body}");
        body["job_id"].as_str().expect("a job id").to_owned()
    }

    /// What the job says now.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub async fn job(&self, job_id: &str) -> JobStatus {
        let import = client::import::Client::new(self.api.clone(), self.http.clone());
        import.job_status(job_id, true).await.expect("the job is known")
    }

    /// Waits until the job has ended. Asking may fail meanwhile: services are killed under it.
    ///
    /// # Panics
    /// When it does not end in time.
    pub async fn finished(&self, job_id: &str) -> JobStatus {
        let import = client::import::Client::new(self.api.clone(), self.http.clone());
        let look = || async { import.job_status(job_id, true).await.map_err(|error| error.to_string()) };
        let ended = |seen: &Result<JobStatus, String>| {
            seen.as_ref().is_ok_and(|job| job.state.is_some_and(client::import::JobState::is_final))
        };
        wait_for("the job ends", PATIENCE, look, ended).await.expect("the job is known")
    }

    /// Waits until `count` rows are there. Asking may fail meanwhile.
    ///
    /// # Panics
    /// When they do not come in time.
    pub async fn stored(&self, count: u64) {
        let metadata = client::metadata::Client::new(self.api.clone(), self.http.clone());
        let look = || async { metadata.stats().await.map_or(0, |stats| stats.total_images) };
        wait_for("images are stored", PATIENCE, look, |&stored| stored >= count).await;
    }

    /// Imports a folder from start to end.
    ///
    /// # Panics
    /// When it is not accepted, or does not end.
    pub async fn import_whole(&self, folder_url: &str) -> JobStatus {
        let job_id = self.start_job(folder_url).await;
        self.finished(&job_id).await
    }

    /// Every row.
    ///
    /// # Panics
    /// When the gateway does not answer.
    pub async fn images(&self) -> Vec<Image> {
        let url = format!("{}/images/all", self.api);
        let answer = self.http.get(url).send().await.expect("the gateway answers");
        let mut body: Value = answer.json().await.expect("the gateway answers JSON");
        serde_json::from_value(body["images"].take()).expect("rows are images")
    }

    /// No log tells of a panic.
    ///
    /// # Panics
    /// When one does.
    pub fn assert_no_panic_in_logs(&self) {
        for (name, process) in &self.processes {
            let log = process.log();
            let line = log.lines().find(|line| line.contains("panicked"));
            assert!(line.is_none(), "{name}: {line:?}");
        }
    }

    /// No secret stands in any log.
    ///
    /// # Panics
    /// When one does.
    pub fn assert_no_secret_in_logs(&self) {
        for (name, process) in &self.processes {
            let log = process.log();
            for secret in [API_KEY, SECRET_KEY, DB_PASSWORD] {
                assert!(!log.contains(secret), "the log of {name} shows {secret}");
            }
        }
    }
}

/// Lines of each log that are shown when a test fails.
const LAST_LINES: usize = 25;

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for (name, process) in &self.processes {
                let log = process.log();
                let first = log.lines().count().saturating_sub(LAST_LINES);
                eprintln!("-- the log of {name} ends with:");
                log.lines().skip(first).for_each(|line| eprintln!("{line}"));
            }
        }
    }
}

/// What the process of a replica is called.
fn label(service: &str, replica: usize) -> String {
    if replica == 0 { service.to_owned() } else { format!("{service}-{}", replica + 1) }
}
