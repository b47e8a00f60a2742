//! Services that are down, hold less, or are the original's.

use serde_json::json;
use worker::UploadMode;

use crate::harness::{Bench, folder};

#[tokio::test]
async fn services_that_are_down_are_waited_for() {
    let bench = Bench::new(folder(2, 500)).await;
    bench.world().failures.insert("storage", [503; 12].into());
    bench.world().failures.insert("metadata", [503, 502, 503, 503, 504].into());
    bench.import(&["f0", "f1"]).await;
    bench.assert_stored(&["f0", "f1"]).await;
    let world = bench.world();
    assert!(
        world.updates.iter().any(|update| update["waiting"]["reason"].is_string()),
        "{:?}",
        world.updates
    );
}

#[tokio::test]
async fn an_object_is_not_downloaded_again_for_a_row_that_failed() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.world().lost_answers = 1;
    bench.import(&["f0"]).await;
    assert_eq!(bench.outcome("f0"), "imported", "its own row is no stranger's");
    assert_eq!(bench.stats.downloads_of("f0"), 1);
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn an_object_that_waits_for_its_row_goes_when_somebody_else_was_faster() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.world().lost_answers = 1;
    let files = bench.listed(&["f0"]).await;
    bench.send("j", &files).await;
    bench.wait_for("a row", |world| world.rows.len() == 1).await;
    {
        let mut world = bench.world();
        let others = "https://bucket.example/other_0.jpg";
        world.rows.get_mut("f0").unwrap()["storage_path"] = others.into();
        world.objects.insert(others.to_owned(), Vec::new());
    }
    bench.wait_for("an outcome", |world| !world.outcomes().is_empty()).await;
    assert_eq!(bench.outcome("f0"), "known");
    bench.world().assert_no_orphans();
}

#[tokio::test]
async fn what_somebody_else_imported_while_the_worker_was_dead_is_not_downloaded_again() {
    let mut bench = Bench::new(folder(1, 500)).await;
    bench.import(&["f0"]).await;
    let row = bench.world().rows.remove("f0").unwrap();
    bench.world().asleep = Some("storage");
    let files = bench.listed(&["f0"]).await;
    bench.send("another job", &files).await;
    bench.wait_for("a second object", |world| world.objects.len() == 2).await;
    bench.kill();
    {
        let mut world = bench.world();
        world.asleep = None;
        world.updates.clear();
        world.rows.insert("f0".to_owned(), row);
    }
    bench.start().await;
    bench.wait_for("an outcome", |world| !world.outcomes().is_empty()).await;
    assert_eq!(bench.outcome("f0"), "known");
    assert_eq!((bench.stats.downloads_of("f0"), bench.world().puts), (2, 2), "one for each job");
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn an_object_whose_row_is_refused_is_released() {
    let bench = Bench::new(folder(1, 500)).await;
    // the look-up goes well, the row does not
    bench.world().failures.insert("metadata", [400].into());
    let files = bench.listed(&["f0"]).await;
    bench.world().is_original = true;
    bench.world().is_original = false;
    let (status, _) = bench.post("/process-single", &json!({"job_id": "j", "file_data": files[0]})).await;
    assert_eq!(status, 500);
    bench.world().assert_no_orphans();
}

#[tokio::test]
async fn outcomes_wait_for_the_import_service() {
    let bench = Bench::new(folder(3, 500)).await;
    bench.world().import_is_down = true;
    let files = bench.listed(&["f0", "f1", "f2"]).await;
    bench.send("j", &files).await;
    bench.wait_for("three rows", |world| world.rows.len() == 3).await;
    bench.world().import_is_down = false;
    bench.wait_for("all outcomes", |world| world.outcomes().len() == 3).await;
}

#[tokio::test]
async fn beside_services_of_the_original_it_does_what_the_original_did() {
    let bench = Bench::with(folder(2, 500), |config| config.upload_mode = UploadMode::Base64).await;
    bench.world().is_original = true;
    let files = bench.listed(&["f0", "f1"]).await;
    let batch = json!({"job_id": 7, "files": files});
    assert_eq!(bench.post("/process-batch", &batch).await.0, 202);
    let processed = |updates: &[serde_json::Value]| -> u64 {
        updates.iter().filter_map(|update| update["processed"].as_u64()).sum()
    };
    bench.wait_for("both images", |world| processed(&world.updates) == 2).await;
    bench.assert_stored(&["f0", "f1"]).await;
    for row in bench.world().rows.values() {
        let told = ["width", "height", "content_type"].map(|field| row.get(field));
        assert_eq!(told, [None; 3], "the original's storage says nothing of these");
    }
    assert!(
        bench.world().updates.iter().all(|update| update["job_id"] == 7 && update["imported"].is_array())
    );
    // once more: it cannot be known before, so the new object must go
    bench.world().updates.clear();
    // whatever comes before its report was noted as taken is still being reported
    bench
        .wait_until("both images again", async || {
            assert_eq!(bench.post("/process-batch", &batch).await.0, 202);
            processed(&bench.world().updates) >= 2
        })
        .await;
    assert_eq!(bench.world().updates[0]["imported"][0]["error"], "Image already exists");
    // asked for more than once, some may be in work for a third time
    bench.wait_for("new objects to go", |world| world.named() == world.stored()).await;
    bench.assert_right(&["f0", "f1"]).await;
}

#[tokio::test]
async fn an_upload_in_base64_whose_answer_is_lost_leaves_nothing() {
    let mut bench = Bench::with(folder(1, 500), |config| config.upload_mode = UploadMode::Base64).await;
    bench.world().asleep = Some("storage");
    let files = bench.listed(&["f0"]).await;
    bench.send("j", &files).await;
    bench.wait_for("an object", |world| world.objects.len() == 1).await;
    bench.kill();
    bench.world().asleep = None;
    bench.start().await;
    assert_eq!(bench.post("/jobs/j/cancel", &json!({})).await.0, 202);
    bench.wait_for("the outcome", |world| world.outcomes().len() == 1).await;
    bench.world().assert_no_orphans();
}

#[tokio::test]
async fn an_original_import_service_gets_as_many_outcomes_as_it_sent_files() {
    let bench = Bench::new(folder(1, 500)).await;
    let files = bench.listed(&["f0"]).await;
    let batch = json!({"job_id": "j", "files": [files[0], files[0]]});
    assert_eq!(bench.post("/process-batch", &batch).await.0, 202);
    let imported = |updates: &[serde_json::Value]| -> Vec<serde_json::Value> {
        updates.iter().filter_map(|update| update["imported"].as_array()).flatten().cloned().collect()
    };
    bench.wait_for("both outcomes", |world| imported(&world.updates).len() == 2).await;
    assert_eq!(imported(&bench.world().updates)[1]["error"], "Image already exists");
    assert_eq!(bench.stats.downloads_of("f0"), 1);
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn a_streaming_worker_beside_an_original_storage_says_what_to_set() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.world().is_original = true;
    bench.import(&["f0"]).await;
    let failure = bench.world().outcomes()["f0"]["failure"].clone();
    assert!(failure["advice"].as_str().unwrap().contains("UPLOAD_MODE=base64"), "{failure}");
}
