//! Lists and numbers over many rows.

use std::{
    fmt::Write,
    sync::atomic::{AtomicBool, Ordering},
};

use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::harness::{Place, image, on_both_engines};

on_both_engines!(
    rows_are_newest_first_and_pages_never_overlap,
    what_was_answered_is_in_the_next_list_however_many_read,
    long_lists_are_streamed_whole_and_counted,
    a_far_page_is_empty_and_a_huge_one_is_all,
    rows_may_go_while_a_list_is_sent,
    numbers_are_numbers_and_exact,
    one_provider_is_listed_and_counted_alone,
);

/// `count` rows as the original's service leaves them: three of each second, every tenth without a time.
async fn fill(place: &Place, count: u32) {
    let mut values = String::new();
    for n in 1..=count {
        let provider = if n % 5 == 0 { "gcp" } else { "aws" };
        let time = if n % 10 == 0 {
            "NULL".to_owned()
        } else {
            let second = n / 3;
            format!("'2026-11-23 {:02}:{:02}:{:02}'", second / 3600, second / 60 % 60, second % 60)
        };
        let comma = if n == 1 { "" } else { "," };
        write!(
            values,
            "{comma}({n}, 'p{n}.jpg', 'pg-{n}', {n}000, 'image/jpeg', 'https://b/{n}', '{provider}', {time})"
        )
        .unwrap();
    }
    let columns = "id, name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at";
    place.execute(&format!("INSERT INTO images ({columns}) VALUES {values}")).await;
}

fn expected_order(count: i64) -> Vec<i64> {
    let (untimed, mut timed): (Vec<_>, Vec<_>) = (1..=count).rev().partition(|n| n % 10 == 0);
    timed.sort_by_key(|n| (-(n / 3), -n));
    timed.extend(untimed);
    timed
}

fn ids(body: &Value) -> Vec<i64> {
    body["images"].as_array().unwrap().iter().map(|image| image["id"].as_i64().unwrap()).collect()
}

async fn rows_are_newest_first_and_pages_never_overlap(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    fill(&place, 130).await;
    let mut seen = Vec::new();
    for page in 1..=19 {
        let answer = service.get(&format!("/images?page={page}&per_page=7")).await;
        assert_eq!((answer.status, &answer.body["total_pages"]), (200, &json!(19)));
        seen.extend(ids(&answer.body));
    }
    assert_eq!(seen, expected_order(130));
}

async fn what_was_answered_is_in_the_next_list_however_many_read(place: Place) {
    const PAGE: &str = "/images?page=1&per_page=20";
    let service = place.start();
    let is_over = AtomicBool::new(false);
    let reading = futures::future::join_all((0..8).map(async |_| {
        while !is_over.load(Ordering::Relaxed) {
            assert_eq!(service.get(PAGE).await.status, 200);
        }
    }));
    let writing = async {
        for n in 1..=40 {
            let made = service.create(&image(&format!("f{n}"))).await;
            let page = service.get(PAGE).await.body;
            assert_eq!((&page["total"], &page["images"][0]), (&json!(n), &made));
            assert_eq!(ids(&page).len(), n.min(20));
        }
        is_over.store(true, Ordering::Relaxed);
    };
    tokio::join!(reading, writing);
}

async fn long_lists_are_streamed_whole_and_counted(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    // with and without a rest after the last whole batch; times end inside a batch
    for count in [1500, 2345] {
        place.execute("DELETE FROM images").await;
        fill(&place, count).await;
        let all = service.get("/images/all").await;
        assert_eq!(ids(&all.body), expected_order(count.into()));
        assert_eq!((&all.body["success"], &all.body["total"]), (&json!(true), &json!(count)));
        let most = service.get("/images?per_page=1400&page=1").await;
        assert_eq!(ids(&most.body), expected_order(count.into())[..1400]);
        assert_eq!(most.body["total"], count);
    }
}

async fn a_far_page_is_empty_and_a_huge_one_is_all(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    fill(&place, 3).await;
    for far in ["2", "9223372036854775807", "99999999999999999999999"] {
        let answer = service.get(&format!("/images?page={far}&per_page=3")).await;
        assert_eq!((answer.status, ids(&answer.body).len(), &answer.body["total"]), (200, 0, &json!(3)));
    }
    for huge in ["9223372036854775808", "99999999999999999999999"] {
        let answer = service.get(&format!("/images?per_page={huge}")).await;
        assert_eq!((answer.status, ids(&answer.body).len()), (200, 3), "{huge}");
        assert_eq!(answer.body["total_pages"], 1);
    }
}

async fn rows_may_go_while_a_list_is_sent(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    fill(&place, 1200).await;
    let request = http::Request::get("/images/all").body(axum::body::Body::empty()).unwrap();
    let mut body = service.send(request).await.into_body();
    let mut text = body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec();
    place.execute("DELETE FROM images").await;
    text.extend(body.collect().await.unwrap().to_bytes());
    let answer: Value = serde_json::from_slice(&text).unwrap();
    assert!(ids(&answer).len() >= 500);
    assert_eq!(answer["total"], ids(&answer).len(), "total is what was sent");
}

async fn numbers_are_numbers_and_exact(place: Place) {
    let service = place.start();
    let none = json!({"aws_images": 0, "total_images": 0, "total_size_bytes": 0, "total_size_mb": 0.0});
    assert_eq!(service.get("/stats").await.body, none);
    fill(&place, 130).await;
    let stats =
        json!({"aws_images": 104, "total_images": 130, "total_size_bytes": 8_515_000, "total_size_mb": 8.12});
    let mut answer = service.get("/stats").await.body;
    let by_provider = answer.as_object_mut().unwrap().remove("by_provider");
    answer.as_object_mut().unwrap().remove("by_type");
    assert_eq!(answer, stats);
    let aws = json!({"storage_provider": "aws", "images": 104, "bytes": 6_760_000});
    let gcp = json!({"storage_provider": "gcp", "images": 26, "bytes": 1_755_000});
    assert_eq!(by_provider, Some(json!([aws, gcp])));
    place.execute("UPDATE images SET size = 9000000000000000000").await;
    let huge = service.get("/stats").await;
    assert_eq!(huge.status, 200);
    assert!(huge.body["total_size_bytes"].as_f64().unwrap() > 1e21);
}

async fn one_provider_is_listed_and_counted_alone(place: Place) {
    let service = place.start();
    service.create(&image("mine")).await;
    place.execute("DELETE FROM images").await;
    fill(&place, 130).await;
    for (query, total) in [
        ("storage_provider=gcp", 26),
        ("storage_provider=aws", 104),
        ("storage_provider=", 130),
        ("storage_provider=%27%20or%201%3D1", 0),
        ("storage_provider=%FF", 0),
        ("storage_provider=%F0%9F%98%80", 0),
        ("storage_provider=%00", 0),
        // MySQL compares this column without case, as in the original
        ("storage_provider=AWS", if place.is_mysql() { 104 } else { 0 }),
    ] {
        let answer = service.get(&format!("/images?{query}&per_page=1000")).await;
        assert_eq!(answer.body["total"], total, "{query}");
        assert_eq!(ids(&answer.body).len(), total, "{query}");
    }
}
