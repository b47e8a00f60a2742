//! Imports of folders with all that is below them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Drive, Import, Kind, Settings, Worker, counts, eventually};

const FOLDER: &str = "application/vnd.google-apps.folder";

fn image(id: &str) -> Value {
    json!({"id": id, "name": format!("{id}.jpg"), "mimeType": "image/jpeg", "size": "auto", "bytes": 10})
}

fn shortcut(id: &str, target: &str, kind: &str) -> Value {
    json!({"id": id, "name": format!("link {id}"), "shortcut": {"targetId": target, "targetMimeType": kind}})
}

async fn start(folders: Value) -> (Import, Drive, Worker, tempfile::TempDir) {
    let (drive, worker) = (Drive::serving(folders).await, Worker::start(Kind::Ours).await);
    let dir = tempfile::tempdir().unwrap();
    (Settings::new(dir.path(), &drive, &worker).start().await, drive, worker, dir)
}

fn job_of(answer: &crate::harness::Answer) -> String {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.body["job_id"].as_str().unwrap().to_owned()
}

fn sent(worker: &Worker) -> BTreeSet<String> {
    worker.file_ids().into_iter().collect()
}

/// Loops, the same folder and the same image by several ways, and what is none of an import's business.
fn maze() -> Value {
    json!({
        "top": [
            image("t1"),
            {"id": "sub", "name": "sub", "children": [
                image("s1"),
                {"id": "deep", "name": "deep", "children": [
                    image("d1"), shortcut("up", "top", FOLDER), shortcut("self", "deep", FOLDER)
                ]},
                {"id": "hollow", "name": "hollow", "children": []},
            ]},
            shortcut("away", "other", FOLDER),
            shortcut("away2", "other", FOLDER),
            shortcut("to-o1", "o1", "image/jpeg"),
            shortcut("to-t1", "t1", "image/jpeg"),
            shortcut("to-binned", "binned", "image/jpeg"),
            shortcut("to-doc", "doc", "application/pdf"),
            {"id": "doc", "name": "d.pdf", "mimeType": "application/pdf", "bytes": 5},
        ],
        "other": [image("o1"), image("o2"), {"id": "binned", "name": "b.jpg", "mimeType": "image/jpeg", "bytes": 9, "trashed": true}],
    })
}

#[tokio::test]
async fn every_image_below_is_imported_once_and_loops_end() {
    let (import, drive, worker, _dir) = start(maze()).await;
    let answer = import.import_tree("top").await;
    let job = job_of(&answer);
    assert_eq!(
        answer.body,
        json!({"job_id": job, "message": "Import job started for 5 images", "total_images": 5})
    );
    eventually("all images", || async { (sent(&worker).len() == 5).then_some(()) }).await;
    assert_eq!(sent(&worker).into_iter().collect::<Vec<_>>(), ["d1", "o1", "o2", "s1", "t1"]);
    assert_eq!(worker.file_ids().len(), 5, "each once");
    assert_eq!(drive.listings(), 5, "each folder is listed once");
    let by_shortcut = worker
        .batches()
        .iter()
        .find_map(|batch| batch["files"].as_array().unwrap().iter().find(|file| file["id"] == "o1").cloned());
    assert_eq!(
        by_shortcut.unwrap()["md5Checksum"].as_str().unwrap().len(),
        32,
        "as Drive lists the image itself"
    );
    assert_eq!(import.ask(&format!("import/jobs/{job}")).await.body["recursive"], true);
    import.report_stored(&job, &worker.file_ids()).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (5, 0, 0, 5));
}

#[tokio::test]
async fn without_recursive_only_the_folder_itself_is_imported() {
    let (import, _drive, worker, _dir) = start(maze()).await;
    let body = json!({"folder_url": "top", "recursive": false});
    assert_eq!(import.post("import/google-drive", &body).await.body["total_images"], 1);
    eventually("the image", || async { (worker.file_ids() == ["t1"]).then_some(()) }).await;
    for wrong in [json!("yes"), json!(1), json!([])] {
        let answer =
            import.post("import/google-drive", &json!({"folder_url": "top", "recursive": wrong})).await;
        assert_eq!(
            (answer.status, answer.body["error"].as_str().unwrap().contains("`recursive`")),
            (400, true)
        );
    }
}

#[tokio::test]
async fn a_folder_of_folders_is_no_empty_folder() {
    let (import, _drive, _worker, _dir) = start(json!({
        "shelf": [{"id": "box", "name": "box", "children": [image("b1")]}],
        "bare": [{"id": "void", "name": "void", "children": []}],
        "nothing": [],
    }))
    .await;
    let answer = import.import_tree("shelf").await;
    assert_eq!((answer.status, &answer.body["total_images"]), (202, &json!(1)), "{answer:?}");
    for folder in ["bare", "nothing"] {
        let answer = import.import_tree(folder).await;
        assert_eq!((answer.status, &answer.body["message"]), (200, &json!("No images found in the folder")));
        assert!(answer.body.get("job_id").is_none() && answer.body["hint"].is_string(), "{answer:?}");
    }
    let hint = import.import("shelf").await.body["hint"].clone();
    assert!(hint.as_str().unwrap().contains("`recursive`"), "{hint}");
}

#[tokio::test]
async fn a_subfolder_that_cannot_be_listed_fails_by_itself_and_can_be_retried() {
    let (import, drive, worker, _dir) = start(json!({"top": [
        image("t1"),
        shortcut("to-secret", "secret", FOLDER),
        {"id": "shaky", "name": "shaky album", "children": [image("k1")]},
        shortcut("lost", "nowhere", FOLDER),
        {"id": "fine", "name": "fine", "children": [image("f1")]},
    ], "secret": {"private": true, "children": [image("h1")]}}))
    .await;
    drive.fault(json!({"kind": "insufficientFilePermissions", "on": "list", "file": "shaky", "count": 1}));
    let job = job_of(&import.import_tree("top").await);
    let status = eventually("two images and three folders", || async {
        Some(import.status(&job).await).filter(|status| counts(status) == (0, 3, 0, 5))
    })
    .await;
    let mut failed: Vec<_> = status["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failed| {
            (
                failed["file_id"].as_str().unwrap(),
                failed["name"].as_str().unwrap(),
                failed["reason"].as_str().unwrap(),
            )
        })
        .collect();
    failed.sort_unstable();
    assert_eq!(
        failed,
        [
            ("nowhere", "folder nowhere", "not-found"),
            ("secret", "folder secret", "not-found"),
            ("shaky", "shaky album", "forbidden")
        ]
    );
    import.report_stored(&job, &["t1".to_owned(), "f1".to_owned()]).await;
    import.status_when(&job, "completed").await;
    let retried = job_of(&import.post(&format!("import/jobs/{job}/retry"), &json!({})).await);
    eventually("the image in the folder", || async { sent(&worker).contains("k1").then_some(()) }).await;
    import.report_stored(&retried, &["k1".to_owned()]).await;
    assert_eq!(counts(&import.status_when(&retried, "completed").await), (1, 2, 0, 3));
}

#[tokio::test]
async fn a_tree_goes_on_where_it_was_after_a_crash() {
    let boxes: Vec<Value> = (0..40)
        .map(|n| json!({"id": format!("box{n}"), "name": format!("box {n}"), "children": [image(&format!("i{n}"))]}))
        .collect();
    let (drive, worker) = (Drive::serving(json!({ "shelf": boxes })).await, Worker::start(Kind::Ours).await);
    let dir = tempfile::tempdir().unwrap();
    drive.fault(json!({"kind": "stall", "on": "list", "skip": 20, "count": 1, "seconds": 60}));
    let settings = Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", "1");
    let import = settings.start().await;
    let answer = import.import_tree("shelf").await;
    assert_eq!((answer.status, &answer.body["listing"]), (202, &json!("in_progress")), "{answer:?}");
    let job = job_of(&answer);
    import.kill().await;
    let import = settings.start().await;
    assert_eq!(import.status_when(&job, "running").await["total"], 40);
    assert_eq!(drive.listings(), 42, "the shelf, each box, and the one that was interrupted again");
}
