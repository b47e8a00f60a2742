//! `POST /import/preview`.

use serde_json::{Value, json};

use crate::harness::{Drive, Import, Kind, Metadata, Settings, Worker};

const FOLDER: &str = "application/vnd.google-apps.folder";

fn image(id: &str) -> Value {
    json!({"id": id, "name": format!("{id}.jpg"), "mimeType": "image/jpeg", "size": "auto", "bytes": 10, "md5Checksum": "auto"})
}

fn album() -> Value {
    json!({
        "album": {"name": "Holiday", "children": [
            image("a1"),
            image("a2"),
            {"id": "closed", "name": "c.jpg", "mimeType": "image/jpeg", "size": "auto", "bytes": 10, "canDownload": false},
            {"id": "doc", "name": "d.pdf", "mimeType": "application/pdf", "bytes": 5},
            {"id": "sub", "name": "sub", "children": [
                image("s1"),
                {"id": "again", "name": "again", "shortcut": {"targetId": "album", "targetMimeType": FOLDER}},
                {"id": "hidden", "name": "hidden", "shortcut": {"targetId": "secret", "targetMimeType": FOLDER}},
            ]},
            {"id": "to-a1", "name": "to a1", "shortcut": {"targetId": "a1", "targetMimeType": "image/jpeg"}},
        ]},
        "empty": [],
        "secret": {"private": true, "children": [image("h1")]},
    })
}

struct Stage {
    import: Import,
    drive: Drive,
    worker: Worker,
    _dir: tempfile::TempDir,
}

impl Stage {
    async fn new(metadata: Option<&Metadata>, list_wait_secs: u32) -> Self {
        let (drive, worker) = (Drive::serving(album()).await, Worker::start(Kind::Ours).await);
        let dir = tempfile::tempdir().unwrap();
        let mut settings =
            Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", &list_wait_secs.to_string());
        if let Some(metadata) = metadata {
            settings = settings.with("METADATA_SERVICE_URL", &metadata.url);
        }
        Self { import: settings.start().await, drive, worker, _dir: dir }
    }

    async fn preview(&self, folder: &str, recursive: bool) -> (u16, Value) {
        let body = json!({"folder_url": folder, "recursive": recursive});
        let answer = self.import.post("import/preview", &body).await;
        (answer.status, answer.body)
    }
}

#[tokio::test]
async fn a_preview_counts_what_an_import_would_do_and_does_nothing() {
    let changed = "0".repeat(32);
    let metadata = Metadata::knowing(&[("a1", ""), ("a2", &changed), ("elsewhere", "")]).await;
    let stage = Stage::new(Some(&metadata), 20).await;
    let (status, preview) = stage.preview("https://drive.google.com/drive/folders/album", false).await;
    assert_eq!(
        (status, preview),
        (
            200,
            json!({
                "folder_id": "album", "folder_name": "Holiday",
                "folder_url": "https://drive.google.com/drive/folders/album",
                "recursive": false, "folders": 1, "images": 3, "bytes": 30, "known": 0, "to_import": 3,
                "skipped": {"subfolders": 1, "shortcuts": 1, "other_files": 1, "not_downloadable": 1, "unreadable_folders": 0},
                "complete": true,
            })
        )
    );
    let (_, tree) = stage.preview("album", true).await;
    assert_eq!(
        (&tree["images"], &tree["folders"], &tree["complete"]),
        (&json!(4), &json!(2), &json!(true)),
        "{tree}"
    );
    assert_eq!(
        (&tree["skipped"]["subfolders"], &tree["skipped"]["unreadable_folders"]),
        (&json!(0), &json!(1))
    );
    assert!(stage.worker.batches().is_empty());
    assert_eq!(stage.import.ask("import/jobs").await.body["total"], 0);
}

#[tokio::test]
async fn known_images_are_told_apart_from_new_and_changed_ones() {
    let probe = Stage::new(None, 20).await;
    let job = probe.import.job("album").await;
    let batch = crate::harness::eventually("a batch", || async { probe.worker.batches().pop() }).await;
    assert_eq!(batch["job_id"], json!(job));
    let listed = batch["files"].as_array().unwrap().iter().find(|file| file["id"] == "a1").unwrap().clone();
    let metadata =
        Metadata::knowing(&[("a1", listed["md5Checksum"].as_str().unwrap()), ("a2", &"0".repeat(32))]).await;
    let stage = Stage::new(Some(&metadata), 20).await;
    let (_, preview) = stage.preview("album", false).await;
    assert_eq!((&preview["known"], &preview["to_import"]), (&json!(1), &json!(2)), "{preview}");
}

#[tokio::test]
async fn without_word_from_metadata_nothing_is_claimed() {
    let original = Metadata::original().await;
    for stage in [Stage::new(None, 5).await, Stage::new(Some(&original), 5).await] {
        let (status, preview) = stage.preview("album", false).await;
        assert_eq!((status, &preview["images"]), (200, &json!(3)));
        assert_eq!((&preview["known"], &preview["to_import"]), (&json!(null), &json!(null)), "{preview}");
    }
}

#[tokio::test]
async fn a_preview_ends_in_time_with_what_it_has_seen() {
    let stage = Stage::new(None, 1).await;
    stage.drive.fault(json!({"kind": "latency", "on": "list", "skip": 1, "seconds": 5}));
    let (status, preview) = stage.preview("big1205", false).await;
    assert_eq!(
        (status, &preview["complete"], &preview["images"]),
        (200, &json!(false), &json!(1000)),
        "{preview}"
    );
}

#[tokio::test]
async fn a_preview_refuses_what_an_import_refuses() {
    let stage = Stage::new(None, 1).await;
    for (link, status, word) in [
        ("", 400, "folder_url is required"),
        ("https://drive.google.com/file/d/x/view", 400, "a single file"),
        ("a1", 400, "a file, not a folder"),
        ("noSuchFolderAnywhere", 500, "Error fetching files from Google Drive"),
    ] {
        let (answered, body) = stage.preview(link, false).await;
        assert_eq!(answered, status, "{link}: {body}");
        assert!(body["error"].as_str().unwrap().contains(word), "{link}: {body}");
    }
    let (status, empty) = stage.preview("empty", true).await;
    assert_eq!((status, &empty["images"], &empty["complete"]), (200, &json!(0), &json!(true)));
    assert!(empty["hint"].is_string(), "{empty}");
}
