//! `/process-single` between its neighbours.

use serde_json::json;

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
