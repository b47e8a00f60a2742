//! The whole system: Drive emulator, S3 server, and the five services as processes.

use std::{collections::BTreeMap, time::Duration};

use client::{
    import::{JobStatus, StartImport},
    metadata::Image,
};
use emulators::drive::Config;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    bucket::{ACCESS_KEY, BUCKET, Bucket, SECRET_KEY},
    database::Database,
    drive::DriveEmulator,
    process::Process,
    wait_for,
};

/// The API key of every test; no log may show it.
pub const API_KEY: &str = "canary-api-key";
/// The database password that `tests/run` makes; no log may show it.
const DB_PASSWORD: &str = "canary-db-password";
/// How long an import of a test may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// How a stack is set up.
#[derive(Debug)]
pub struct StackBuilder {
    drive: Config,
    database: Database,
    settings: Vec<(String, String)>,
}

impl StackBuilder {
    /// Uses `database` for image rows.
    #[must_use]
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// Gives every service one more setting.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.settings.push((name.to_owned(), value.to_string()));
        self
    }

    /// Starts everything and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start(self) -> Stack {
        let dir = tempfile::tempdir().expect("make a folder");
        let bucket = Bucket::start(dir.path().join("s3")).await;
        let drive = DriveEmulator::start(self.drive).await;
        let ports: BTreeMap<&str, u16> = SERVICES.into_iter().map(|name| (name, free_port())).collect();
        let url = |name: &str| format!("http://127.0.0.1:{}", ports[name]);
        let mut shared: Vec<(String, String)> = [
            ("GOOGLE_API_KEY", API_KEY.to_owned()),
            ("GOOGLE_DRIVE_API_URL", drive.url.clone()),
            ("AWS_ENDPOINT_URL", bucket.url.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_BUCKET_NAME", BUCKET.to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("DATA_DIR", dir.path().join("data").display().to_string()),
            ("IMPORT_SERVICE_URL", url("import")),
            ("WORKER_SERVICE_URL", url("worker")),
            ("STORAGE_SERVICE_URL", url("storage")),
            ("METADATA_SERVICE_URL", url("metadata")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        shared.extend(self.database.settings().await);
        shared.extend(self.settings);
        let processes = ports
            .iter()
            .map(|(&name, port)| {
                let mut env = shared.clone();
                env.push(("PORT".to_owned(), port.to_string()));
                (name, Process::start(name, name, dir.path(), env))
            })
            .collect();
        let http = client::http::service_client(Duration::from_secs(60));
        let api: url::Url = format!("{}/api", url("gateway")).parse().expect("a local URL");
        let stack = Stack { dir, drive, bucket, processes, http, api, ports };
        for name in SERVICES {
            stack.ready(name).await;
        }
        stack
    }
}

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
    /// The services by name of their binaries.
    pub processes: BTreeMap<&'static str, Process>,
    /// For calls that have no typed method.
    pub http: reqwest::Client,
    /// `http://…/api` of the gateway.
    pub api: url::Url,
    ports: BTreeMap<&'static str, u16>,
}

impl Stack {
    /// A stack whose Drive serves `drive`.
    pub fn with(drive: Config) -> StackBuilder {
        StackBuilder { drive, database: Database::Sqlite, settings: Vec::new() }
    }

    /// The address of one service.
    pub fn url(&self, service: &str) -> String {
        format!("http://127.0.0.1:{}", self.ports[service])
    }

    /// The process of one service.
    ///
    /// # Panics
    /// When there is none of that name.
    pub fn process(&mut self, service: &str) -> &mut Process {
        self.processes.get_mut(service).expect("the name of a service")
    }

    /// Waits until a service says it is ready.
    ///
    /// # Panics
    /// When it does not in half a minute.
    pub async fn ready(&self, service: &str) {
        let url = format!("{}/ready", self.url(service));
        let look = || async {
            match self.http.get(&url).send().await {
                Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
                Err(error) => (0, error.to_string()),
            }
        };
        wait_for(&format!("{service} is ready"), Duration::from_secs(30), look, |seen| seen.0 == 200).await;
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

    /// Checks that rows and objects are exactly `expected` (Drive id → bytes): each file one row and one object with
    /// equal bytes, and no object without a row.
    ///
    /// # Panics
    /// When anything is missing, damaged, doubled or left over.
    pub async fn assert_stored_exactly(&self, expected: &BTreeMap<String, Vec<u8>>) {
        let images = self.images().await;
        let ids: Vec<&str> = images.iter().map(|image| image.google_drive_id.as_str()).collect();
        assert_eq!(images.len(), expected.len(), "rows: {ids:?}");
        let mut keys = Vec::new();
        for image in &images {
            let bytes =
                expected.get(&image.google_drive_id).unwrap_or_else(|| panic!("not expected: {image:?}"));
            let answer = self.http.get(&image.storage_path).send().await.expect("the bucket answers");
            assert_eq!(answer.status().as_u16(), 200, "{}", image.storage_path);
            let stored = answer.bytes().await.expect("the bucket answers whole");
            assert!(stored == bytes.as_slice(), "{}: stored bytes differ", image.name);
            assert_eq!(image.size_bytes(), Some(bytes.len() as u64), "{}", image.name);
            keys.push(key_of(&image.storage_path));
        }
        keys.sort();
        keys.dedup();
        let look = || async { self.bucket.objects().await.into_keys().collect::<Vec<_>>() };
        wait_for("the bucket holds the rows' objects only", Duration::from_secs(60), look, |seen| {
            *seen == keys
        })
        .await;
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

/// The key in a public URL of the test bucket.
fn key_of(storage_path: &str) -> String {
    let path = url::Url::parse(storage_path).expect("rows hold URLs").path().to_owned();
    let encoded = path.strip_prefix(&format!("/{BUCKET}/")).expect("URLs name the bucket");
    percent_decode(encoded)
}

fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().expect("keys are Unicode").into_owned()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind a port");
    listener.local_addr().expect("a bound socket has an address").port()
}
