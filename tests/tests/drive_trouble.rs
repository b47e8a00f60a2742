//! Every fault of the fault book during an import: what passes is waited out, what does not fails with its reason, and
//! no byte is wrong.

use std::collections::BTreeMap;

use emulators::s3::{FaultKind, FaultRule};
use serde_json::{Value, json};
use tests::{Stack, drive};

use crate::drive_folders::folder;

const FILES: usize = 12;
const LENGTH: usize = 30_000;

/// Imports a folder while `faults` hold; everything must be stored in spite of them.
async fn is_survived(faults: Value) {
    let (manifest, expected) = folder("bad_day", FILES, LENGTH);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.drive.fail(&faults);
    let job = stack.import_whole("bad_day").await;
    assert!(
        stack.drive.fired().iter().all(|&fired| fired > 0),
        "not every fault fired: {:?}",
        stack.drive.fired()
    );
    stack.drive.heal();
    assert_eq!(job.processed.as_u64(), Some(FILES as u64), "{faults}: {:?}", job.failures);
    stack.assert_stored_exactly(&expected).await;
    stack.assert_no_secret_in_logs();
}

#[tokio::test]
async fn server_errors_and_broken_connections_are_waited_out() {
    is_survived(json!([
        {"kind": "internalError", "on": "media", "count": 2},
        {"kind": "html-502", "on": "media", "count": 1, "skip": 2},
        {"kind": "empty-503", "on": "media", "count": 1, "skip": 3},
        {"kind": "null-500", "on": "media", "count": 1, "skip": 4},
        {"kind": "reset", "on": "media", "count": 1, "skip": 5},
        {"kind": "close", "on": "media", "count": 1, "skip": 6},
        {"kind": "close", "on": "media", "bytes": 10000, "count": 1, "skip": 7},
        {"kind": "truncate", "length": "announced", "bytes": 9000, "on": "media", "count": 1, "skip": 8},
        {"kind": "truncate", "length": "none", "bytes": 9000, "on": "media", "count": 1, "skip": 9},
        {"kind": "truncate", "length": "chunked", "bytes": 9000, "on": "media", "count": 1, "skip": 10},
    ]))
    .await;
}

#[tokio::test]
async fn rate_answers_slow_the_import_down_and_fail_nothing() {
    is_survived(json!([
        {"kind": "userRateLimitExceeded", "on": "media", "count": 3},
        {"kind": "rateLimitExceeded", "status": 429, "retryAfter": "1", "on": "media", "count": 2, "skip": 3},
        {"kind": "RATE_LIMIT_EXCEEDED", "on": "media", "count": 2, "skip": 5},
    ]))
    .await;
}

#[tokio::test]
async fn wrong_bytes_are_downloaded_again() {
    is_survived(json!([
        {"kind": "wrong-bytes", "on": "media", "count": 2},
        {"kind": "ignore-range", "on": "media", "count": 3},
        {"kind": "latency", "seconds": 0.2, "count": 10},
    ]))
    .await;
}

#[tokio::test]
async fn a_bad_listing_is_read_to_its_end() {
    is_survived(json!([
        {"kind": "short-page", "items": 5, "on": "list"},
        {"kind": "empty-page", "on": "list", "count": 1, "skip": 1},
        {"kind": "duplicate-page", "on": "list", "count": 1, "skip": 2},
        {"kind": "internalError", "on": "list", "count": 1, "skip": 1},
        {"kind": "page-token-refused", "on": "list", "count": 1},
    ]))
    .await;
}

/// Imports a folder in which one file always has `fault`; only that file fails, at once and with `reason`.
async fn fails_one_file(fault: Value, reason: &str) {
    let (manifest, mut expected) = folder("one_bad", 4, 900);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.drive.fail(&fault);
    let job = stack.import_whole("one_bad").await;
    let reasons: Vec<_> = job.failures.iter().map(|failure| failure.failure.reason.as_str()).collect();
    assert_eq!(reasons, [reason], "{fault}: {:?}", job.failures);
    assert_eq!((job.processed.as_u64(), job.failed.as_u64()), (Some(3), Some(1)));
    expected.remove("one_bad_f1");
    stack.assert_stored_exactly(&expected).await;
}

#[tokio::test]
async fn a_file_that_drive_refuses_fails_alone_and_says_why() {
    let refusals = BTreeMap::from([
        ("downloadQuotaExceeded", "download-quota-exceeded"),
        ("cannotDownloadAbusiveFile", "flagged-as-abusive"),
        ("cannotDownloadFile", "download-forbidden"),
        ("notFound", "not-found"),
        ("fileNotDownloadable", "not-downloadable"),
        ("insufficientFilePermissions", "forbidden"),
    ]);
    for (kind, reason) in refusals {
        fails_one_file(json!({"kind": kind, "on": "media", "file": "one_bad_f1"}), reason).await;
    }
}

#[tokio::test]
async fn a_file_that_changes_under_the_import_is_stored_as_it_is_now() {
    let (manifest, _) = folder("moving", 3, 5000);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack
        .drive
        .fail(&json!({"kind": "file-changed", "on": "media", "file": "moving_f1", "bytes": 100, "count": 1}));
    let job = stack.import_whole("moving").await;
    assert_eq!(job.processed.as_u64(), Some(3), "{:?}", job.failures);
    let images = stack.images().await;
    let changed = images.iter().find(|image| image.google_drive_id == "moving_f1").expect("it is stored");
    assert_eq!(changed.size_bytes(), Some(5100));
}

#[tokio::test]
async fn a_bad_key_ends_the_job_and_says_what_to_do() {
    let (manifest, _) = folder("locked", 5, 900);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    stack.drive.fail(&json!({"kind": "API_KEY_INVALID", "on": "media"}));
    let job = stack.import_whole("locked").await;
    assert_eq!(job.state, Some(client::import::JobState::Failed));
    assert_eq!(job.failed.as_u64(), Some(5), "the rest counts as failed");
    assert!(job.error.as_deref().unwrap_or_default().contains("GOOGLE_API_KEY"), "{:?}", job.error);
    assert!(stack.bucket.objects().await.is_empty());
}

#[tokio::test]
async fn trouble_of_the_bucket_is_waited_out() {
    let (manifest, expected) = folder("s3_trouble", 20, 20_000);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    for (kind, count) in [
        (FaultKind::SlowDown, 3),
        (FaultKind::InternalError, 3),
        (FaultKind::Reset, 2),
        (FaultKind::LostReply, 2),
    ] {
        stack.bucket.fail(FaultRule::new(kind).on("PutObject").times(count));
    }
    let job = stack.import_whole("s3_trouble").await;
    assert_eq!(job.processed.as_u64(), Some(20), "{:?}", job.failures);
    stack.assert_stored_exactly(&expected).await;
}
