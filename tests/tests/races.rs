//! Things that happen to images while they are being imported: they are deleted, imported once more, stopped, or the
//! worker that has them stands still for longer than its lease. No object is left without a row, nothing is moved twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::json;
use tests::{
    Backend, Stack,
    audit::{assert_all_stored, assert_counted},
    drive,
    link::{Pattern, Point, Weather},
};
use tokio::time::sleep;

use crate::drive_folders::{folder, generated};

const FILES: usize = 120;
/// Longer than a worker's lease.
const STANDSTILL: Duration = Duration::from_secs(33);

/// Two workers and two imports, and a Drive that takes its time.
async fn start(backend: Backend, manifest: &serde_json::Value) -> Stack {
    let stack = Stack::with(drive::serving(manifest))
        .backend(backend)
        .replicas("worker", 2)
        .replicas("import", 2)
        .set("WORKER_CONCURRENCY", 2)
        .set("LIST_WAIT_SECS", 1)
        .start()
        .await;
    stack.drive.fail(&json!([{"kind": "latency", "on": "media", "seconds": 0.06}]));
    stack
}

async fn is_exact(stack: &Stack, expected: &BTreeMap<String, Vec<u8>>) {
    stack.assert_stored_exactly(expected).await;
    stack.assert_nothing_left_to_do().await;
    stack.assert_no_panic_in_logs();
}

async fn images_deleted_during_their_import_stay_deleted(backend: Backend) {
    let (manifest, mut expected) = folder("deleted_meanwhile", FILES, 3000);
    let stack = start(backend, &manifest).await;
    let job_id = stack.start_job("deleted_meanwhile").await;
    let mut deleted = BTreeSet::new();
    for count in [5, 20, 45, 80] {
        stack.stored(count).await;
        for image in stack.images().await.into_iter().step_by(3) {
            let url = format!("{}/images/{}", stack.api, image.id);
            let answer = stack.http.delete(url).send().await.expect("an answer");
            assert_eq!(answer.status().as_u16(), 200);
            deleted.insert(image.google_drive_id);
        }
    }
    assert_all_stored(&stack.finished(&job_id).await, FILES);
    assert!(deleted.len() > 10);
    expected.retain(|id, _| !deleted.contains(id));
    is_exact(&stack, &expected).await;
}

async fn overlapping_imports_move_nothing_twice(backend: Backend) {
    let items = |range: std::ops::Range<usize>| {
        let item = |number| {
            json!({"id": format!("shared_f{number}"), "name": format!("{number}.jpg"),
                "mimeType": "image/jpeg", "size": "auto", "bytes": 3000})
        };
        range.map(item).collect::<Vec<_>>()
    };
    let manifest = json!({"folders": {"left": items(0..80), "right": items(40..120)}});
    let expected = (0..120).map(|number| format!("shared_f{number}")).map(|id| {
        let bytes = generated(&id, 3000);
        (id, bytes)
    });
    let stack = start(backend, &manifest).await;
    let mut jobs = vec![stack.start_job("left").await, stack.start_job("right").await];
    stack.stored(30).await;
    jobs.push(stack.start_job("left").await);
    for job in &jobs {
        assert_all_stored(&stack.finished(job).await, 80);
    }
    is_exact(&stack, &expected.collect()).await;
    let downloads = stack.drive.stats.report().downloads;
    let twice: Vec<_> = downloads.iter().filter(|(_, file)| file.calls != 1).collect();
    assert!(twice.is_empty(), "moved twice: {twice:?}");
}

async fn a_job_cancelled_on_several_workers_leaves_nothing(backend: Backend) {
    let (manifest, mut expected) = folder("stopped", FILES, 3000);
    let stack = start(backend, &manifest).await;
    let job_id = stack.start_job("stopped").await;
    stack.stored(10).await;
    let url = format!("{}/import/jobs/{job_id}/cancel", stack.api);
    let answer = stack.http.post(url).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 202);
    let job = stack.finished(&job_id).await;
    assert_counted(&job);
    assert_eq!(job.total, FILES as u64);
    assert!(job.cancelled > 0);
    stack.assert_nothing_left_to_do().await;
    // what was stored at the same moment is told a little later
    let job = stack.finished(&job_id).await;
    assert_counted(&job);
    let stored: BTreeSet<_> = stack.images().await.into_iter().map(|image| image.google_drive_id).collect();
    assert_eq!(job.processed.as_u64(), Some(stored.len() as u64), "what is stored is counted as stored");
    expected.retain(|id, _| stored.contains(id));
    is_exact(&stack, &expected).await;
}

/// One worker stands still, in the middle of an upload among other things, until others have its tasks; then it goes on
/// as if nothing had happened, and so does the upload.
async fn a_worker_that_slept_through_its_lease_harms_nothing(backend: Backend) {
    let (manifest, expected) = folder("asleep", FILES, 3000);
    let mut stack = start(backend, &manifest).await;
    let job_id = stack.start_job("asleep").await;
    stack.stored(10).await;
    let put = Pattern::beginning("PUT", "/objects/");
    let held = stack.network.catch("worker", "storage", put, Point::Asked).caught(STANDSTILL).await;
    let held = held.expect("a worker uploads");
    let sleeper = held.caller;
    stack.replica("worker", sleeper).suspend();
    sleep(STANDSTILL).await;
    // the other worker has done everything else
    stack.stored(FILES as u64 - 2).await;
    stack.replica("worker", sleeper).resume();
    drop(held);
    assert_all_stored(&stack.finished(&job_id).await, FILES);
    is_exact(&stack, &expected).await;
}

/// One worker cannot reach its queue for longer than its leases last, but everything else; meanwhile the other one imports
/// all images, and a person deletes them. What the first one had in hand must not come back.
async fn a_worker_cut_off_from_its_queue_brings_nothing_back() {
    let (manifest, _) = folder("cut_off", FILES, 3000);
    let stack = start(Backend::Servers, &manifest).await;
    // what it has in hand when it is cut off takes until it is back
    stack.drive.fail(&json!([{"kind": "latency", "on": "media", "seconds": 0.5}]));
    let job_id = stack.start_job("cut_off").await;
    stack.stored(8).await;
    let link = stack.network.link("worker", 0, "redis");
    link.set_weather(Weather::Silent);
    assert_all_stored(&stack.finished(&job_id).await, FILES);
    for image in stack.images().await {
        let url = format!("{}/images/{}", stack.api, image.id);
        let answer = stack.http.delete(url).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
    }
    link.set_weather(Weather::Clear);
    // long enough for whatever it had in hand to come to its end
    sleep(Duration::from_secs(10)).await;
    is_exact(&stack, &BTreeMap::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_a_worker_cut_off_from_its_queue_brings_nothing_back_on_servers() {
    // it waits until leases end
    a_worker_cut_off_from_its_queue_brings_nothing_back().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_deleted_during_their_import_stay_deleted_on_files() {
    images_deleted_during_their_import_stay_deleted(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_deleted_during_their_import_stay_deleted_on_servers() {
    images_deleted_during_their_import_stay_deleted(Backend::Servers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_imports_move_nothing_twice_on_files() {
    overlapping_imports_move_nothing_twice(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_imports_move_nothing_twice_on_servers() {
    overlapping_imports_move_nothing_twice(Backend::Servers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_cancelled_on_several_workers_leaves_nothing_on_files() {
    a_job_cancelled_on_several_workers_leaves_nothing(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_cancelled_on_several_workers_leaves_nothing_on_servers() {
    a_job_cancelled_on_several_workers_leaves_nothing(Backend::Servers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_a_worker_that_slept_through_its_lease_harms_nothing_on_files() {
    // it is a wait of more than half a minute: the everyday run does it over the servers only
    a_worker_that_slept_through_its_lease_harms_nothing(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_slept_through_its_lease_harms_nothing_on_servers() {
    a_worker_that_slept_through_its_lease_harms_nothing(Backend::Servers).await;
}
