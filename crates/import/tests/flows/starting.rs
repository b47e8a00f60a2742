//! From a link to an answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Drive, Import, Kind, Settings, Worker, eventually};

struct Stage {
    drive: Drive,
    worker: Worker,
    dir: tempfile::TempDir,
}

impl Stage {
    async fn serving(folders: Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { drive: Drive::serving(folders).await, worker: Worker::start(Kind::Ours).await, dir }
    }

    fn settings(&self) -> Settings {
        Settings::new(self.dir.path(), &self.drive, &self.worker)
    }

    async fn start(&self) -> Import {
        self.settings().start().await
    }
}

#[tokio::test]
async fn bodies_are_answered_as_the_contract_says() {
    let stage = Stage::serving(json!({"empty": []})).await;
    let import = stage.start().await;
    for body in [json!({}), json!([]), json!(""), json!(0), json!(null), json!({"url": "x"})] {
        let answer = import.post("import/google-drive", &body).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("folder_url is required")), "{body}");
    }
    for body in [json!(5), json!(true), json!("folder_url"), json!(["folder_url"])] {
        let answer = import.post("import/google-drive", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.body["error"].as_str().unwrap().contains("`folder_url`"), "{answer:?}");
    }
    for link in [json!(null), json!(5), json!(["x"]), json!({})] {
        let answer = import.post("import/google-drive", &json!({ "folder_url": link })).await;
        assert_eq!(answer.status, 400, "{link}");
        assert!(
            answer.body["error"].as_str().unwrap().starts_with("`folder_url` must be a text"),
            "{answer:?}"
        );
    }
    assert_eq!(stage.drive.listings(), 0);
}

#[tokio::test]
async fn a_folder_with_images_makes_a_job_and_an_empty_one_none() {
    let stage = Stage::serving(json!({"empty": []})).await;
    let import = stage.start().await;
    let answer = import.import("https://drive.google.com/drive/folders/small3?usp=sharing").await;
    assert_eq!(answer.status, 202);
    let job = answer.body["job_id"].as_str().unwrap();
    assert_eq!(
        answer.body,
        json!({"job_id": job, "message": "Import job started for 3 images", "total_images": 3})
    );
    let status = import.status(job).await;
    for (field, value) in [("status", json!("processing")), ("total", json!(3)), ("processed", json!(0))] {
        assert_eq!(status[field], value, "{status}");
    }
    assert_eq!(
        (&status["failed"], &status["imported"], &status["bytes_total"]),
        (&json!(0), &json!([]), &json!(450))
    );
    for link in ["empty", "  empty \n", "https://drive.google.com/open?id=empty&usp=drive_fs"] {
        let answer = import.import(link).await;
        assert_eq!((answer.status, &answer.body["message"]), (200, &json!("No images found in the folder")));
        assert!(answer.body.get("job_id").is_none());
        assert!(answer.body["hint"].as_str().unwrap().contains("holds no images"), "{answer:?}");
    }
    assert_eq!(import.ask("import/status/nope").await.body["error"], "Job not found");
    assert_eq!(import.ask("import/status/%FF").await.body["error"], "Job not found");
}

#[tokio::test]
async fn what_is_no_folder_is_refused_with_what_it_is() {
    let folder = "application/vnd.google-apps.folder";
    let items = json!([
        {"id": "cat", "name": "cat.jpg", "mimeType": "image/jpeg", "bytes": 10},
        {"id": "toAlbum", "name": "link", "shortcut": {"targetId": "album", "targetMimeType": folder}},
        {"id": "toCat", "name": "link", "shortcut": {"targetId": "cat", "targetMimeType": "image/jpeg"}},
        {"id": "hidden", "name": "hidden", "private": true, "children": [{"id": "h1", "name": "h.jpg", "bytes": 1}]},
    ]);
    let album = json!([{"id": "a1", "name": "a.jpg", "mimeType": "image/jpeg", "bytes": 10}]);
    let stage = Stage::serving(json!({"things": items, "album": album})).await;
    let import = stage.start().await;
    for (link, says) in [
        ("", "folder_url is required"),
        ("   ", "folder_url is required"),
        ("it's", "neither a Google Drive link nor a folder id"),
        ("root", "private folder"),
        ("https://drive.google.com/file/d/cat/view", "a single file"),
        ("https://drive.google.com/open?id=cat", "a file, not a folder: 'cat.jpg'"),
        ("cat", "a file, not a folder"),
        ("toCat", "a shortcut to a file"),
    ] {
        let answer = import.import(link).await;
        assert_eq!(answer.status, 400, "{link}: {answer:?}");
        assert!(answer.body["error"].as_str().unwrap().contains(says), "{link}: {answer:?}");
    }
    assert_eq!(import.import("toAlbum").await.body["total_images"], 1);
    let hidden = import.import("hidden").await;
    assert_eq!((hidden.status, &hidden.body["message"]), (200, &json!("No images found in the folder")));
    assert!(hidden.body["hint"].as_str().unwrap().contains("Anyone with the link"), "{hidden:?}");
    let unknown = import.import("noSuchFolderAnywhere").await;
    assert_eq!(unknown.status, 500);
    let error = unknown.body["error"].as_str().unwrap();
    assert!(error.starts_with("Error fetching files from Google Drive: 404 File not found: ."), "{error}");
    assert!(error.contains("Anyone with the link"), "{error}");
}

#[tokio::test]
async fn a_resource_key_opens_what_is_closed_without_it() {
    let children = json!([{"id": "in", "name": "in.jpg", "mimeType": "image/jpeg", "bytes": 10}]);
    let stage = Stage::serving(json!({"locked": {"resourceKey": "0-key", "children": children}})).await;
    let import = stage.start().await;
    let link = "https://drive.google.com/drive/folders/locked";
    let closed = import.import(link).await;
    assert!(closed.status != 202 && closed.body.to_string().contains("Anyone with the link"), "{closed:?}");
    assert_eq!(import.import(&format!("{link}?resourcekey=0-key")).await.body["total_images"], 1);
}

#[tokio::test]
async fn trouble_with_drive_is_a_500_without_key_or_address() {
    let stage = Stage::serving(json!({})).await;
    let import = stage.settings().with("LIST_WAIT_SECS", "1").start().await;
    for (fault, code) in [
        (json!({"kind": "API_KEY_INVALID", "message": "API key canary-key not valid."}), "api-key-invalid"),
        (json!({"kind": "accessNotConfigured"}), "drive-api-disabled"),
        (json!({"kind": "userRateLimitExceeded"}), "rate-limited"),
        (json!({"kind": "internalError"}), "drive-unavailable"),
        (json!({"kind": "html-502"}), "drive-unavailable"),
        (json!({"kind": "not-json"}), "unexpected-answer"),
        (json!({"kind": "close"}), "connection-broken"),
        (json!({"kind": "stall", "seconds": 20}), "connection-broken"),
    ] {
        stage.drive.faults.clear();
        stage.drive.fault(fault.clone());
        let answer = import.import("small3").await;
        assert_eq!((answer.status, &answer.body["code"]), (500, &json!(code)), "{fault}: {answer:?}");
        let error = answer.body["error"].as_str().unwrap();
        assert!(error.starts_with("Error fetching files from Google Drive: "), "{error}");
        for secret in ["canary-key", "127.0.0.1", "/drive/v3"] {
            assert!(!error.contains(secret), "{error}");
        }
    }
    assert!(stage.worker.batches().is_empty());
}

#[tokio::test]
async fn passing_trouble_with_the_first_page_is_not_seen() {
    let stage = Stage::serving(json!({})).await;
    stage.drive.fault(json!({"kind": "internalError", "on": "list", "count": 1}));
    let import = stage.start().await;
    assert_eq!(import.import("small3").await.body["total_images"], 3);
}

#[tokio::test]
async fn without_a_key_nothing_is_asked_and_the_answer_says_what_to_set() {
    let stage = Stage::serving(json!({})).await;
    let import = stage.settings().with("GOOGLE_API_KEY", "").start().await;
    let answer = import.import("small3").await;
    assert_eq!(answer.status, 500);
    let error = answer.body["error"].as_str().unwrap();
    assert!(
        error.starts_with("Error fetching files from Google Drive: ") && error.contains("GOOGLE_API_KEY")
    );
    assert_eq!(stage.drive.listings(), 0);
    let ready = import.ask("ready").await;
    assert_eq!(
        (ready.status, &ready.body["dependencies"]["google-api-key"]["status"]),
        (503, &json!("down"))
    );
    assert_eq!(ready.body["dependencies"]["job-store"]["status"], "up");
}

#[tokio::test]
async fn a_slow_listing_is_answered_with_what_is_known() {
    let stage = Stage::serving(json!({})).await;
    stage.drive.fault(json!({"kind": "latency", "on": "list", "skip": 1, "seconds": 3}));
    let import = stage.settings().with("LIST_WAIT_SECS", "1").start().await;
    let answer = import.import("big1205").await;
    assert_eq!((answer.status, &answer.body["listing"]), (202, &json!("in_progress")), "{answer:?}");
    assert_eq!(answer.body["total_images"], 1000);
    let job = answer.body["job_id"].as_str().unwrap();
    assert_eq!(import.status(job).await["state"], "listing");
    assert_eq!(import.status_when(job, "running").await["total"], 1205);
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_stop_the_import() {
    let stage = Stage::serving(json!({})).await;
    stage.drive.fault(json!({"kind": "latency", "on": "list", "seconds": 0.5}));
    let import = stage.start().await;
    let gone = tokio::time::timeout(Duration::from_millis(100), import.import("small3")).await;
    assert!(gone.is_err(), "the answer came too soon for this test");
    eventually("the images are at the worker", || async {
        (stage.worker.file_ids().len() == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_more_imports_run_at_once_than_may() {
    let image = |id: &str| json!([{"id": id, "name": id, "mimeType": "image/png", "size": "9"}]);
    let stage = Stage::serving(json!({"one": image("a"), "two": image("b")})).await;
    let import = stage.settings().with("MAX_JOBS", "1").start().await;
    let first = import.job("one").await;
    let refused = import.import("two").await;
    assert_eq!((refused.status, &refused.body["code"]), (429, &json!("too-many-jobs")), "{refused:?}");
    import.post(&format!("import/jobs/{first}/cancel"), &json!({})).await;
    eventually("room for another", || async { (import.import("two").await.status == 202).then_some(()) })
        .await;
    let retry = import.post(&format!("import/jobs/{first}/retry"), &json!({})).await;
    assert_eq!((retry.status, &retry.body["code"]), (429, &json!("too-many-jobs")), "{retry:?}");
}
