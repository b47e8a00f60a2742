//! Images that are new, known, changed, or the same as others.

use serde_json::json;

use crate::harness::{Bench, folder};

const FIVE: [&str; 5] = ["f0", "f1", "f2", "f3", "f4"];

#[tokio::test]
async fn new_images_are_stored_and_reported() {
    let bench = Bench::new(folder(5, 20_000)).await;
    bench.import(&FIVE).await;
    bench.assert_stored(&FIVE).await;
    let world = bench.world();
    for update in &world.updates {
        assert_eq!(update["job_id"], "j");
        assert!(update.get("processed").is_none(), "one or the other is counted: {update}");
    }
    let row = &world.rows["f0"];
    assert_eq!((&row["job_id"], &row["source_md5"]), (&json!("j"), &row["md5"]));
    assert_eq!(world.outcomes()["f0"]["image"], *row);
    assert_eq!(world.outcomes()["f0"]["bytes"], 20_000);
}

#[tokio::test]
async fn a_row_says_what_storage_saw_and_first_what_drive_lists() {
    let file = |id: &str, picture: serde_json::Value| {
        json!({"id": id, "name": id, "mimeType": "image/jpeg", "size": "auto", "bytes": 900,
        "md5Checksum": "auto", "imageMediaMetadata": picture})
    };
    let bench = Bench::new(json!({"album": [
        file("listed", json!({"width": 4032, "height": 3024, "rotation": 1})),
        file("half", json!({"width": 4032})),
        file("bare", json!(null)),
    ]}))
    .await;
    bench.import(&["listed", "half", "bare"]).await;
    let world = bench.world();
    for (id, width, height) in [("listed", 3024, 4032), ("half", 40, 30), ("bare", 40, 30)] {
        let row = &world.rows[id];
        assert_eq!((&row["width"], &row["height"]), (&json!(width), &json!(height)), "{row}");
        assert_eq!((&row["mime_type"], &row["content_type"]), (&json!("image/jpeg"), &json!("image/webp")));
    }
}

#[tokio::test]
async fn an_empty_file_is_stored() {
    let bench = Bench::new(folder(1, 0)).await;
    bench.import(&["f0"]).await;
    bench.assert_stored(&["f0"]).await;
    assert_eq!(bench.stats.report().headers.range, 0, "Drive refuses any range of an empty file");
}

#[tokio::test]
async fn an_image_of_unannounced_size_is_stored() {
    let file = json!({"id": "a", "name": "a", "mimeType": "image/png", "size": null, "bytes": 9000, "md5Checksum": null});
    let bench = Bench::new(json!({"album": [file]})).await;
    bench.import(&["a"]).await;
    assert_eq!(bench.world().rows["a"]["size"], 9000);
}

#[tokio::test]
async fn a_known_image_is_not_downloaded() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.import(&["f0"]).await;
    let files = bench.listed(&["f0"]).await;
    bench.world().updates.clear();
    bench.send("another job", &files).await;
    bench.wait_for("an outcome", |world| !world.outcomes().is_empty()).await;
    assert_eq!(bench.outcome("f0"), "known");
    let world = bench.world();
    assert_eq!(world.outcomes()["f0"]["image"]["error"], "Image already exists");
    assert_eq!(world.outcomes()["f0"]["image"]["image"], world.rows["f0"]);
    assert_eq!(bench.stats.downloads_of("f0"), 1);
}

#[tokio::test]
async fn a_resent_batch_does_nothing_again_but_is_reported_again() {
    let bench = Bench::new(folder(2, 500)).await;
    bench.import(&["f0", "f1"]).await;
    let files = bench.listed(&["f0", "f1"]).await;
    bench.world().updates.clear();
    // whatever comes before its report was noted as taken is still being reported
    bench
        .wait_until("both outcomes again", async || {
            bench.send("j", &files).await;
            bench.world().outcomes().len() == 2
        })
        .await;
    assert_eq!(bench.outcome("f0"), "imported");
    assert_eq!(bench.world().puts, 2);
}

#[tokio::test]
async fn changed_content_replaces_the_object_of_the_row() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.import(&["f0"]).await;
    let files = bench.listed(&["f0"]).await;
    {
        let mut world = bench.world();
        world.updates.clear();
        world.rows.get_mut("f0").unwrap()["source_md5"] = json!("0".repeat(32));
    }
    bench.send("another job", &files).await;
    bench.wait_for("an outcome", |world| !world.outcomes().is_empty()).await;
    assert_eq!(bench.outcome("f0"), "imported");
    assert_eq!(bench.world().rows["f0"]["id"], 1);
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn the_same_file_in_two_jobs_is_downloaded_once() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.fault(json!({"kind": "latency", "seconds": 0.3, "on": "media"}));
    let files = bench.listed(&["f0"]).await;
    bench.send("one", &files).await;
    bench.send("two", &files).await;
    bench.wait_for("both reports", |world| world.updates.len() == 2).await;
    assert_eq!(bench.stats.downloads_of("f0"), 1);
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn the_same_bytes_under_another_id_share_their_object() {
    let file = |id: &str| {
        json!({"id": id, "name": id, "mimeType": "image/png", "size": "auto", "text": "the same",
        "md5Checksum": "auto", "sha256Checksum": "auto"})
    };
    let bench = Bench::new(json!({"album": [file("a"), file("b")]})).await;
    bench.import(&["a", "b"]).await;
    assert_eq!(bench.world().objects.len(), 1);
    assert_eq!(bench.stats.downloads_of("a") + bench.stats.downloads_of("b"), 1);
    bench.assert_stored(&["a", "b"]).await;
}

#[tokio::test]
async fn an_image_that_shares_its_object_is_imported_also_when_the_answer_was_lost() {
    let file = |id: &str| {
        json!({"id": id, "name": id, "mimeType": "image/png", "size": "auto", "text": "the same",
        "md5Checksum": "auto", "sha256Checksum": "auto"})
    };
    let bench = Bench::new(json!({"album": [file("a"), file("b")]})).await;
    bench.import(&["a"]).await;
    bench.world().lost_answers = 1;
    let files = bench.listed(&["b"]).await;
    bench.send("j", &files).await;
    bench.wait_for("its outcome", |world| world.outcomes().contains_key("b")).await;
    assert_eq!((bench.outcome("b").as_str(), bench.world().lost_answers), ("imported", 0));
    assert_eq!(bench.world().objects.len(), 1);
    bench.assert_stored(&["a", "b"]).await;
}

#[tokio::test]
async fn a_released_key_is_never_used_again() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.import(&["f0"]).await;
    let path = bench.world().rows["f0"]["storage_path"].as_str().unwrap().to_owned();
    {
        // deleted, and wanted once more by the same job
        let mut world = bench.world();
        world.rows.clear();
        world.objects.clear();
        world.released.insert(path.clone());
        world.updates.clear();
    }
    let files = bench.listed(&["f0"]).await;
    let (status, _) = bench.post("/process-single", &json!({"job_id": "j", "file_data": files[0]})).await;
    assert_eq!(status, 200);
    bench.world().objects.remove(&path);
    assert_ne!(bench.world().rows["f0"]["storage_path"], path);
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn an_image_that_is_too_large_fails_and_says_which_setting_allows_it() {
    let file = |id: &str, size: serde_json::Value, bytes: u64| json!({"id": id, "name": id, "mimeType": "image/png", "size": size, "bytes": bytes, "md5Checksum": "auto"});
    let folder = json!({"album": [
        file("listed", json!("auto"), 1_048_577),
        file("unlisted", json!(null), 1_048_577),
        file("fits", json!(null), 1_048_576),
    ]});
    let bench = Bench::with(folder, |config| config.max_image_bytes = Some(1 << 20)).await;
    bench.import(&["listed", "unlisted", "fits"]).await;
    let outcomes = bench.world().outcomes();
    for id in ["listed", "unlisted"] {
        assert_eq!(outcomes[id]["failure"]["reason"], "too-large", "{}", outcomes[id]);
        assert!(outcomes[id]["failure"]["message"].as_str().unwrap().contains("MAX_IMAGE_MB"));
    }
    assert_eq!(bench.stats.downloads_of("listed"), 0);
    bench.assert_stored(&["fits"]).await;
}
