//! A job that waits says so, until when and for what, and goes on by itself.

use client::import::{JobState, JobStatus};
use serde_json::json;
use tests::{Stack, drive, wait_for};

use crate::drive_folders::folder;

const FILES: usize = 30;
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

async fn stack() -> Stack {
    let (manifest, _) = folder("patience", FILES, 2000);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.all_ready().await;
    stack
}

/// Looks at a job until it says that it waits for something with `reason` in it.
async fn waits(stack: &Stack, job_id: &str, reason: &str) -> JobStatus {
    let says = |job: &JobStatus| {
        let why = job.waiting_reason.as_deref().unwrap_or_default();
        job.state == Some(JobState::Waiting) && job.waiting_until.is_some() && why.contains(reason)
    };
    wait_for("the job waits", PATIENCE, || stack.job(job_id), says).await
}

/// The job ends with every image, and says nothing of waiting any more.
async fn goes_on(stack: &Stack, job_id: &str) {
    let job = stack.finished(job_id).await;
    assert_eq!(
        (job.state, job.processed.as_u64()),
        (Some(JobState::Completed), Some(FILES as u64)),
        "{job:?}"
    );
    assert_eq!((job.waiting_until, job.waiting_reason), (None, None));
}

#[tokio::test]
async fn jobs_under_a_quota_say_that_they_wait_and_go_on() {
    let stack = stack().await;
    stack.drive.fail(&json!([{"kind": "quota", "units": 4000, "seconds": 5}]));
    let (one, other) = (stack.start_job("patience").await, stack.start_job("patience").await);
    let job = waits(&stack, &one, "Google Drive").await;
    let until = job.waiting_until.unwrap();
    assert!(until.contains('T') && until.ends_with('Z'), "{until}");
    for job_id in [one, other] {
        goes_on(&stack, &job_id).await;
    }
}

#[tokio::test]
async fn a_worker_that_is_started_again_while_google_blocks_it_goes_on() {
    let mut stack = stack().await;
    stack.drive.fail(&json!([{"kind": "html-403", "on": "media", "count": 1}]));
    let job_id = stack.start_job("patience").await;
    waits(&stack, &job_id, "blocks this address").await;
    stack.process("worker").start_again();
    goes_on(&stack, &job_id).await;
}

#[tokio::test]
async fn services_that_are_away_are_waited_for() {
    let mut stack = stack().await;
    for (service, folder) in [("metadata", "small30"), ("storage", "bench-30-500")] {
        stack.process(service).kill();
        let job_id = stack.start_job(folder).await;
        waits(&stack, &job_id, service).await;
        stack.process(service).start_again();
        goes_on(&stack, &job_id).await;
    }
}
