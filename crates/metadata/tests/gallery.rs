//! Lists in any order and of any filter, and walks through them by cursor.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Value, json};

use crate::harness::{Answer, Place, Service, image, on_both_engines, with};

on_both_engines!(
    every_order_is_walked_whole_by_cursor,
    a_walk_meets_every_row_that_stays_once,
    filters_and_orders_agree_with_a_plain_look,
    wrong_words_and_cursors_are_told,
    counts_and_days_agree_with_the_rows,
    many_rows_go_at_once,
    what_cannot_be_deleted_is_named,
    images_say_where_they_are_shown,
    a_shared_row_knows_the_pixels_of_its_bytes,
);

const UUID: &str = "0123abcd-89ab-4def-8123-456789abcdef";

/// Rows as several writers leave them: times with ties and without, three types, two jobs, sizes with ties.
pub(crate) async fn fill(place: &Place, from: u32, count: u32) {
    let mut values = String::new();
    for n in from..from + count {
        let time = match n % 7 {
            0 => "NULL".to_owned(),
            _ => format!("'2026-{:02}-{:02} 10:00:{:02}'", 1 + n % 3, 1 + n * 7 % 5, n % 4),
        };
        let kind = ["image/jpeg", "image/png", "image/gif"][(n * n % 3) as usize];
        let job = if n % 4 == 0 { "NULL".to_owned() } else { format!("'job-{}'", n % 2) };
        let provider = if n % 11 == 0 { "gcp" } else { "aws" };
        let comma = if n == from { "" } else { "," };
        let name = format!("{}{}.jpg", ["b", "A", "c", "a"][(n % 4) as usize], n % 10);
        write!(
            values,
            "{comma}({n}, '{name}', 'g-{n}', {}, '{kind}', 'https://b/{n}', '{provider}', {time}, {job})",
            n % 6 * 100
        )
        .unwrap();
    }
    let columns = "id, name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at, job_id";
    place.execute(&format!("INSERT INTO images ({columns}) VALUES {values}")).await;
}

pub(crate) fn ids(body: &Value) -> Vec<i64> {
    let images = body["images"].as_array().unwrap_or_else(|| panic!("no list: {body}"));
    images.iter().map(|image| image["id"].as_i64().unwrap()).collect()
}

async fn ready(service: &Service) {
    assert_eq!(service.get("/stats").await.status, 200);
}

/// All ids by cursor, in pages of `size`.
pub(crate) async fn walk(service: &Service, query: &str, size: u32) -> Vec<i64> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..1000 {
        let answer = service.get(&format!("/images?{query}&per_page={size}&cursor={cursor}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        seen.extend(ids(&answer.body));
        match answer.body["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return seen,
        }
    }
    panic!("{query}: no end");
}

async fn every_order_is_walked_whole_by_cursor(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 120).await;
    for query in [
        "",
        "order=asc",
        "sort=name",
        "sort=name&order=desc",
        "sort=size",
        "sort=size&order=asc",
        "mime_type=image/png",
        "storage_provider=aws&mime_type=image/jpeg",
        "job_id=job-1&sort=name",
        "mime_type=image/png&sort=size",
        "storage_provider=aws&sort=name",
        "q=a&sort=size",
        "q=a&job_id=job-1",
        "q=1",
    ] {
        let whole = service.get(&format!("/images?{query}&per_page=1000")).await.body;
        assert_eq!((&whole["next_cursor"], &whole["total_is_exact"]), (&json!(null), &json!(true)), "{query}");
        let whole_ids = ids(&whole);
        assert!(whole["total"] == whole_ids.len() && whole_ids.len() > 5, "{query}");
        for size in [1, 7, 119] {
            assert_eq!(walk(&service, query, size).await, whole_ids, "{query} by {size}");
        }
        let mut paged = Vec::new();
        for page in 1..=whole_ids.len().div_ceil(9) {
            paged.extend(ids(&service.get(&format!("/images?{query}&per_page=9&page={page}")).await.body));
        }
        assert_eq!(paged, whole_ids, "{query} by number");
    }
}

async fn a_walk_meets_every_row_that_stays_once(place: Place) {
    let service = place.start();
    ready(&service).await;
    for (query, is_in) in [
        ("", (|_| true) as fn(u32) -> bool),
        ("sort=name", |_| true),
        ("sort=size&order=asc", |_| true),
        ("q=A", |n| n % 2 == 1),
        ("mime_type=image/png&sort=name", |n| n * n % 3 == 1),
    ] {
        place.execute("DELETE FROM images").await;
        fill(&place, 1, 90).await;
        let (mut seen, mut cursor, mut next_id) = (Vec::new(), String::new(), 1000);
        loop {
            let answer = service.get(&format!("/images?{query}&per_page=7&cursor={cursor}")).await.body;
            seen.extend(ids(&answer));
            let Some(next) = answer["next_cursor"].as_str() else { break };
            cursor = next.to_owned();
            // the row that the cursor names goes, one that was not met goes, and others come
            place.execute(&format!("DELETE FROM images WHERE id = {}", seen[seen.len() - 1])).await;
            fill(&place, next_id, 5).await;
            next_id += 5;
        }
        let unique: BTreeSet<_> = seen.iter().copied().collect();
        assert_eq!(unique.len(), seen.len(), "{query}: twice");
        for n in (1..=90).filter(|n| is_in(*n)) {
            assert!(unique.contains(&i64::from(n)), "{query}: {n} is missing");
        }
    }
}

async fn filters_and_orders_agree_with_a_plain_look(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 200).await;
    let all = service.get("/images/all").await.body["images"].as_array().unwrap().clone();
    for (query, takes) in [
        ("mime_type=image/png", (|row: &Value| row["mime_type"] == "image/png") as fn(&Value) -> bool),
        ("job_id=job-1", |row| row["job_id"] == "job-1"),
        ("storage_provider=gcp&mime_type=image/png", |row| {
            row["storage_provider"] == "gcp" && row["mime_type"] == "image/png"
        }),
        ("q=B", |row| row["name"].as_str().unwrap().contains('b')),
        ("q=a3", |row| row["name"].as_str().unwrap().to_lowercase().contains("a3")),
        ("job_id=nobody", |_| false),
        ("q=nothing", |_| false),
    ] {
        let expected: Vec<_> = all.iter().filter(|row| takes(row)).map(|row| row["id"].as_i64().unwrap()).collect();
        let newest = service.get(&format!("/images?{query}&per_page=500")).await.body;
        assert_eq!(ids(&newest), expected, "{query}");
        let oldest = service.get(&format!("/images?{query}&per_page=500&order=asc")).await.body;
        assert_eq!(ids(&oldest), expected.iter().rev().copied().collect::<Vec<_>>(), "{query}");
        for (sort, up) in [("size", false), ("name", true)] {
            let sorted = service.get(&format!("/images?{query}&per_page=500&sort={sort}")).await.body;
            let mut keys: Vec<_> = sorted["images"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row["size"].as_i64().unwrap(), row["name"].as_str().unwrap().to_lowercase()))
                .collect();
            if !up {
                keys.reverse();
            }
            let in_order = keys.windows(2).all(|two| if up { two[0].1 <= two[1].1 } else { two[0].0 <= two[1].0 });
            assert!(in_order && keys.len() == expected.len(), "{query} by {sort}");
        }
    }
}

async fn wrong_words_and_cursors_are_told(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 30).await;
    let first = service.get("/images?per_page=2").await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    for (query, word) in [
        ("sort=date".to_owned(), "sort"),
        ("order=up".to_owned(), "order"),
        ("cursor=abc".to_owned(), "cursor"),
        ("cursor=%00".to_owned(), "cursor"),
        (format!("cursor={cursor}&sort=name"), "cursor"),
        (format!("cursor={cursor}&order=asc"), "cursor"),
        (format!("cursor={cursor}&q=a"), "cursor"),
        (format!("cursor={cursor}&mime_type=image/png"), "cursor"),
    ] {
        let answer = service.get(&format!("/images?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body["error"].as_str().unwrap().contains(word), "{query}: {}", answer.body);
    }
    let second = service.get(&format!("/images?per_page=2&page=7&cursor={cursor}&sort=imported&order=desc&q=")).await;
    assert_eq!((second.status, &second.body["page"], &second.body["total"]), (200, &json!(7), &json!(30)));
    assert_eq!(ids(&second.body), ids(&service.get("/images?per_page=2&page=2").await.body));
}

async fn counts_and_days_agree_with_the_rows(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 200).await;
    for query in ["", "mime_type=image/png", "storage_provider=aws", "job_id=job-1", "q=a", "q=a&mime_type=image/gif"] {
        let rows = service.get(&format!("/images?{query}&per_page=500")).await.body["images"].clone();
        let rows = rows.as_array().unwrap();
        let bytes: i64 = rows.iter().map(|row| row["size"].as_i64().unwrap()).sum();
        let counts = service.get(&format!("/images/counts?{query}")).await.body;
        assert_eq!(
            (&counts["total"], &counts["bytes"], &counts["total_is_exact"]),
            (&json!(rows.len()), &json!(bytes), &json!(true)),
            "{query}"
        );
        for (list, field) in [("by_type", "mime_type"), ("by_provider", "storage_provider")] {
            let mut sum = 0;
            for kind in counts[list].as_array().unwrap() {
                let same = rows.iter().filter(|row| row[field] == kind[field]).count();
                assert_eq!(kind["images"], same, "{query}: {kind}");
                sum += same;
            }
            assert_eq!(sum, rows.len(), "{query}");
        }
        for by in ["day", "month"] {
            let days = service.get(&format!("/images/histogram?by={by}&{query}")).await.body;
            assert_eq!((&days["by"], &days["total_is_exact"]), (&json!(by), &json!(true)));
            let mut before = 0;
            for bucket in days["buckets"].as_array().unwrap() {
                let cursor = bucket["cursor"].as_str().unwrap();
                let list = service.get(&format!("/images?{query}&per_page=500&cursor={cursor}")).await.body;
                let rest: Vec<_> = rows[before..].iter().map(|row| row["id"].as_i64().unwrap()).collect();
                assert_eq!(ids(&list), rest, "{query}: {bucket}");
                let of_bucket = |row: &&Value| match (bucket[by].as_str(), row["created_at"].as_str()) {
                    (Some(name), Some(time)) => time.starts_with(name),
                    (name, time) => name == time,
                };
                let images = rows.iter().filter(of_bucket).count();
                assert_eq!(bucket["images"], images, "{query}: {bucket}");
                before += images;
            }
            assert_eq!(before, rows.len(), "{query}");
        }
    }
    assert_eq!(service.get("/images/histogram?by=year").await.status, 400);
}

async fn many_rows_go_at_once(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 250).await;
    let asked: Vec<_> = (100..=340).rev().collect();
    let answer = service.post("/images/delete", &json!({"ids": asked})).await;
    assert_eq!((answer.status, &answer.body["message"]), (200, &json!("151 images deleted")));
    assert_eq!(answer.body["deleted"], json!((100..=250).rev().collect::<Vec<_>>()));
    assert_eq!(answer.body["not_found"], json!((251..=340).rev().collect::<Vec<_>>()));
    assert_eq!(place.number("SELECT COUNT(*) FROM images").await, 99);
    assert_eq!(place.number("SELECT COUNT(*) FROM released_objects").await, 151);
    let again = service.post("/images/delete", &json!({"ids": [100, 1], "keep_object": true})).await;
    assert_eq!((&again.body["message"], &again.body["deleted"]), (&json!("1 image deleted"), &json!([1])));
    assert_eq!(place.number("SELECT COUNT(*) FROM released_objects").await, 151, "kept");
}

async fn what_cannot_be_deleted_is_named(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 3).await;
    for (body, word) in [
        (json!({}), "`ids`"),
        (json!([1]), "`ids`"),
        (json!({"ids": "1"}), "`ids`"),
        (json!({"ids": []}), "0 entries"),
        (json!({"ids": (0..1001).collect::<Vec<_>>()}), "1001 entries"),
        (json!({"ids": [1, "2"]}), "`ids[1]`"),
        (json!({"ids": [1.5]}), "`ids[0]`"),
        (json!({"ids": [1, 2, 1]}), "`ids[2]`"),
        (json!({"ids": [1], "keep_object": "yes"}), "`keep_object`"),
    ] {
        let Answer { status, body: answer } = service.post("/images/delete", &body).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error"].as_str().unwrap().contains(word), "{body}: {answer}");
    }
    assert_eq!(place.number("SELECT COUNT(*) FROM images").await, 3);
    let far = json!({"ids": [-1, 0, 9_223_372_036_854_775_807_i64, 18_446_744_073_709_551_615_u64]});
    let answer = service.post("/images/delete", &far).await;
    assert_eq!((answer.status, &answer.body["not_found"]), (200, &far["ids"]));
}

async fn images_say_where_they_are_shown(place: Place) {
    let service = place.start();
    let path = format!("https://b.example/{UUID}_a%20b.jpg");
    let row = with(with(image("id 1"), "storage_path", path.clone()), "md5", "0".repeat(32));
    let created = service.create(&row).await;
    let content = format!("/api/objects/{UUID}_a%20b.jpg");
    assert_eq!(created["content_url"], content);
    assert_eq!(created["thumbnail_url"], format!("{content}/thumbnail"));
    assert_eq!(created["drive_url"], "https://drive.google.com/file/d/id%201/view");
    let known = service.post("/images", &row).await;
    assert_eq!((known.status, &known.body["image"]), (409, &created));
    assert_eq!(service.get("/images/1").await.body, created);
    for list in ["/images", "/images/all", "/images?q=ID"] {
        assert_eq!(service.get(list).await.body["images"], json!([created]), "{list}");
    }
    // as the original stored it, and one that is no object of anybody's making
    let raw = with(image("raw"), "storage_path", format!("https://b.example/{UUID}_a%20b/c.jpg"));
    assert_eq!(service.create(&raw).await["content_url"], format!("/api/objects/{UUID}_a%2520b%2Fc.jpg"));
    let other = service.create(&image("other")).await;
    assert!(other.get("content_url").is_none() && other.get("thumbnail_url").is_none());
    assert_eq!(other["drive_url"], "https://drive.google.com/file/d/other/view");
}

async fn a_shared_row_knows_the_pixels_of_its_bytes(place: Place) {
    let service = place.start();
    let sha256 = "a".repeat(64);
    let mut first = with(with(image("one"), "md5", "0".repeat(32)), "source_md5", "0".repeat(32));
    for (field, value) in
        [("sha256", json!(sha256)), ("width", json!(40)), ("height", json!(30)), ("content_type", json!("image/png"))]
    {
        first = with(first, field, value);
    }
    service.create(&first).await;
    let mut second = with(image("two"), "share", json!({"sha256": sha256, "size": 100}));
    second["storage_path"] = json!("");
    let shared = service.create(&second).await;
    assert_eq!((&shared["width"], &shared["height"], &shared["content_type"]), (&json!(40), &json!(30), &json!("image/png")));
}
