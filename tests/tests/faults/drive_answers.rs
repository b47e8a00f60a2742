//! A fifth of Drive's answers is bad, in every way of the fault book, all in one import.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::{Backend, Stack, audit::assert_counted, drive, long_run};
use tokio::time::Instant;

use crate::drive_folders::folder;

const LENGTH: usize = 20_000;

/// How many files the folder has.
fn files() -> usize {
    if long_run() { 300 } else { 80 }
}

/// Answers that pass by themselves. Together they strike a fifth of all downloads.
fn downloads() -> Vec<Value> {
    let kinds = vec![
        json!({"kind": "internalError"}),
        json!({"kind": "backendError", "format": 2}),
        json!({"kind": "html-502"}),
        json!({"kind": "empty-503"}),
        json!({"kind": "null-500"}),
        json!({"kind": "close"}),
        json!({"kind": "reset"}),
        json!({"kind": "close", "bytes": 7000}),
        json!({"kind": "reset", "bytes": 9000}),
        json!({"kind": "truncate", "length": "announced"}),
        json!({"kind": "truncate", "length": "none"}),
        json!({"kind": "truncate", "length": "chunked"}),
        json!({"kind": "wrong-bytes", "vary": true}),
        json!({"kind": "stall", "seconds": 0.5}),
        json!({"kind": "stall", "seconds": 0.5, "bytes": 5000}),
        json!({"kind": "userRateLimitExceeded"}),
        json!({"kind": "rateLimitExceeded", "status": 429, "retryAfter": "1"}),
        json!({"kind": "RATE_LIMIT_EXCEEDED"}),
        json!({"kind": "ignore-range"}),
    ];
    struck("media", kinds, 0.2)
}

/// The same for pages of the folder.
fn pages() -> Vec<Value> {
    let kinds = vec![
        json!({"kind": "internalError"}),
        json!({"kind": "html-502"}),
        json!({"kind": "empty-503"}),
        json!({"kind": "null-500"}),
        json!({"kind": "not-json"}),
        json!({"kind": "cut-json"}),
        json!({"kind": "close"}),
        json!({"kind": "reset"}),
        json!({"kind": "truncate"}),
        json!({"kind": "stall", "seconds": 0.5}),
        json!({"kind": "rateLimitExceeded", "format": 2}),
    ];
    let mut rules = struck("list", kinds, 0.2);
    rules.extend([
        json!({"kind": "gzip", "on": "list", "probability": 0.5, "seed": 99}),
        json!({"kind": "short-page", "items": 10, "on": "list"}),
        json!({"kind": "empty-page", "on": "list", "count": 1, "skip": 3}),
        json!({"kind": "duplicate-page", "on": "list", "count": 1, "skip": 6}),
        json!({"kind": "page-token-refused", "on": "list", "count": 1, "skip": 4}),
    ]);
    rules
}

/// Each kind strikes its share of a `part` of the calls.
fn struck(call: &str, mut kinds: Vec<Value>, part: f64) -> Vec<Value> {
    let share = part / f64::from(u32::try_from(kinds.len()).expect("a few"));
    for (seed, rule) in kinds.iter_mut().enumerate() {
        rule["on"] = json!(call);
        rule["probability"] = json!(share);
        rule["seed"] = json!(seed);
    }
    kinds
}

/// Files that Drive never hands out, and the reason that each must fail with.
fn refused() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    BTreeMap::from([
        ("bad_fifth_f7", ("downloadQuotaExceeded", "download-quota-exceeded")),
        ("bad_fifth_f27", ("cannotDownloadAbusiveFile", "flagged-as-abusive")),
        ("bad_fifth_f47", ("cannotDownloadFile", "download-forbidden")),
        ("bad_fifth_f77", ("notFound", "not-found")),
    ])
}

async fn a_fifth_of_drives_answers_is_bad(backend: Backend) {
    let (manifest, all) = folder("bad_fifth", files(), LENGTH);
    let stack = Stack::with(drive::serving(&manifest))
        .backend(backend)
        .replicas("worker", 2)
        .replicas("import", 2)
        .start()
        .await;
    let mut rules: Vec<Value> = refused()
        .iter()
        .map(|(file, (kind, _))| json!({"kind": kind, "on": "media", "file": file}))
        .collect();
    // edited under the import; and announced with a checksum that is not the bytes'
    rules.push(json!({"kind": "file-changed", "on": "media", "file": "bad_fifth_f20", "count": 1}));
    rules.push(json!({"kind": "wrong-md5", "file": "bad_fifth_f30"}));
    if long_run() {
        rules.push(json!({"kind": "html-403", "on": "media", "count": 2, "skip": 40}));
    }
    rules.extend(downloads());
    rules.extend(pages());
    let started = Instant::now();
    stack.drive.fail(&Value::Array(rules));
    let job = stack.import_whole("bad_fifth").await;
    let time = started.elapsed();
    let struck: u64 = stack.drive.fired().iter().sum();
    stack.drive.heal();

    assert_counted(&job);
    let failed: BTreeMap<_, _> =
        job.failures.iter().map(|f| (f.file_id.as_str(), f.failure.reason.as_str())).collect();
    let due: BTreeMap<_, _> = refused().into_iter().map(|(file, (_, reason))| (file, reason)).collect();
    assert_eq!(failed, due, "exactly what Drive never hands out has failed");
    assert_eq!((job.total, job.failed.as_u64()), (files() as u64, Some(due.len() as u64)));
    let stored: BTreeSet<String> = all.into_keys().filter(|id| !due.contains_key(id.as_str())).collect();
    let truth = stack.truth(&stored).await;
    assert_ne!(truth["bad_fifth_f20"].size_bytes, LENGTH as u64, "it was edited");
    stack.assert_stored(&truth).await;
    stack.assert_nothing_left_to_do().await;
    stack.assert_no_secret_in_logs();
    stack.assert_no_panic_in_logs();
    eprintln!(
        "{backend}: {} images, {struck} faults of Drive: exact after {:.1} s",
        files(),
        time.as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fifth_of_drives_answers_is_bad_on_files() {
    a_fifth_of_drives_answers_is_bad(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fifth_of_drives_answers_is_bad_on_servers() {
    a_fifth_of_drives_answers_is_bad(Backend::Servers).await;
}
