//! `/process-single` between its neighbours.

use serde_json::{Value, json};

use crate::harness::{Bench, folder};

#[tokio::test]
async fn one_image_is_imported_while_the_caller_waits() {
    let bench = Bench::new(folder(1, 500)).await;
    let file = json!({"id": "f0", "name": "single.jpg", "mimeType": "image/jpeg"});
    let body = json!({"job_id": 7, "file_data": file});
    let (status, answer) = bench.post("/process-single", &body).await;
    assert_eq!((status, &answer["success"], &answer["image"]["size"]), (200, &json!(true), &json!(500)));
    let update = bench.world().updates[0].clone();
    let expected = json!({"job_id": 7, "processed": 1, "failed": 0, "imported": [answer["image"]]});
    assert_eq!(update, expected);
    let (status, answer) = bench.post("/process-single", &body).await;
    assert_eq!((status, &answer["image"]["error"]), (200, &json!("Image already exists")));
    assert_eq!(bench.stats.downloads_of("f0"), 1);
    bench.world().assert_no_orphans();
}

#[tokio::test]
async fn a_failure_is_told_in_the_originals_words() {
    let bench = Bench::new(folder(1, 500)).await;
    let file = json!({"id": "gone", "name": "single.jpg", "mimeType": "image/jpeg", "size": "350"});
    let (status, answer) = bench.post("/process-single", &json!({"job_id": "j", "file_data": file})).await;
    assert_eq!((status, &answer["file"], &answer["success"]), (500, &json!("single.jpg"), &json!(false)));
    let text = answer["error"].as_str().unwrap();
    assert!(text.starts_with("Error downloading from Google Drive: 404 File not found: gone."), "{text}");
    let expected = json!({"job_id": "j", "processed": 0, "failed": 1, "imported": []});
    assert_eq!(bench.world().updates[0], expected);
}

#[tokio::test]
async fn passing_trouble_is_tried_three_times() {
    let bench = Bench::new(folder(1, 500)).await;
    let file = bench.listed(&["f0"]).await.remove(0);
    bench.fault(json!({"kind": "internalError", "on": "media", "count": 2}));
    let (status, _) = bench.post("/process-single", &json!({"job_id": "j", "file_data": file})).await;
    assert_eq!((status, bench.stats.downloads_of("f0")), (200, 3));
}

#[tokio::test]
async fn what_storage_says_is_quoted() {
    let bench = Bench::new(folder(1, 500)).await;
    bench.world().failures.insert("storage", [400].into());
    let file = bench.listed(&["f0"]).await.remove(0);
    let (status, answer) = bench.post("/process-single", &json!({"job_id": "j", "file_data": file})).await;
    assert_eq!(status, 500);
    assert_eq!(answer["error"], r#"Storage upload failed: {"error":"out of order"}"#);
}

#[tokio::test]
async fn a_known_image_is_stored_anew_and_keeps_its_row() {
    let bench = Bench::new(folder(1, 500)).await;
    let file = bench.listed(&["f0"]).await.remove(0);
    bench.post("/process-single", &json!({"job_id": "j", "file_data": file})).await;
    let before = bench.world().rows["f0"].clone();
    let reports = bench.world().updates.len();
    // what is known of the image need not be right, nor complete
    let known = json!({"id": "f0", "name": "kept.jpg", "mimeType": "image/jpeg", "size": 1});
    let refresh = json!({"job_id": "verify-1", "file_data": known, "refresh": true});
    let (status, answer) = bench.post("/process-single", &refresh).await;
    assert_eq!(status, 200, "{answer}");
    let after = bench.world().rows["f0"].clone();
    assert_eq!((&answer["image"], &after["id"]), (&after, &before["id"]));
    assert_ne!(after["storage_path"], before["storage_path"]);
    assert_eq!((&after["name"], &after["size"]), (&json!("kept.jpg"), &json!(500)));
    assert_eq!(after["job_id"], "j", "the job that imported it");
    assert_eq!(bench.world().updates.len(), reports, "no job is told");
    bench.world().assert_no_orphans();
}

#[tokio::test]
async fn what_is_not_known_or_not_in_drive_is_not_stored_anew() {
    let bench = Bench::new(folder(1, 500)).await;
    for (id, reason) in [("f0", "not-known"), ("gone", "not-found")] {
        let file = json!({"id": id, "name": "a.jpg", "mimeType": "image/jpeg"});
        let refresh = json!({"job_id": "verify-1", "file_data": file, "refresh": true});
        let (status, answer) = bench.post("/process-single", &refresh).await;
        assert_eq!((status, &answer["code"]), (500, &json!(reason)), "{answer}");
    }
    assert_eq!(bench.world().puts, 0);
}

#[tokio::test]
async fn an_image_that_is_deleted_while_it_is_stored_anew_does_not_come_back() {
    let bench = Bench::new(folder(1, 500)).await;
    let file = bench.listed(&["f0"]).await.remove(0);
    bench.post("/process-single", &json!({"job_id": "j", "file_data": file})).await;
    bench.world().asleep = Some("row");
    let refresh = json!({"job_id": "verify-1", "file_data": file, "refresh": true});
    let answer = tokio::spawn(bench.request("/process-single", &refresh));
    bench.wait_for("the new row", |world| world.sleepers == 1).await;
    {
        let mut world = bench.world();
        let row = world.rows.remove("f0").unwrap();
        world.objects.remove(row["storage_path"].as_str().unwrap());
        world.asleep = None;
    }
    let answer = answer.await.unwrap().unwrap();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "not-known");
    let world = bench.world();
    assert!(world.rows.is_empty() && world.objects.is_empty(), "{:?}", world.rows);
}

#[tokio::test]
async fn a_worker_killed_between_object_and_row_leaves_no_object() {
    let mut bench = Bench::new(folder(2, 500)).await;
    bench.world().asleep = Some("storage");
    let files = bench.listed(&["f0", "f1"]).await;
    let lost = tokio::spawn(bench.request("/process-single", &json!({"job_id": "j", "file_data": files[0]})));
    bench.wait_for("an object", |world| world.objects.len() == 1).await;
    bench.kill();
    assert!(lost.await.unwrap().is_err(), "nobody answered");
    bench.world().asleep = None;
    bench.start().await;
    bench.wait_for("the release", |world| world.objects.is_empty()).await;
    let world = bench.world();
    assert!(world.rows.is_empty() && world.updates.is_empty(), "{:?}", world.updates);
}

#[tokio::test]
async fn a_worker_killed_between_row_and_answer_keeps_both() {
    let mut bench = Bench::new(folder(1, 500)).await;
    bench.world().asleep = Some("metadata");
    let files = bench.listed(&["f0"]).await;
    let lost = tokio::spawn(bench.request("/process-single", &json!({"job_id": "j", "file_data": files[0]})));
    bench.wait_for("a row", |world| world.rows.len() == 1).await;
    bench.kill();
    assert!(lost.await.unwrap().is_err(), "nobody answered");
    bench.world().asleep = None;
    bench.start().await;
    // what was begun is looked through before anything else of the same queue is done
    let (status, answer) =
        bench.post("/process-single", &json!({"job_id": "j", "file_data": files[0]})).await;
    assert_eq!((status, &answer["image"]["error"]), (200, &json!("Image already exists")));
    bench.assert_stored(&["f0"]).await;
}

#[tokio::test]
async fn an_object_that_cannot_be_released_now_is_released_later() {
    let bench = Bench::new(folder(1, 500)).await;
    // the look-up goes well; the row and what clears away after it do not, for a while
    bench.world().failures.insert("metadata", [400, 500, 503, 503].into());
    bench.world().metadata_spares_the_first = true;
    let files = bench.listed(&["f0"]).await;
    let (status, _) = bench.post("/process-single", &json!({"job_id": "j", "file_data": files[0]})).await;
    assert_eq!(status, 500);
    bench.wait_for("the release", |world| world.objects.is_empty() && world.puts == 1).await;
}
