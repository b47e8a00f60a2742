//! Starting and stopping: what is down is waited for, and a stop is orderly.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Stack, drive, stack::SERVICES, wait_for};

use crate::drive_folders::folder;

async fn readiness(stack: &Stack, service: &str) -> (u16, Value) {
    match stack.http.get(format!("{}/ready", stack.url(service))).send().await {
        Ok(answer) => (answer.status().as_u16(), answer.json().await.unwrap_or_default()),
        Err(_) => (0, Value::Null),
    }
}

#[tokio::test]
async fn a_service_that_is_down_is_named_and_waited_for() {
    let (manifest, expected) = folder("waiting", 8, 700);
    let mut stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.process("storage").kill();
    let look = || readiness(&stack, "worker");
    let down = |seen: &(u16, Value)| seen.0 == 503 && seen.1.to_string().contains("down");
    wait_for("the worker misses storage", Duration::from_secs(20), look, down).await;
    let health = stack.http.get(format!("{}/health", stack.url("worker"))).send().await.expect("an answer");
    assert_eq!(health.status().as_u16(), 200, "health never looks further");
    let job_id = stack.start_job("waiting").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let job = stack.job(&job_id).await;
    assert_eq!(job.failed.as_u64(), Some(0), "nothing is held against the images: {:?}", job.failures);
    stack.process("storage").start_again();
    let job = stack.finished(&job_id).await;
    assert_eq!(job.processed.as_u64(), Some(8), "{:?}", job.failures);
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn a_stop_is_orderly_and_loses_nothing() {
    let (manifest, expected) = folder("stopping", 60, 3000);
    let mut stack = Stack::with(drive::serving(&manifest)).set("WORKER_CONCURRENCY", 4).start().await;
    stack.drive.fail(&json!({"kind": "latency", "on": "media", "seconds": 0.05}));
    let job_id = stack.start_job("stopping").await;
    for service in SERVICES {
        assert!(
            stack.process(service).terminate(20).await,
            "{service} ends by itself, in order, within 20 s"
        );
        stack.process(service).start_again();
        stack.ready(service).await;
    }
    let job = stack.finished(&job_id).await;
    assert_eq!((job.processed.as_u64(), job.failed.as_u64()), (Some(60), Some(0)), "{:?}", job.failures);
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn a_cancelled_job_ends_with_right_counts_and_no_orphans() {
    let (manifest, expected) = folder("cancelled", 200, 2000);
    let stack = Stack::with(drive::serving(&manifest)).set("WORKER_CONCURRENCY", 2).start().await;
    stack.drive.fail(&json!({"kind": "latency", "on": "media", "seconds": 0.1}));
    let job_id = stack.start_job("cancelled").await;
    let url = format!("{}/import/jobs/{job_id}/cancel", stack.api);
    let answer = stack.http.post(url).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 202);
    let job = stack.finished(&job_id).await;
    assert_eq!(job.state, Some(client::import::JobState::Cancelled));
    let (processed, failed) = (job.processed.as_u64().expect("whole"), job.failed.as_u64().expect("whole"));
    assert_eq!(processed + failed + job.cancelled, 200);
    assert!(job.cancelled > 0);
    let stored: Vec<_> = stack.images().await.into_iter().map(|image| image.google_drive_id).collect();
    let expected = expected.into_iter().filter(|(id, _)| stored.contains(id)).collect();
    stack.assert_stored_exactly(&expected).await;
}
