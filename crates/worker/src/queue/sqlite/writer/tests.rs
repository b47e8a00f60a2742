//! One that cannot be written.

use client::import::{FileResult, Outcome};
use serde_json::json;

use super::{super::SqliteQueue, *};
use crate::queue::{NewTasks, Report};

#[tokio::test]
async fn what_cannot_be_written_fails_alone() {
    let directory = tempfile::tempdir().unwrap();
    let queue = SqliteQueue::open(directory.path()).await.unwrap();
    let files = vec![json!({"id": "a"}), json!({"id": "b"})];
    let batch = NewTasks { job: JobKey::of(&json!("j")), accepts_results: true, request_id: None, files };
    queue.enqueue(&batch).await.unwrap();
    let tasks = queue.claim(2, true).await.unwrap();
    let end = tasks[0].ended(Outcome::Imported, json!({"id": 1}), 5);
    let broken = || Write { kind: Kind::Keep, lease: (tasks[1].id, tasks[1].claim), json: "no JSON".into() };
    let (before, written, after) = tokio::join!(
        queue.writer.write(broken()),
        queue.finish(&tasks[0], &end),
        queue.writer.write(broken())
    );
    assert!(before.is_err() && after.is_err());
    assert!(written.unwrap());
    let reports: Vec<Report> = queue.take_written();
    let results: Vec<&FileResult> = reports.iter().flat_map(|report| &report.results).collect();
    assert_eq!(results.len(), 1, "{results:?}");
    assert!(queue.keep(&tasks[1]).await.unwrap(), "its lease is as it was");
}

#[tokio::test]
async fn a_file_that_is_closed_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let queue = SqliteQueue::open(directory.path()).await.unwrap();
    queue.close().await;
    assert!(queue.check().await.is_err());
    assert!(queue.acknowledge(&[1]).await.is_err());
}
