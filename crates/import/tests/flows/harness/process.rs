//! The import service in a runtime of its own, so that it can be killed without a word.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use service::{Env, Shutdown};
use tokio::runtime::Runtime;
use url::Url;

use super::{Drive, Worker, eventually};

/// What it is started with.
pub(crate) struct Settings {
    env: Env,
    silence_limit: Duration,
}

/// A running service; killed when it is dropped.
pub(crate) struct Import {
    url: Url,
    http: reqwest::Client,
    shutdown: Shutdown,
    runtime: Option<Runtime>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Settings {
    pub(crate) fn new(data_dir: &Path, drive: &Drive, worker: &Worker) -> Self {
        let env = Env::from_pairs([
            ("GOOGLE_API_KEY", "canary-key"),
            ("GOOGLE_DRIVE_API_URL", drive.url.as_str()),
            ("WORKER_SERVICE_URL", worker.url.as_str()),
            // nobody listens there
            ("METADATA_SERVICE_URL", "http://127.0.0.1:9"),
            ("DATA_DIR", data_dir.to_str().unwrap()),
        ]);
        Self { env, silence_limit: Duration::from_secs(24 * 60 * 60) }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.env.remove(|known| known == name);
        self.env.set(name, value);
        self
    }

    pub(crate) fn silence_limit(self, silence_limit: Duration) -> Self {
        Self { silence_limit, ..self }
    }

    pub(crate) async fn start(&self) -> Import {
        let mut config = import::Config::from_env(&self.env).unwrap();
        config.silence_limit = self.silence_limit;
        let shutdown = Shutdown::new();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let stop = shutdown.clone();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            import::run(listener, config, stop).await.unwrap();
        });
        let http = client::http::service_client(Duration::from_secs(60));
        let import = Import { url, http, shutdown, runtime: Some(runtime) };
        eventually("the service answers", || async {
            (import.get("health").await?.status == 200).then_some(())
        })
        .await;
        import
    }
}

impl Import {
    pub(crate) fn url(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }

    async fn get(&self, path: &str) -> Option<Answer> {
        let answer = self.http.get(self.url(path)).send().await.ok()?;
        Some(Answer { status: answer.status().as_u16(), body: answer.json().await.ok()? })
    }

    pub(crate) async fn ask(&self, path: &str) -> Answer {
        self.get(path).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let answer = self.http.post(self.url(path)).json(body).send().await.unwrap();
        Answer { status: answer.status().as_u16(), body: answer.json().await.unwrap() }
    }

    /// `POST /import/google-drive`.
    pub(crate) async fn import(&self, link: &str) -> Answer {
        self.post("import/google-drive", &json!({ "folder_url": link })).await
    }

    /// Starts an import of a folder and all below it.
    pub(crate) async fn import_tree(&self, link: &str) -> Answer {
        self.post("import/google-drive", &json!({"folder_url": link, "recursive": true})).await
    }

    /// Starts an import that is expected to make a job; its id.
    pub(crate) async fn job(&self, link: &str) -> String {
        let answer = self.import(link).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.body["job_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn status(&self, job: &str) -> Value {
        let answer = self.ask(&format!("import/status/{job}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// The status, once the job is in `state`.
    pub(crate) async fn status_when(&self, job: &str, state: &str) -> Value {
        eventually(&format!("state {state}"), || async {
            Some(self.status(job).await).filter(|status| status["state"] == state)
        })
        .await
    }

    /// A report that must be accepted.
    pub(crate) async fn report(&self, job: &str, report: &Value) {
        let mut report = report.clone();
        report["job_id"] = job.into();
        let answer = self.post("import/update-status", &report).await;
        assert_eq!((answer.status, answer.body), (200, json!({"success": true})), "{report}");
    }

    /// Our worker's report that a file failed.
    pub(crate) async fn report_failed(&self, job: &str, id: &str) {
        let failure = json!({"reason": "not-found", "message": "It is gone.", "advice": "Ask the owner.", "attempts": 2});
        self.report(job, &json!({"results": [{"file_id": id, "outcome": "failed", "failure": failure}]}))
            .await;
    }

    /// Our worker's report that files are stored.
    pub(crate) async fn report_stored(&self, job: &str, ids: &[String]) {
        let stored = |id: &String| json!({"file_id": id, "outcome": "imported", "image": {"google_drive_id": id}, "bytes": 7});
        for ids in ids.chunks(50) {
            self.report(job, &json!({"results": ids.iter().map(stored).collect::<Vec<_>>()})).await;
        }
    }

    /// Ends the process as `kill -9` does: nothing is finished, nothing is said.
    pub(crate) async fn kill(mut self) {
        let runtime = self.runtime.take().unwrap();
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10))).await.unwrap();
    }

    /// Ends the process as SIGTERM does.
    pub(crate) async fn stop(mut self) {
        self.shutdown.stop();
        assert!(self.shutdown.drain(Duration::from_secs(15)).await, "background work does not end");
        let runtime = self.runtime.take().unwrap();
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10))).await.unwrap();
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
