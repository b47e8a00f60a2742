//! Downloads that break, lie, or are refused.

use serde_json::json;

use crate::harness::{Bench, KEY, folder};

#[tokio::test]
async fn a_broken_download_goes_on_in_the_same_upload() {
    for length in ["announced", "none", "chunked"] {
        let bench = Bench::new(folder(1, 400_000)).await;
        bench.fault(json!({"kind": "truncate", "length": length, "bytes": 150_000, "count": 1}));
        bench.import(&["f0"]).await;
        bench.assert_stored(&["f0"]).await;
        assert_eq!(bench.world().puts, 1, "{length}");
        assert_eq!(bench.stats.report().headers.range, 1, "{length}");
    }
}

#[tokio::test]
async fn a_server_that_ignores_ranges_never_makes_bytes_twice() {
    let bench = Bench::new(folder(1, 400_000)).await;
    bench.fault(json!({"kind": "truncate", "bytes": 150_000, "count": 1}));
    bench.fault(json!({"kind": "ignore-range", "count": 1, "skip": 1}));
    bench.import(&["f0"]).await;
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn wrong_bytes_are_downloaded_again() {
    let bench = Bench::new(folder(1, 5_000)).await;
    bench.fault(json!({"kind": "wrong-bytes", "count": 1}));
    bench.import(&["f0"]).await;
    bench.assert_stored(&["f0"]).await;
    assert!(bench.world().rows["f0"].get("source_checksum").is_none());
}

#[tokio::test]
async fn bytes_that_come_the_same_twice_are_stored_though_drive_lists_another_md5() {
    let bench = Bench::new(folder(1, 5_000)).await;
    let mut files = bench.listed(&["f0"]).await;
    let stale = "1".repeat(32);
    files[0].md5_checksum = Some(stale.clone());
    bench.fault(json!({"kind": "wrong-md5"}));
    bench.send("j", &files).await;
    bench.wait_for("an outcome", |world| !world.outcomes().is_empty()).await;
    assert_eq!(bench.outcome("f0"), "imported");
    let world = bench.world();
    assert_eq!(world.rows["f0"]["source_checksum"], "stale");
    assert_ne!(world.rows["f0"]["md5"], world.rows["f0"]["source_md5"]);
    world.assert_no_orphans();
}

#[tokio::test]
async fn an_edit_after_the_listing_is_stored_as_edited() {
    let bench = Bench::new(folder(1, 5_000)).await;
    let mut files = bench.listed(&["f0"]).await;
    files[0].size = Some(json!("4000"));
    files[0].md5_checksum = Some("2".repeat(32));
    bench.send("j", &files).await;
    bench.wait_for("an outcome", |world| !world.outcomes().is_empty()).await;
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn a_size_that_stays_wrong_fails_the_image() {
    let file = json!({"id": "a", "name": "a", "mimeType": "image/png", "size": "77", "bytes": 500, "md5Checksum": null});
    let bench = Bench::new(json!({"album": [file]})).await;
    bench.import(&["a"]).await;
    let end = bench.world().outcomes()["a"].clone();
    assert_eq!((&end["outcome"], &end["failure"]["reason"]), (&json!("failed"), &json!("size-mismatch")));
    bench.world().assert_no_orphans();
}

#[tokio::test]
async fn a_server_of_plain_files_cannot_list_again_and_that_is_no_news() {
    let file = |id: &str, size: &str| json!({"id": id, "name": id, "mimeType": "image/png", "size": size, "bytes": 500});
    let bench = Bench::new(json!({"album": [file("short", "77"), file("stale", "500")]})).await;
    let mut files = bench.listed(&["short", "stale"]).await;
    files[0].md5_checksum = None;
    files[1].md5_checksum = Some("1".repeat(32));
    bench.fault(json!({"kind": "not-json", "on": "get"}));
    bench.send("j", &files).await;
    bench.wait_for("both outcomes", |world| world.outcomes().len() == 2).await;
    let failure = bench.world().outcomes()["short"]["failure"].clone();
    assert_eq!((&failure["reason"], &failure["attempts"]), (&json!("size-mismatch"), &json!(1)));
    assert_eq!(bench.world().rows["stale"]["source_checksum"], "stale");
    bench.world().assert_no_orphans();
}

#[tokio::test]
async fn what_drive_will_never_hand_out_fails_at_once_and_alone() {
    let bench = Bench::new(folder(3, 500)).await;
    bench.fault(json!({"kind": "downloadQuotaExceeded", "on": "media", "file": "f0"}));
    bench.fault(json!({"kind": "cannotDownloadAbusiveFile", "on": "media", "file": "f1"}));
    bench.import(&["f0", "f1", "f2"]).await;
    let reason = |id: &str| bench.world().outcomes()[id]["failure"]["reason"].clone();
    assert_eq!(reason("f0"), "download-quota-exceeded");
    assert_eq!(reason("f1"), "flagged-as-abusive");
    assert_eq!(bench.outcome("f2"), "imported");
    assert_eq!(bench.stats.downloads_of("f0"), 1);
}

#[tokio::test]
async fn rate_answers_fail_nothing() {
    let bench = Bench::new(folder(20, 500)).await;
    let ids: Vec<String> = (0..20).map(|n| format!("f{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let files = bench.listed(&ids).await;
    bench.fault(json!({"kind": "quota", "units": 1000, "seconds": 0.5}));
    bench.send("j", &files).await;
    bench.wait_for("all outcomes", |world| world.outcomes().len() == 20).await;
    bench.faults.clear();
    bench.assert_stored(&ids).await;
}

#[tokio::test]
async fn a_bad_key_ends_the_job_and_is_shown_nowhere() {
    let bench = Bench::with(folder(30, 500), |config| {
        config.google_api_key = Some(client::Secret::new("canary-wrong"));
    })
    .await;
    let ids: Vec<String> = (0..30).map(|n| format!("f{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    bench.import(&ids).await;
    let world = bench.world();
    assert!(world.updates.iter().any(|update| update["job_failed"]["reason"] == "api-key-invalid"));
    let said = format!("{:?}", world.updates);
    assert!(!said.contains("canary-wrong") && !said.contains(KEY));
    assert!(bench.stats.downloads_of("f29") == 0, "the rest ends quietly");
}

#[tokio::test]
async fn without_a_key_google_is_not_even_asked() {
    let bench = Bench::with(folder(1, 500), |config| config.google_api_key = None).await;
    bench.import(&["f0"]).await;
    let world = bench.world();
    assert!(world.updates.iter().any(|update| update["job_failed"]["reason"] == "api-key-missing"));
    assert_eq!(bench.stats.downloads_of("f0"), 0);
}
