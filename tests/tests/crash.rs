//! `kill -9` of each service in the middle of an import: every image ends as exactly one row and one object.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use tests::{Stack, database::Database, drive, wait_for};

use crate::drive_folders::folder;

const FILES: usize = 300;

/// Starts an import that takes a few seconds.
async fn slow_import(database: Database) -> (Stack, String, BTreeMap<String, Vec<u8>>) {
    let (manifest, expected) = folder("crashing", FILES, 4000);
    let stack =
        Stack::with(drive::serving(&manifest)).database(database).set("WORKER_CONCURRENCY", 4).start().await;
    stack.drive.fail(&json!({"kind": "latency", "on": "media", "seconds": 0.03}));
    let job_id = stack.start_job("crashing").await;
    (stack, job_id, expected)
}

/// Waits until about `images` rows are there.
async fn after(stack: &Stack, images: u64) {
    let metadata = client::metadata::Client::new(stack.api.clone(), stack.http.clone());
    let look = || async { metadata.stats().await.map_or(0, |stats| stats.total_images) };
    wait_for("some images are stored", Duration::from_secs(60), look, |&stored| stored >= images).await;
}

async fn is_exact(stack: &Stack, job_id: &str, expected: &BTreeMap<String, Vec<u8>>) {
    let job = stack.finished(job_id).await;
    let counts = (job.total, job.processed.as_u64(), job.failed.as_u64());
    assert_eq!(counts, (FILES as u64, Some(FILES as u64), Some(0)), "{:?}", job.failures);
    assert_eq!(job.state, Some(client::import::JobState::Completed));
    stack.assert_stored_exactly(expected).await;
    stack.assert_no_secret_in_logs();
}

async fn a_killed_service_loses_nothing(service: &str, database: Database) {
    let (mut stack, job_id, expected) = slow_import(database).await;
    for images in [20, 120] {
        after(&stack, images).await;
        stack.process(service).start_again();
        stack.ready(service).await;
    }
    is_exact(&stack, &job_id, &expected).await;
}

#[tokio::test]
async fn a_killed_import_service_loses_nothing() {
    a_killed_service_loses_nothing("import", Database::Sqlite).await;
}

#[tokio::test]
async fn a_killed_worker_loses_nothing() {
    a_killed_service_loses_nothing("worker", Database::Sqlite).await;
}

#[tokio::test]
async fn a_killed_storage_service_loses_nothing() {
    a_killed_service_loses_nothing("storage", Database::Sqlite).await;
}

#[tokio::test]
async fn a_killed_metadata_service_loses_nothing() {
    a_killed_service_loses_nothing("metadata", Database::Sqlite).await;
}

#[tokio::test]
async fn a_killed_metadata_service_loses_nothing_on_mysql() {
    a_killed_service_loses_nothing("metadata", Database::Mysql).await;
}

#[tokio::test]
async fn a_killed_worker_loses_nothing_on_mysql() {
    a_killed_service_loses_nothing("worker", Database::Mysql).await;
}

#[tokio::test]
async fn everything_killed_at_once_goes_on_where_it_was() {
    let (mut stack, job_id, expected) = slow_import(Database::Sqlite).await;
    after(&stack, 50).await;
    for process in stack.processes.values_mut() {
        process.kill();
    }
    for process in stack.processes.values_mut() {
        process.start_again();
    }
    is_exact(&stack, &job_id, &expected).await;
}
