//! A worker that slept so long that somebody else has its tasks, and wakes up at the worst moment.

use serde_json::json;
use sqlx::{Connection, SqliteConnection};

use crate::harness::{Bench, folder};

/// The image is stored, but storage has not answered yet; then the lease is somebody else's.
async fn overtaken() -> Bench {
    let bench = Bench::with(folder(1, 500), |config| config.concurrency = 1).await;
    bench.world().asleep = Some("storage");
    let files = bench.listed(&["f0"]).await;
    bench.send("j", &files).await;
    bench.wait_for("a sleeper", |world| world.sleepers == 1).await;
    execute(&bench, "UPDATE tasks SET owner = 'another', claim = claim + 1, due = due + 3600000").await;
    bench
}

async fn execute(bench: &Bench, sql: &'static str) {
    let file = format!("sqlite://{}", bench.config.data_dir.join("worker.db").display());
    let mut queue = SqliteConnection::connect(&file).await.unwrap();
    assert!(sqlx::query(sql).execute(&mut queue).await.unwrap().rows_affected() > 0);
}

#[tokio::test]
async fn who_lost_the_lease_writes_no_row() {
    let bench = overtaken().await;
    bench.world().asleep = None;
    // its only slot is free when it has given up: then it takes the next image
    let next = json!({"job_id": "k", "files": [{"id": "gone", "name": "n", "mimeType": "m"}], "accepts_results": true});
    assert_eq!(bench.post("/process-batch", &next).await.0, 202);
    bench.wait_for("the next image", |world| world.outcomes().contains_key("gone")).await;
    assert!(bench.world().rows.is_empty(), "that is for the next holder to do");
    assert!(!bench.world().outcomes().contains_key("f0"));
    // the other one dies as well
    execute(&bench, "UPDATE tasks SET due = 0 WHERE state = 1").await;
    bench.wait_for("the outcome", |world| world.outcomes().contains_key("f0")).await;
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn what_it_stored_goes_when_the_job_was_cancelled_meanwhile() {
    let bench = overtaken().await;
    assert_eq!(bench.post("/jobs/j/cancel", &json!({})).await.0, 202);
    bench.world().asleep = None;
    // the other one dies as well
    execute(&bench, "UPDATE tasks SET due = 0 WHERE state = 1").await;
    bench.wait_for("the outcome", |world| world.outcomes().contains_key("f0")).await;
    assert_eq!(bench.outcome("f0"), "cancelled");
    bench.world().assert_no_orphans();
    assert!(bench.world().objects.is_empty());
}

#[tokio::test]
async fn a_row_that_comes_after_the_release_is_refused_and_nothing_is_left() {
    let bench = Bench::with(folder(1, 500), |config| config.concurrency = 1).await;
    // asleep with the row under way, after the lease was looked at
    bench.world().asleep = Some("row");
    let files = bench.listed(&["f0"]).await;
    bench.send("j", &files).await;
    bench.wait_for("a sleeper", |world| world.sleepers == 1).await;
    {
        // the next holder ends the cancelled task: it releases the object
        let mut world = bench.world();
        let url = world.objects.keys().next().unwrap().clone();
        world.objects.clear();
        world.released.insert(url);
    }
    execute(&bench, "UPDATE tasks SET state = 3, owner = NULL, claim = claim + 1").await;
    bench.world().asleep = None;
    bench.wait_for("nobody asleep", |world| world.sleepers == 0).await;
    let next = json!({"job_id": "k", "files": [{"id": "gone", "name": "n", "mimeType": "m"}], "accepts_results": true});
    assert_eq!(bench.post("/process-batch", &next).await.0, 202);
    bench.wait_for("the next image", |world| world.outcomes().contains_key("gone")).await;
    let world = bench.world();
    assert!(world.rows.is_empty() && world.objects.is_empty(), "{world:#?}");
    assert_eq!(world.puts, 1, "no second object that nobody would look for");
}
