//! A worker that is stopped, or killed, in the middle.

use serde_json::json;

use crate::harness::{Bench, folder};

#[tokio::test]
async fn a_killed_worker_goes_on_where_it_was() {
    let mut bench = Bench::new(folder(12, 300_000)).await;
    let ids: Vec<String> = (0..12).map(|n| format!("f{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let files = bench.listed(&ids).await;
    bench.fault(json!({"kind": "stall", "seconds": 30, "bytes": 100_000, "count": 3}));
    bench.send("j", &files).await;
    bench.wait_for("some rows", |world| world.rows.len() >= 3).await;
    bench.kill();
    bench.start().await;
    bench.wait_for("all outcomes", |world| world.outcomes().len() == 12).await;
    assert!(ids.iter().all(|id| bench.outcome(id) == "imported"), "a killed worker's rows are its own");
    bench.assert_stored(&ids).await;
}

#[tokio::test]
async fn an_object_of_a_killed_worker_gets_its_row_even_where_others_hold_the_same_bytes() {
    let file = |id: &str| {
        json!({"id": id, "name": id, "mimeType": "image/png", "size": "auto", "text": "the same",
        "md5Checksum": "auto", "sha256Checksum": "auto"})
    };
    let mut bench = Bench::new(json!({"album": [file("a"), file("b")]})).await;
    bench.world().asleep = Some("storage");
    let files = bench.listed(&["a", "b"]).await;
    bench.send("j", &files).await;
    bench.wait_for("an object", |world| world.objects.len() == 1).await;
    bench.kill();
    bench.world().asleep = None;
    bench.start().await;
    bench.wait_for("both outcomes", |world| world.outcomes().len() == 2).await;
    bench.assert_stored(&["a", "b"]).await;
}

#[tokio::test]
async fn a_worker_killed_before_its_report_reports_after() {
    let mut bench = Bench::new(folder(3, 500)).await;
    bench.world().import_is_down = true;
    let files = bench.listed(&["f0", "f1", "f2"]).await;
    bench.send("j", &files).await;
    bench.wait_for("three rows", |world| world.rows.len() == 3).await;
    bench.kill();
    bench.world().import_is_down = false;
    bench.start().await;
    bench.wait_for("all outcomes", |world| world.outcomes().len() == 3).await;
    assert_eq!(bench.world().puts, 3);
}

#[tokio::test]
async fn a_stopped_worker_finishes_what_runs_and_reports_it() {
    let mut bench = Bench::new(folder(3, 500)).await;
    let files = bench.listed(&["f0", "f1", "f2"]).await;
    bench.fault(json!({"kind": "latency", "seconds": 1, "on": "media"}));
    bench.send("j", &files).await;
    bench.wait_for("the look-up", |_| bench.stats.downloads_of("f2") == 1).await;
    bench.stop().await;
    assert_eq!(bench.world().outcomes().len(), 3);
    bench.faults.clear();
    bench.assert_stored(&["f0", "f1", "f2"]).await;
}

#[tokio::test]
async fn what_cannot_be_finished_in_time_is_handed_back() {
    let mut bench = Bench::new(folder(1, 300_000)).await;
    let files = bench.listed(&["f0"]).await;
    bench.fault(json!({"kind": "stall", "seconds": 40, "bytes": 100_000, "count": 1}));
    bench.send("j", &files).await;
    bench.wait_for("the upload", |world| world.puts == 1).await;
    bench.stop().await;
    assert!(bench.world().rows.is_empty());
    bench.start().await;
    bench.wait_for("the outcome", |world| world.outcomes().len() == 1).await;
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn an_image_somebody_waits_for_does_not_hold_up_the_stop() {
    let mut bench = Bench::new(folder(1, 300_000)).await;
    let files = bench.listed(&["f0"]).await;
    bench.fault(json!({"kind": "stall", "seconds": 60, "bytes": 100_000}));
    let body = json!({"job_id": "j", "file_data": files[0]});
    let waiting = tokio::spawn(bench.request("/process-single", &body));
    bench.wait_for("an upload under way", |world| world.puts == 1).await;
    let started = std::time::Instant::now();
    bench.stop().await;
    assert!(started.elapsed() < std::time::Duration::from_secs(17), "{:?}", started.elapsed());
    assert_eq!(waiting.await.unwrap().unwrap().status(), 500);
    bench.world().assert_no_orphans();
}
