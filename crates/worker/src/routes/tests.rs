//! The routes as clients see them; nothing behind them is there.

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use client::Secret;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use service::{Env, Shutdown, cors::Cors};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{App, Config};

struct Worker {
    router: Router,
    app: App,
    _directory: TempDir,
}

async fn worker() -> Worker {
    let directory = tempfile::tempdir().unwrap();
    let nowhere = "http://127.0.0.1:9";
    let env = Env::from_pairs([
        ("DATA_DIR", directory.path().to_str().unwrap()),
        ("GOOGLE_DRIVE_API_URL", nowhere),
        ("STORAGE_SERVICE_URL", nowhere),
        ("METADATA_SERVICE_URL", nowhere),
        ("IMPORT_SERVICE_URL", nowhere),
    ]);
    let mut config = Config::from_env(&env).unwrap();
    config.google_api_key = Some(Secret::new("canary"));
    let shutdown = Shutdown::new();
    // nothing runs what is taken in
    shutdown.stop();
    let app = App::start(&config, shutdown).await.unwrap();
    let router = service::serve::finish(super::router(app.clone()), Cors::any());
    Worker { router, app, _directory: directory }
}

impl Worker {
    async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

#[tokio::test]
async fn a_batch_is_answered_as_the_original_does_and_written_down() {
    let worker = worker().await;
    for job in [json!("j"), json!(7), json!(null), json!({"a": 1})] {
        let body = json!({"job_id": job, "files": [{"id": "a", "name": "n"}, {"name": "no id"}]});
        let (status, answer) = worker.post("/process-batch", &body.to_string()).await;
        assert_eq!(status, 202);
        let expected = json!({"batch_size": 2, "job_id": job, "message": "Processing 2 images", "reports_results": true});
        assert_eq!(answer, expected);
    }
    let (status, answer) = worker.post("/process-batch", r#"{"files":[{"id":"z"}]}"#).await;
    assert_eq!((status, &answer["job_id"]), (202, &Value::Null));
    assert_eq!(worker.app.queue.open_jobs().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_batch_without_files_is_refused_in_the_originals_words() {
    let worker = worker().await;
    for body in ["{}", r#"{"files":[]}"#, r#"{"files":null}"#, r#"{"job_id":"j","files":""}"#] {
        let (status, answer) = worker.post("/process-batch", body).await;
        assert_eq!((status, &answer["error"]), (400, &json!("No files to process")), "{body}");
    }
    for body in ["null", "[]", "{", r#"{"files":5}"#, r#"{"files":"abc"}"#, r#"{"files":["a"]}"#] {
        let (status, answer) = worker.post("/process-batch", body).await;
        assert_eq!(status, 400, "{body}");
        assert_ne!(answer["error"], "No files to process", "{body}");
    }
}

#[tokio::test]
async fn a_single_image_with_a_bad_record_is_refused_by_name() {
    let worker = worker().await;
    for (file, named, is_about_the_file) in [
        (json!(null), "'file_data'", false),
        (json!("x"), "'file_data'", false),
        (json!({"id": "a", "mimeType": "m"}), "'name'", false),
        (json!({"id": "a", "name": "n"}), "'mimeType'", true),
        (json!({"name": "n", "mimeType": "m"}), "'id'", true),
        (json!({"id": 5, "name": "n", "mimeType": "m"}), "'id'", true),
        (json!({"id": "a", "name": "n", "mimeType": "m", "size": null}), "'size'", true),
    ] {
        let body = json!({"job_id": "j", "file_data": file}).to_string();
        let (status, answer) = worker.post("/process-single", &body).await;
        assert_eq!(status, 400, "{file}");
        assert!(answer["error"].as_str().unwrap().contains(named), "{answer}");
        assert_eq!(answer.get("success") == Some(&json!(false)), is_about_the_file, "{answer}");
    }
}

#[tokio::test]
async fn an_id_that_drive_cannot_know_is_not_found() {
    let worker = worker().await;
    for id in ["no such/id?x", ""] {
        let body = json!({"file_data": {"id": id, "name": "single.jpg", "mimeType": "m"}}).to_string();
        let (status, answer) = worker.post("/process-single", &body).await;
        assert_eq!((status, &answer["file"], &answer["success"]), (500, &json!("single.jpg"), &json!(false)));
        let text = answer["error"].as_str().unwrap();
        assert!(text.starts_with("Error downloading from Google Drive: 404 File not found"), "{text}");
    }
}

#[tokio::test]
async fn a_cancel_is_accepted_for_any_job() {
    let worker = worker().await;
    worker.post("/process-batch", r#"{"job_id":"j","files":[{"id":"a"},{"id":"b"}]}"#).await;
    let (status, answer) = worker.post("/jobs/j/cancel", "").await;
    assert_eq!((status, answer), (202, json!({"success": true, "cancelled": 2})));
    let (status, answer) = worker.post("/jobs/unknown/cancel", "").await;
    assert_eq!((status, answer), (202, json!({"success": true, "cancelled": 0})));
}
