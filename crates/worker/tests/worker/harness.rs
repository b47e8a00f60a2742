//! Starts a worker with everything around it.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use client::{
    Secret,
    drive::{DriveRef, File},
    ids::DriveId,
};
use emulators::drive::{Config as DriveConfig, Faults, Manifest, Stats};
use serde_json::{Value, json};
use service::Shutdown;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};
use worker::{Config, UploadMode};

use crate::world::{Shared, World, router};

/// The API key of all tests; nothing may show it.
pub(crate) const KEY: &str = "canary-key";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A worker that runs, and its surroundings.
pub(crate) struct Bench {
    pub(crate) faults: Faults,
    pub(crate) stats: Stats,
    pub(crate) drive: client::drive::Client,
    pub(crate) config: Config,
    http: reqwest::Client,
    world: Shared,
    worker: Option<Worker>,
    _data: TempDir,
}

/// Runs by itself, so that it can be killed.
struct Worker {
    runtime: Runtime,
    url: String,
    shutdown: Shutdown,
    serving: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Bench {
    /// With the folders of a manifest, in the words of the Drive emulator.
    pub(crate) async fn new(folders: Value) -> Self {
        Self::with(folders, |_| {}).await
    }

    pub(crate) async fn with(folders: Value, change: impl FnOnce(&mut Config)) -> Self {
        let manifest = Manifest::parse(&json!({"folders": folders}).to_string()).unwrap();
        let drive = DriveConfig::default().with_manifest(manifest).with_key(KEY);
        let (faults, stats) = (drive.faults.clone(), drive.stats.clone());
        let (listener, drive_url) = listen().await;
        tokio::spawn(emulators::drive::run(listener, drive, Shutdown::new()));
        let world = Arc::new(Mutex::new(World::default()));
        let (listener, world_url) = listen().await;
        let stand_ins = router(world.clone());
        tokio::spawn(async move { axum::serve(listener, stand_ins).await });
        let data = tempfile::tempdir().unwrap();
        let drive_url: url::Url = format!("{drive_url}/drive/v3").parse().unwrap();
        let world_url: url::Url = world_url.parse().unwrap();
        let mut config = Config {
            google_api_key: Some(Secret::new(KEY)),
            drive_url: drive_url.clone(),
            storage_provider: "aws".into(),
            storage_url: world_url.clone(),
            metadata_url: world_url.clone(),
            import_url: world_url,
            data_dir: data.path().to_owned(),
            concurrency: 8,
            upload_mode: UploadMode::Stream,
            max_image_bytes: None,
            redis_url: None,
            internal_token: None,
            traces: None,
        };
        change(&mut config);
        let mut bench = Self {
            faults,
            stats,
            drive: client::drive::Client::new(drive_url, Some(Secret::new(KEY))),
            config,
            http: client::http::service_client(PATIENCE),
            world,
            worker: None,
            _data: data,
        };
        bench.start().await;
        bench
    }

    pub(crate) async fn start(&mut self) {
        let (listener, url) = listen().await;
        let listener = listener.into_std().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (shutdown, config) = (Shutdown::new(), self.config.clone());
        let stop = shutdown.clone();
        let serving = runtime
            .spawn(async move { worker::run(TcpListener::from_std(listener).unwrap(), config, stop).await });
        self.worker = Some(Worker { runtime, url, shutdown, serving });
    }

    /// Everything it does ends at once; nothing is handed back.
    pub(crate) fn kill(&mut self) {
        let worker = self.worker.take().unwrap();
        let (dead, died) = std::sync::mpsc::channel();
        // a runtime may not be dropped where another one runs
        std::thread::spawn(move || {
            worker.runtime.shutdown_timeout(Duration::from_secs(5));
            dead.send(()).unwrap();
        });
        died.recv_timeout(PATIENCE).unwrap();
    }

    /// As SIGTERM does.
    pub(crate) async fn stop(&mut self) {
        let worker = self.worker.take().unwrap();
        worker.shutdown.stop();
        worker.serving.await.unwrap().unwrap();
        worker.runtime.shutdown_background();
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Files as Drive lists them.
    pub(crate) async fn listed(&self, ids: &[&str]) -> Vec<File> {
        let mut files = Vec::new();
        for id in ids {
            let file = DriveRef { id: DriveId::parse(id).unwrap(), resource_key: None };
            files.push(self.drive.get(&file).await.unwrap());
        }
        files
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.worker.as_ref().unwrap().url);
        let answer = self.http.post(url).json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.worker.as_ref().unwrap().url);
        let answer = self.http.get(url).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    /// A call that goes on beside the test.
    pub(crate) fn request(
        &self,
        path: &str,
        body: &Value,
    ) -> impl Future<Output = reqwest::Result<reqwest::Response>> + use<> {
        let url = format!("{}{path}", self.worker.as_ref().unwrap().url);
        self.http.post(url).json(body).send()
    }

    /// A batch as our import service sends it.
    pub(crate) async fn send(&self, job: &str, files: &[File]) {
        let batch = json!({"job_id": job, "files": files, "accepts_results": true});
        assert_eq!(self.post("/process-batch", &batch).await.0, 202);
    }

    /// Sends files as listed and waits until each has an outcome.
    pub(crate) async fn import(&self, ids: &[&str]) {
        let files = self.listed(ids).await;
        self.send("j", &files).await;
        self.wait_for("all outcomes", |world| world.outcomes().len() == ids.len()).await;
    }

    pub(crate) async fn wait_for(&self, what: &str, is_so: impl Fn(&World) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.world()) {
            assert!(Instant::now() < deadline, "{what} did not come: {:#?}", *self.world());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn wait_until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so().await {
            assert!(Instant::now() < deadline, "{what} did not come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn fault(&self, rule: Value) {
        self.faults.add(serde_json::from_value(rule).unwrap());
    }

    pub(crate) fn outcome(&self, id: &str) -> String {
        self.world().outcomes()[id]["outcome"].as_str().unwrap().to_owned()
    }

    /// Every image is stored as Drive has it, and nothing else is.
    pub(crate) async fn assert_stored(&self, ids: &[&str]) {
        self.assert_right(ids).await;
        self.world().assert_no_orphans();
    }

    /// Every image is stored as Drive has it.
    pub(crate) async fn assert_right(&self, ids: &[&str]) {
        for file in self.listed(ids).await {
            let world = self.world();
            let row = &world.rows[&file.id];
            let bytes = &world.objects[row["storage_path"].as_str().unwrap()];
            assert_eq!(row["size"], bytes.len(), "{}", file.id);
            assert_eq!(Some(md5_of(bytes)), file.md5_checksum, "{}", file.id);
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.runtime.shutdown_background();
        }
    }
}

impl Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").finish_non_exhaustive()
    }
}

pub(crate) fn md5_of(bytes: &[u8]) -> String {
    use md5::Digest;
    hex::encode(md5::Md5::digest(bytes))
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// A folder of `count` pictures `f0`, `f1` … with `bytes` each.
pub(crate) fn folder(count: usize, bytes: usize) -> Value {
    let file = |n: usize| {
        json!({"id": format!("f{n}"), "name": format!("{n}.jpg"), "mimeType": "image/jpeg",
        "size": "auto", "bytes": bytes + n, "md5Checksum": "auto"})
    };
    json!({"album": (0..count).map(file).collect::<Vec<_>>()})
}
