//! Jobs that are cancelled, and records that will not do.

use serde_json::json;

use crate::harness::{Bench, folder};

#[tokio::test]
async fn a_cancelled_job_leaves_no_object() {
    let bench = Bench::new(folder(12, 300_000)).await;
    let ids: Vec<String> = (0..12).map(|n| format!("f{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let files = bench.listed(&ids).await;
    bench.fault(json!({"kind": "stall", "seconds": 30, "bytes": 100_000}));
    bench.send("j", &files).await;
    bench.wait_for("uploads under way", |world| world.puts >= 4).await;
    let (status, answer) = bench.post("/jobs/j/cancel", &json!({})).await;
    assert_eq!((status, &answer["cancelled"]), (202, &json!(12)));
    bench.wait_for("all outcomes", |world| world.outcomes().len() == 12).await;
    assert!(ids.iter().all(|id| bench.outcome(id) == "cancelled"));
    let world = bench.world();
    assert!(world.objects.is_empty() && world.rows.is_empty());
}

#[tokio::test]
async fn a_row_that_arrives_while_its_job_is_cancelled_is_an_imported_image() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.world().asleep = Some("late row");
    let files = bench.listed(&["f0"]).await;
    bench.send("j", &files).await;
    bench.wait_for("a row on its way", |world| world.sleepers == 1).await;
    assert_eq!(bench.post("/jobs/j/cancel", &json!({})).await.0, 202);
    bench.wait_for("the outcome", |world| world.outcomes().len() == 1).await;
    assert_eq!(bench.outcome("f0"), "imported");
    let world = bench.world();
    assert_eq!((world.rows.len(), world.objects.len(), world.released.len()), (1, 1, 0));
}

#[tokio::test]
async fn an_object_whose_answer_was_lost_is_released_and_never_written_to() {
    let mut bench = Bench::new(folder(1, 500)).await;
    bench.world().asleep = Some("storage");
    let files = bench.listed(&["f0"]).await;
    bench.send("j", &files).await;
    bench.wait_for("an object", |world| world.objects.len() == 1).await;
    bench.kill();
    bench.world().asleep = None;
    assert_eq!(bench.world().puts, 1);
    bench.fault(json!({"kind": "latency", "on": "media", "seconds": 60}));
    bench.start().await;
    assert_eq!(bench.post("/jobs/j/cancel", &json!({})).await.0, 202);
    bench.wait_for("the outcome", |world| world.outcomes().len() == 1).await;
    assert_eq!(bench.outcome("f0"), "cancelled");
    let world = bench.world();
    // another worker could have stored the image under this key meanwhile
    assert_eq!((world.puts, world.objects.len(), world.released.len()), (1, 0, 1));
}

#[tokio::test]
async fn records_that_will_not_do_fail_as_images() {
    let bench = Bench::new(folder(1, 500)).await;
    let files = json!([{"id": "a"}, {"id": "b", "name": "n", "mimeType": "m", "size": "12_0"},
        {"id": "no/id", "name": "n", "mimeType": "m"}]);
    let batch = json!({"job_id": "j", "files": files, "accepts_results": true});
    assert_eq!(bench.post("/process-batch", &batch).await.0, 202);
    bench.wait_for("all outcomes", |world| world.outcomes().len() == 3).await;
    let reason = |id: &str| bench.world().outcomes()[id]["failure"]["reason"].clone();
    assert_eq!(
        (reason("a"), reason("b"), reason("no/id")),
        ("bad-listing".into(), "bad-listing".into(), "not-found".into())
    );
}
