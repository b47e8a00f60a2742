//! Lists in any order and of any filter, and walks through them by cursor.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Value, json};

use crate::harness::{Place, Service, on_both_engines, wait_for};

on_both_engines!(
    every_order_is_walked_whole_by_cursor,
    a_walk_meets_every_row_that_stays_once,
    filters_and_orders_agree_with_a_plain_look,
    wrong_words_and_cursors_are_told,
    counts_and_days_agree_with_the_rows,
);

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
    let columns =
        "id, name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at, job_id";
    place.execute(&format!("INSERT INTO images ({columns}) VALUES {values}")).await;
}

pub(crate) fn ids(body: &Value) -> Vec<i64> {
    let images = body["images"].as_array().unwrap_or_else(|| panic!("no list: {body}"));
    images.iter().map(|image| image["id"].as_i64().unwrap()).collect()
}

pub(crate) async fn ready(service: &Service) {
    wait_for("the database", || async { (service.get("/stats").await.status == 200).then_some(()) }).await;
}

/// All ids by cursor, in pages of `size`.
pub(crate) async fn walk(service: &Service, query: &str, size: u32) -> Vec<i64> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..1000 {
        let answer = service.get(&format!("/images?{query}&per_page={size}&cursor={cursor}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        seen.extend(ids(&answer.body));
        match answer.body["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
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
        assert_eq!(
            (&whole["next_cursor"], &whole["total_is_exact"]),
            (&json!(null), &json!(true)),
            "{query}"
        );
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
        let expected: Vec<_> =
            all.iter().filter(|row| takes(row)).map(|row| row["id"].as_i64().unwrap()).collect();
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
            let in_order =
                keys.windows(2).all(|two| if up { two[0].1 <= two[1].1 } else { two[0].0 <= two[1].0 });
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
    let second =
        service.get(&format!("/images?per_page=2&page=7&cursor={cursor}&sort=imported&order=desc&q=")).await;
    assert_eq!((second.status, &second.body["page"], &second.body["total"]), (200, &json!(7), &json!(30)));
    assert_eq!(ids(&second.body), ids(&service.get("/images?per_page=2&page=2").await.body));
}

async fn counts_and_days_agree_with_the_rows(place: Place) {
    let service = place.start();
    ready(&service).await;
    fill(&place, 1, 200).await;
    for query in
        ["", "mime_type=image/png", "storage_provider=aws", "job_id=job-1", "q=a", "q=a&mime_type=image/gif"]
    {
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
