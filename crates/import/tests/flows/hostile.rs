//! Something else than Google behind `GOOGLE_DRIVE_API_URL`, or Google on its worst day: what it sends is bounded, and
//! said.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use service::extract::Json;
use tokio::{net::TcpListener, task::AbortHandle};

use crate::harness::{Drive, Import, Kind, Settings, Worker, counts, eventually};

/// A server that answers every listing as it likes; stops when it is dropped.
struct Stranger {
    url: String,
    asked: Arc<AtomicU64>,
    serving: AbortHandle,
}

impl Stranger {
    /// Answers the `n`th question (the first one is 0).
    async fn answering(answer: impl Fn(u64) -> Response + Clone + Send + Sync + 'static) -> Self {
        let asked = Arc::new(AtomicU64::new(0));
        let count = asked.clone();
        let list = get(move |_: Request| {
            let answer = answer(count.fetch_add(1, Ordering::Relaxed));
            async move { answer }
        });
        let folder = json!({"id": "f", "name": "Folder", "mimeType": "application/vnd.google-apps.folder"});
        let routes = Router::new()
            .route("/drive/v3/files", list)
            .route("/drive/v3/files/{id}", get(async move || Json(folder)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/drive/v3", listener.local_addr().unwrap());
        let serving =
            tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() }).abort_handle();
        Self { url, asked, serving }
    }

    /// The import service that asks it.
    async fn asked_by(&self, worker: &Worker, dir: &tempfile::TempDir) -> Import {
        let drive = Drive::new().await;
        Settings::new(dir.path(), &drive, worker)
            .with("GOOGLE_DRIVE_API_URL", &self.url)
            .with("LIST_WAIT_SECS", "30")
            .start()
            .await
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn image(id: &str) -> Value {
    json!({"id": id, "name": format!("{id}.png"), "mimeType": "image/png", "size": "7"})
}

fn page(files: &[Value], next: Option<&str>) -> Response {
    Json(json!({"files": files, "nextPageToken": next})).into_response()
}

async fn stage(
    answer: impl Fn(u64) -> Response + Clone + Send + Sync + 'static,
) -> (Stranger, Import, Worker, tempfile::TempDir) {
    let (stranger, worker) = (Stranger::answering(answer).await, Worker::start(Kind::Ours).await);
    let dir = tempfile::tempdir().unwrap();
    let import = stranger.asked_by(&worker, &dir).await;
    (stranger, import, worker, dir)
}

/// The end of a job whose images are all stored.
async fn ended(import: &Import, worker: &Worker, job: &str) -> Value {
    eventually("the job ends", || async {
        import.report_stored(job, &worker.file_ids()).await;
        Some(import.status(job).await).filter(|status| status["status"] == "completed")
    })
    .await
}

#[tokio::test]
async fn pages_that_lead_back_to_each_other_end_the_listing_and_keep_what_came() {
    let tokens = |n: u64| Some(["a", "b", "c"][usize::try_from(n % 3).unwrap()]);
    let (stranger, import, worker, _dir) = stage(move |n| page(&[image(&format!("i{n}"))], tokens(n))).await;
    let job = import.job("folder").await;
    let status = ended(&import, &worker, &job).await;
    assert_eq!(status["state"], "failed");
    assert!(status["error"].as_str().unwrap().contains("never end"), "{status}");
    let (stored, failed, _, total) = counts(&status);
    assert!(stored == total && failed == 0 && total >= 3, "{status}");
    assert!(stranger.asked() < 20, "{}", stranger.asked());
}

#[tokio::test]
async fn empty_pages_without_an_end_are_refused_before_there_is_a_job_and_after() {
    let (stranger, import, ..) = stage(|n| page(&[], Some(&format!("t{n}")))).await;
    let answer = import.import("folder").await;
    assert_eq!(answer.status, 500, "{answer:?}");
    assert!(answer.body["error"].as_str().unwrap().contains("never end"), "{answer:?}");
    assert!(stranger.asked() < 1000, "{}", stranger.asked());

    let first = |n| if n == 0 { vec![image("i")] } else { Vec::new() };
    let (stranger, import, worker, _dir) = stage(move |n| page(&first(n), Some(&format!("t{n}")))).await;
    let job = import.job("folder").await;
    let status = ended(&import, &worker, &job).await;
    assert_eq!((&status["state"], counts(&status)), (&json!("failed"), (1, 0, 0, 1)));
    assert!(stranger.asked() < 1000, "{}", stranger.asked());
}

#[tokio::test]
async fn a_preview_of_pages_without_an_end_says_that_there_is_more() {
    let (stranger, import, ..) = stage(|n| page(&[image("i")], Some(&format!("t{n}")))).await;
    let answer = import.post("import/preview", &json!({"folder_url": "folder"})).await;
    assert_eq!((answer.status, &answer.body["images"]), (200, &json!(1)), "{answer:?}");
    assert_eq!(answer.body["complete"], false, "{answer:?}");
    assert!(stranger.asked() < 1000, "{}", stranger.asked());
}

#[tokio::test]
async fn odd_entries_of_a_listing_hide_no_other() {
    let long = "n".repeat(1_000_000);
    let odd = json!([
        {"id": "good", "name": "good.png", "mimeType": "image/png", "size": "7"},
        {"name": "no id.png", "mimeType": "image/png", "size": "7"},
        {"id": 5, "name": "number.png", "mimeType": "image/png"},
        {"id": "a/../b\nc", "name": "x", "mimeType": "image/png"},
        {"id": "i".repeat(10_000), "name": "x", "mimeType": "image/png"},
        {"id": "long", "name": long, "mimeType": "image/png", "size": "7"},
        {"id": "rtl", "name": "\u{0}\r\n\u{202e}gnp.exe\u{1b}[31m", "mimeType": "image/png", "size": -1},
        {"id": "huge", "name": "x", "mimeType": "image/png", "size": 1e30},
        {"id": "width", "name": "x", "mimeType": "image/png", "size": "7", "imageMediaMetadata": {"width": -1}},
        {"id": "typeless", "name": 7, "mimeType": {"a": 1}, "md5Checksum": "zz"},
        {"id": "loop", "mimeType": "application/vnd.google-apps.shortcut", "shortcutDetails": {"targetId": "loop"}},
        {"id": "good", "name": "again.png", "mimeType": "image/png", "size": "7"},
        null, [], "text",
    ]);
    let odd = odd.as_array().unwrap().clone();
    let (_stranger, import, worker, _dir) = stage(move |_| page(&odd, None)).await;
    let answer = import.import("folder").await;
    assert_eq!((answer.status, &answer.body["total_images"]), (202, &json!(13)), "{answer:?}");
    let job = answer.body["job_id"].as_str().unwrap();
    eventually("all are sent", || async { (worker.file_ids().len() == 13).then_some(()) }).await;
    assert_eq!(counts(&ended(&import, &worker, job).await), (13, 0, 0, 13));
}
