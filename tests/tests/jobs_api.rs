//! The jobs API as a browser and the command line use it: through the gateway, with everything behind it.

use std::time::Duration;

use client::import::{Client, JobState, StartImport};
use serde_json::{Value, json};
use tests::{Stack, drive, wait_for};

use crate::drive_folders::generated;

fn image(id: &str) -> Value {
    json!({"id": id, "name": format!("{id}.jpg"), "mimeType": "image/jpeg", "size": "auto", "bytes": 2000})
}

fn library() -> Value {
    let folder = "application/vnd.google-apps.folder";
    json!({"folders": {"album": [
        image("a1"),
        {"id": "sub", "name": "sub", "children": [image("b1"), image("b2")]},
        {"id": "again", "name": "again", "shortcut": {"targetId": "album", "targetMimeType": folder}},
    ]}})
}

/// Names and ids of the events of a job, as they come from the gateway.
async fn events(stack: &Stack, job: &str, last: &str) -> (u16, Vec<(String, String)>) {
    let url = format!("{}/import/events/{job}", stack.api);
    let request = stack.http.get(url).header("Last-Event-ID", last).header("Origin", "http://localhost:3000");
    let answer = request.send().await.expect("the gateway answers");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("the stream ends in order");
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
    };
    let blocks = text.split("\n\n").filter(|block| block.starts_with("event: "));
    (status, blocks.map(|block| (field(block, "event: "), field(block, "id: "))).collect())
}

fn ids_of(name: &str, events: &[(String, String)]) -> Vec<String> {
    events.iter().filter(|(known, _)| known == name).map(|(_, id)| id.clone()).collect()
}

#[tokio::test]
async fn an_import_is_previewed_watched_and_its_failures_retried() {
    let stack = Stack::with(drive::serving(&library())).start().await;
    let import = Client::new(stack.api.clone(), stack.http.clone());
    let tree = StartImport { folder_url: "album".to_owned(), recursive: true };

    let before = import.preview_import(&tree).await.expect("a preview");
    assert_eq!((before.images, before.known, before.to_import), (3, Some(0), Some(3)));

    stack.drive.fail(&json!({"kind": "downloadQuotaExceeded", "on": "media", "file": "b2"}));
    let started = import.start_import(&tree).await.expect("an import");
    assert_eq!(started.total_images, Some(3), "{started:?}");
    let job = started.job_id.expect("a job");
    let (status, seen) = events(&stack, &job, "").await;
    assert_eq!(ids_of("image", &seen), ["1", "2"], "{status} {seen:?} {:?}", import.job(&job).await);
    assert_eq!(ids_of("end", &seen), ["end"]);
    assert_eq!(ids_of("image", &events(&stack, &job, "1").await.1), ["2"]);
    assert_eq!(events(&stack, &job, "end").await, (204, Vec::new()));

    let failures = import.list_failures(&job, 1, 10).await.expect("failures");
    assert_eq!((failures.total, failures.failures.len()), (1, 1));
    let failed = &failures.failures[0];
    assert_eq!(
        (failed.image.name.as_str(), failed.image.failure.reason.as_str()),
        ("b2.jpg", "download-quota-exceeded")
    );
    let url = format!("{}/import/jobs/{job}/failures?format=csv", stack.api);
    let csv = stack.http.get(url).send().await.expect("the gateway answers");
    assert!(csv.headers()["content-disposition"].to_str().expect("text").starts_with("attachment"));
    assert!(csv.text().await.expect("CSV").contains("b2,b2.jpg,download-quota-exceeded"));

    stack.drive.heal();
    let retry = import.retry_job(&job).await.expect("a retry");
    let again = import.retry_job(&job).await.expect("the same retry, or word that nothing is left");
    let retried = retry.job_id.expect("a job");
    assert_eq!(retry.total_images, 1);
    assert_eq!(again.retry_of, job);
    let look = || async { import.job(&retried).await.expect("the job is known") };
    let done = wait_for("the retry ends", Duration::from_secs(60), look, |job| job.state.is_final()).await;
    assert_eq!(
        (done.state, done.processed, done.retry_of.as_deref()),
        (JobState::Completed, 1, Some(job.as_str()))
    );

    let jobs = import.list_jobs(1, 50).await.expect("jobs").jobs;
    assert!(
        jobs.iter().any(|listed| listed.job_id == job && listed.recursive && listed.failed == 1),
        "{jobs:?}"
    );
    let after = import.preview_import(&tree).await.expect("a preview");
    assert_eq!((after.images, after.known, after.to_import), (3, Some(3), Some(0)));
    let expected = ["a1", "b1", "b2"].map(|id| (id.to_owned(), generated(id, 2000)));
    stack.assert_stored_exactly(&expected.into()).await;
    stack.assert_no_secret_in_logs();
}

#[tokio::test]
async fn a_watcher_comes_back_after_restarts_of_import_and_gateway_and_misses_nothing() {
    let items: Vec<Value> = (0..60).map(|number| image(&format!("i{number}"))).collect();
    let mut stack = Stack::with(drive::serving(&json!({"folders": {"album": items}}))).start().await;
    stack.drive.fail(&json!({"kind": "latency", "on": "media", "seconds": 1}));
    let job = stack.start_job("album").await;
    let mut seen: Vec<String> = Vec::new();
    let mut is_over = false;
    for service in ["import", "gateway", "import"] {
        let url = format!("{}/import/events/{job}", stack.api);
        let last = seen.last().cloned().unwrap_or_default();
        let mut answer =
            stack.http.get(url).header("Last-Event-ID", last).send().await.expect("the gateway answers");
        let first = answer.chunk().await.expect("the stream begins").unwrap_or_default();
        assert!(stack.process(service).terminate(15).await, "{service} does not wait for those who watch");
        let mut text = String::from_utf8(first.to_vec()).expect("text");
        while let Ok(Some(chunk)) = answer.chunk().await {
            text.push_str(std::str::from_utf8(&chunk).expect("whole characters"));
        }
        // what was cut is told again
        let whole = text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
        seen.extend(whole.lines().filter_map(|line| line.strip_prefix("id: ")).map(str::to_owned));
        is_over = seen.last().is_some_and(|id| id == "end");
        stack.process(service).start_again();
        stack.ready(service).await;
    }
    if !is_over {
        let last = seen.last().cloned().unwrap_or_default();
        seen.extend(
            events(&stack, &job, &last).await.1.into_iter().map(|(_, id)| id).filter(|id| !id.is_empty()),
        );
    }
    let expected: Vec<String> =
        (1..=60).map(|number: u32| number.to_string()).chain(["end".to_owned()]).collect();
    assert_eq!(seen, expected);
}
