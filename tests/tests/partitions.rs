//! Two parts of the system cannot reach each other for a while, in the middle of an import: the result is exact.
//!
//! The everyday run cuts a few links for a few seconds; `TEST_LONG=1` cuts each, in both ways, for ten.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use tests::{Backend, Stack, audit::assert_all_stored, drive, link::Weather, long_run, network::Network};
use tokio::time::Instant;

use crate::drive_folders::bench_folder;

/// Images of each import.
const FILES: usize = 60;

type Pair = (&'static str, &'static str);

/// What is cut, and how, one import each.
fn plan(network: &Network) -> Vec<(Pair, Weather)> {
    let of = |weather: Weather| move |pair: Pair| (pair, weather);
    let mut plan: Vec<_> = network.pairs().into_iter().map(of(Weather::Silent)).collect();
    plan.extend(network.pairs().into_iter().map(of(Weather::Refused)));
    if !long_run() {
        let everyday = [
            (("worker", "storage"), Weather::Silent),
            (("worker", "import"), Weather::Refused),
            (("storage", "s3"), Weather::Refused),
            (("import", "redis"), Weather::Silent),
            (("worker", "redis"), Weather::Refused),
            (("metadata", "mariadb"), Weather::Silent),
        ];
        plan.retain(|cut| everyday.contains(cut));
    }
    plan
}

async fn partitions_lose_nothing(backend: Backend) {
    let time = Duration::from_secs(if long_run() { 10 } else { 3 });
    let stack = Stack::with(drive::serving(&json!({})))
        .backend(backend)
        .replicas("worker", 2)
        .replicas("import", 2)
        .set("WORKER_CONCURRENCY", 2)
        .set("LIST_WAIT_SECS", 1)
        .set("BATCH_SIZE", 5)
        .set("DISPATCH_WINDOW", 15)
        .start()
        .await;
    stack.drive.fail(&json!([
        {"kind": "latency", "on": "media", "seconds": 0.1},
        {"kind": "latency", "on": "list", "seconds": 0.3},
        {"kind": "short-page", "items": 10, "on": "list"},
    ]));
    let mut expected = BTreeMap::new();
    let mut lines = vec![format!("{backend}, each link cut for {time:?}:")];
    for (number, ((from, to), weather)) in plan(&stack.network).into_iter().enumerate() {
        let (id, files) = bench_folder(FILES, 3000 + number);
        let before = expected.len() as u64;
        let started = Instant::now();
        let job_id = stack.start_job(&id).await;
        stack.stored(before + 8).await;
        let storms = stack.network.between(from, to).into_iter().map(|link| link.storm(weather, time));
        futures::future::join_all(storms).await;
        let job = stack.finished(&job_id).await;
        assert_all_stored(&job, FILES);
        lines.push(format!("| {from} → {to} | {weather:?} | {:.1} s |", started.elapsed().as_secs_f64()));
        expected.extend(files);
    }
    stack.assert_stored_exactly(&expected).await;
    stack.assert_nothing_left_to_do().await;
    stack.assert_no_secret_in_logs();
    stack.assert_no_panic_in_logs();
    eprintln!("{}", lines.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_lose_nothing_on_files() {
    partitions_lose_nothing(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_lose_nothing_on_servers() {
    partitions_lose_nothing(Backend::Servers).await;
}
