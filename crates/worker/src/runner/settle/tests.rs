//! What a panic comes to.

use std::time::Instant;

use client::Secret;
use serde_json::json;
use service::{Env, Shutdown};

use super::*;
use crate::{
    App, Config,
    queue::{NewTasks, Queue},
    task::JobKey,
};

/// A worker that runs nothing by itself, with nothing behind it.
async fn app(directory: &tempfile::TempDir) -> App {
    let nowhere = "http://127.0.0.1:9";
    let names = ["GOOGLE_DRIVE_API_URL", "STORAGE_SERVICE_URL", "METADATA_SERVICE_URL", "IMPORT_SERVICE_URL"];
    let mut env = Env::from_pairs(names.map(|name| (name, nowhere)));
    env.set("DATA_DIR", directory.path().to_str().unwrap());
    let mut config = Config::from_env(&env).unwrap();
    config.google_api_key = Some(Secret::new("canary"));
    let shutdown = Shutdown::new();
    shutdown.stop();
    App::start(&config, shutdown).await.unwrap()
}

async fn claim(queue: &Queue) -> Task {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(task) = queue.claim(1, true).await.unwrap().pop() {
            return task;
        }
        assert!(Instant::now() < deadline, "it was not given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_panic_is_a_try_that_failed_and_the_task_is_in_nobodys_hands() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(&directory).await;
    let file = json!({"id": "a", "name": "n", "mimeType": "m"});
    let batch =
        NewTasks { job: JobKey::of(&json!("j")), accepts_results: true, request_id: None, files: vec![file] };
    app.queue.enqueue(&batch).await.unwrap();
    let task = claim(&app.queue).await;
    let first_claim = task.claim;
    let in_hand = app.runner.take_in_hand(&task, None);
    app.runner.guarded(task, &in_hand.hold, async { panic!("by a test") }).await;
    drop(in_hand);
    assert!(app.runner.running().is_empty());
    let again = claim(&app.queue).await;
    assert!(again.claim > first_claim);
    assert_eq!((again.progress.attempts, again.progress.failed_tries), (1, 1));
    assert!(again.progress.maybe_stored, "nobody knows how far it came");
}

#[tokio::test]
async fn the_last_panic_fails_the_image() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(&directory).await;
    // no object can have come of this record, so that nothing is to be cleared away
    let files = vec![json!({"id": "a"})];
    let batch = NewTasks { job: JobKey::of(&json!("j")), accepts_results: true, request_id: None, files };
    app.queue.enqueue(&batch).await.unwrap();
    let mut task = claim(&app.queue).await;
    task.progress.failed_tries = 7;
    let in_hand = app.runner.take_in_hand(&task, None);
    app.runner.guarded(task, &in_hand.hold, async { panic!("by a test") }).await;
    let report = app.queue.take_reports().await.unwrap().remove(0);
    assert_eq!(report.results[0].outcome, Outcome::Failed);
    assert_eq!(report.results[0].failure.as_ref().unwrap().reason, "internal");
}
