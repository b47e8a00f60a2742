//! What a comparison of rows with the bucket asks: all rows in order, and what is known of an object.

use serde_json::{Value, json};

use crate::harness::{Place, image, on_both_engines, with};

on_both_engines!(
    every_row_is_met_once_in_pages,
    a_row_says_what_its_bytes_must_be,
    an_object_is_named_or_going_or_unknown,
    wrong_questions_are_told,
);

async fn every_row_is_met_once_in_pages(place: Place) {
    let service = place.start();
    for number in 0..7 {
        service.create(&image(&format!("id{number}"))).await;
    }
    service.delete("/images/3").await;
    let (mut met, mut pages, mut path) = (Vec::new(), 0, "/images/verify?limit=2".to_owned());
    loop {
        let answer = service.get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        met.extend(answer.body["images"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
        pages += 1;
        let Some(cursor) = answer.body["next_cursor"].as_i64() else { break };
        path = format!("/images/verify?limit=2&cursor={cursor}");
        // a row that is gone does not move the others
        service.delete("/images/5").await;
    }
    assert_eq!((met, pages), (vec![1, 2, 4, 6, 7], 3));
    assert_eq!(service.get("/images/verify?cursor=7").await.body, json!({"images": [], "next_cursor": null}));
}

async fn a_row_says_what_its_bytes_must_be(place: Place) {
    let service = place.start();
    let row = with(with(image("a"), "md5", "0".repeat(32)), "source_md5", "1".repeat(32));
    let created = service.create(&with(row, "source_checksum", "stale")).await;
    assert_eq!(service.get("/images/verify").await.body["images"], json!([created]));
}

async fn an_object_is_named_or_going_or_unknown(place: Place) {
    let service = place.start();
    service.create(&image("named")).await;
    service.create(&image("dropped")).await;
    service.delete("/images/2").await;
    // deleted for the last time, and remembered
    place
        .execute(
            "INSERT INTO released_objects (storage_path, storage_provider, deletes_left, due_ms) \
             VALUES ('https://b/over', 'aws', 0, 9999999999999)",
        )
        .await;
    let paths =
        ["https://b/named", "https://b/dropped", "https://b/over", "https://b/NAMED", "https://b/\u{1f600}"];
    let answer = service.post("/objects/lookup", &json!({"storage_paths": paths})).await;
    assert_eq!(answer.body, json!({"objects": ["named", "going", "unknown", "unknown", "unknown"]}));
    let none: [&str; 0] = [];
    let answer = service.post("/objects/lookup", &json!({"storage_paths": none})).await;
    assert_eq!(answer.body, json!({"objects": []}));
    let many: Vec<Value> = (0..1000).map(|n| json!(format!("https://b/{n}"))).collect();
    let answer = service.post("/objects/lookup", &json!({"storage_paths": many})).await;
    assert_eq!(answer.body["objects"].as_array().unwrap().len(), 1000);
}

async fn wrong_questions_are_told(place: Place) {
    let service = place.start();
    for path in ["/images/verify?cursor=x", "/images/verify?limit=many"] {
        assert_eq!(service.get(path).await.status, 400, "{path}");
    }
    let many: Vec<Value> = (0..1001).map(|n| json!(n.to_string())).collect();
    assert_eq!(service.post("/objects/lookup", &json!({"storage_paths": many})).await.status, 400);
}
