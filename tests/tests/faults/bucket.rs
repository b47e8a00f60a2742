//! A bad day of the bucket: bursts of `SlowDown`, errors, broken connections, answers that are lost after the object was
//! stored, and completions that say 200 and mean an error.

use emulators::s3::{FaultKind, FaultRule};
use serde_json::json;
use tests::{Backend, Stack, audit::assert_all_stored, drive};
use tokio::time::Instant;

use crate::drive_folders::generated;

/// Small images, of which each is one request to S3.
const SMALL: usize = 150;
/// Large ones, which go up in parts.
const LARGE: usize = 3;
const LARGE_BYTES: usize = 17 * 1024 * 1024;

fn rules() -> Vec<FaultRule> {
    let put = |kind| FaultRule::new(kind).on("PutObject");
    let part = |kind| FaultRule::new(kind).on("UploadPart");
    let complete = |kind| FaultRule::new(kind).on("CompleteMultipartUpload");
    vec![
        put(FaultKind::SlowDown).bursts(6, 40),
        put(FaultKind::InternalError).part(0.04, 1),
        put(FaultKind::Reset).part(0.04, 2),
        put(FaultKind::CutUpload).part(0.04, 3),
        put(FaultKind::LostReply).part(0.06, 4),
        part(FaultKind::SlowDown).times(1),
        part(FaultKind::LostReply).times(1),
        FaultRule::new(FaultKind::InternalError).on("CreateMultipartUpload").times(1),
        complete(FaultKind::ErrorInBody).times(2),
        complete(FaultKind::LostReply).times(2),
    ]
}

async fn a_bad_day_of_the_bucket(backend: Backend) {
    let mut items = Vec::new();
    let mut expected = std::collections::BTreeMap::new();
    for number in 0..SMALL + LARGE {
        let (id, length) = (format!("s3_f{number}"), if number % 50 == 25 { LARGE_BYTES } else { 20_000 });
        items.push(json!({"id": id, "name": format!("{number}.jpg"), "mimeType": "image/jpeg",
            "size": "auto", "bytes": length}));
        expected.insert(id.clone(), generated(&id, length));
    }
    let manifest = json!({"folders": {"bad_bucket": items}});
    let stack = Stack::with(drive::serving(&manifest)).backend(backend).replicas("worker", 2).start().await;
    for rule in rules() {
        stack.bucket.fail(rule);
    }
    let started = Instant::now();
    let job = stack.import_whole("bad_bucket").await;
    let time = started.elapsed();
    assert_all_stored(&job, expected.len());
    let struck = stack.bucket.fired();
    assert!(struck.iter().all(|&(_, fired)| fired > 0), "not every fault fired: {struck:?}");
    stack.bucket.heal();
    stack.assert_stored_exactly(&expected).await;
    stack.assert_nothing_left_to_do().await;
    stack.assert_no_secret_in_logs();
    stack.assert_no_panic_in_logs();
    let struck: u64 = struck.iter().map(|(_, fired)| fired).sum();
    eprintln!(
        "{backend}: {} images, {struck} faults of S3: exact after {:.1} s",
        expected.len(),
        time.as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_day_of_the_bucket_on_files() {
    a_bad_day_of_the_bucket(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_day_of_the_bucket_on_servers() {
    a_bad_day_of_the_bucket(Backend::Servers).await;
}
