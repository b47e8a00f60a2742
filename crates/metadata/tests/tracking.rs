//! Counts equal a plain COUNT at every moment, whoever writes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::Value;

use crate::harness::{Place, Service, image, on_both_engines, wait_for, with};

on_both_engines!(
    numbers_are_those_of_a_plain_count_whoever_writes,
    numbers_stay_exact_while_others_write,
    two_replicas_fold_every_change_once,
    a_new_row_is_answered_by_its_own_number,
);

pub(crate) const COLUMNS: &str =
    "name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at";

/// A row as another program writes it.
pub(crate) fn row(id: &str, size: u32, mime_type: &str, provider: &str, time: Option<&str>) -> String {
    let time = time.map_or("NULL".to_owned(), |time| format!("'{time}'"));
    format!("('{id}.jpg', '{id}', {size}, '{mime_type}', 'https://b/{id}', '{provider}', {time})")
}

pub(crate) async fn insert(place: &Place, rows: &[String]) {
    place.execute(&format!("INSERT INTO images ({COLUMNS}) VALUES {}", rows.join(", "))).await;
}

/// Waits until nothing is left to fold, and everything was built.
pub(crate) async fn settled(place: &Place) {
    wait_for("changes to be folded", || async {
        let left = place.number("SELECT COUNT(*) FROM image_changes").await;
        let ready = place.number("SELECT COUNT(*) FROM image_index_state WHERE value = 'ready'").await;
        (left == 0 && ready == 1).then_some(())
    })
    .await;
}

pub(crate) fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

pub(crate) fn of<'a>(groups: &'a Value, name: &str, is: &str) -> Option<&'a Value> {
    groups.as_array()?.iter().find(|group| group[name] == is)
}

pub(crate) async fn assert_exact(place: &Place, service: &Service) {
    let stats = service.get("/stats").await.body;
    let count = |condition: &str| {
        let sql = format!("SELECT COUNT(*) FROM images WHERE {condition}");
        async move { place.number(&sql).await }
    };
    assert_eq!(number(&stats["total_images"]), count("1 = 1").await, "{stats}");
    assert_eq!(number(&stats["aws_images"]), count("storage_provider = 'aws'").await, "{stats}");
    let cast = if place.is_mysql() { "SIGNED" } else { "INTEGER" };
    let sum = |condition: &str| {
        let sql = format!("SELECT CAST(COALESCE(SUM(size), 0) AS {cast}) FROM images WHERE {condition}");
        async move { place.number(&sql).await }
    };
    assert_eq!(number(&stats["total_size_bytes"]), sum("1 = 1").await, "{stats}");
    for provider in ["aws", "gcp", "local"] {
        let rows = count(&format!("storage_provider = '{provider}'")).await;
        let group = of(&stats["by_provider"], "storage_provider", provider);
        assert_eq!(group.map_or(0, |group| number(&group["images"])), rows, "{provider}: {stats}");
        let bytes = sum(&format!("storage_provider = '{provider}'")).await;
        assert_eq!(group.map_or(0, |group| number(&group["bytes"])), bytes, "{provider}: {stats}");
        let list = service.get(&format!("/images?per_page=1&storage_provider={provider}")).await.body;
        assert_eq!(number(&list["total"]), rows, "{provider}");
    }
    for mime_type in ["image/jpeg", "image/png"] {
        let rows = count(&format!("mime_type = '{mime_type}'")).await;
        let group = of(&stats["by_type"], "mime_type", mime_type);
        assert_eq!(group.map_or(0, |group| number(&group["images"])), rows, "{mime_type}: {stats}");
    }
}

/// What is folded and what is not add up to the rows, by day, minute and job.
pub(crate) async fn assert_sums(place: &Place) {
    let start = |length| format!("COALESCE(substr(created_at, 1, {length}), '')");
    let sums = [
        ("day", "image_counts WHERE day <> '*'", start(10)),
        ("minute", "image_minutes", start(16)),
        ("job_id", "job_counts", "job_id".to_owned()),
    ];
    for (key, folded, of_row) in sums {
        let wrong = format!(
            "SELECT COUNT(*) FROM (SELECT {key}, SUM(images) AS images FROM (\
             SELECT {key}, images FROM {folded} UNION ALL SELECT {key}, images FROM image_changes \
             UNION ALL SELECT {of_row}, -1 FROM images) AS parts WHERE {key} IS NOT NULL GROUP BY {key}) AS sums \
             WHERE images <> 0"
        );
        assert_eq!(place.number(&wrong).await, 0, "{key}");
    }
}

async fn numbers_are_those_of_a_plain_count_whoever_writes(place: Place) {
    let service = place.start();
    service.create(&with(image("a"), "job_id", "j1")).await;
    assert_exact(&place, &service).await;
    settled(&place).await;
    assert_exact(&place, &service).await;
    let time = Some("2026-11-23 01:58:12");
    insert(&place, &[row("b", 7, "image/png", "gcp", time), row("c", 9, "image/png", "aws", None)]).await;
    assert_exact(&place, &service).await;
    for change in [
        "UPDATE images SET size = size + 1, storage_provider = 'local'",
        "UPDATE images SET created_at = '2025-01-01 00:00:00', job_id = 'j2' WHERE google_drive_id = 'b'",
        "UPDATE images SET name = 'x', mime_type = 'image/png'",
        "DELETE FROM images WHERE google_drive_id = 'c'",
    ] {
        place.execute(change).await;
        assert_exact(&place, &service).await;
        settled(&place).await;
        assert_exact(&place, &service).await;
        assert_sums(&place).await;
    }
    service.delete("/images/1").await;
    assert_exact(&place, &service).await;
    assert_sums(&place).await;
}

async fn numbers_stay_exact_while_others_write(place: Place) {
    let place = Arc::new(place);
    let service = Arc::new(place.start());
    service.get("/stats").await;
    settled(&place).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..3).map(|writer| {
        let (place, service, stop) = (Arc::clone(&place), Arc::clone(&service), Arc::clone(&stop));
        tokio::spawn(async move {
            for n in 0..40 {
                let id = format!("w{writer}-{n}");
                if writer == 0 {
                    let time = format!("2026-11-23 0{}:{:02}:00", n % 10, n % 60);
                    // two rows that come together are only ever counted together
                    let rows = [format!("{id}a"), format!("{id}b")];
                    insert(&place, &rows.map(|id| row(&id, 5, "image/png", "gcp", Some(&time)))).await;
                } else {
                    let made = service.create(&with(image(&id), "job_id", "j")).await;
                    if n % 3 == 0 {
                        service.delete(&format!("/images/{}", made["id"])).await;
                    }
                }
            }
            stop.store(writer == 0 || stop.load(Ordering::SeqCst), Ordering::SeqCst);
        })
    });
    let writers: Vec<_> = writers.collect();
    while !stop.load(Ordering::SeqCst) {
        let stats = service.get("/stats").await.body;
        let by_provider: i64 =
            stats["by_provider"].as_array().into_iter().flatten().map(|group| number(&group["images"])).sum();
        assert_eq!(by_provider, number(&stats["total_images"]), "{stats}");
        let pairs = of(&stats["by_provider"], "storage_provider", "gcp");
        let pairs = pairs.map_or(0, |group| number(&group["images"]));
        assert_eq!(pairs % 2, 0, "half a transaction was counted: {stats}");
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_exact(&place, &service).await;
    settled(&place).await;
    assert_exact(&place, &service).await;
    assert_sums(&place).await;
}

async fn two_replicas_fold_every_change_once(place: Place) {
    let services = [place.start(), place.start()];
    for n in 0..60 {
        let made = services[n % 2].create(&image(&format!("i{n}"))).await;
        if n % 5 == 0 {
            services[(n + 1) % 2].delete(&format!("/images/{}", made["id"])).await;
        }
    }
    settled(&place).await;
    for service in &services {
        assert_exact(&place, service).await;
    }
    assert_sums(&place).await;
}

async fn a_new_row_is_answered_by_its_own_number(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    insert(&place, &[row("a", 1, "image/png", "aws", None), row("b", 1, "image/png", "aws", None)]).await;
    place.execute("UPDATE images SET size = 2").await;
    // the triggers' own numbers are further on
    let made = service.create(&image("c")).await;
    assert_eq!((&made["id"], &made["name"]), (&Value::from(3), &Value::from("c.jpg")));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_sizes_are_summed_as_the_original_sums_them() {
    let place = Place::sqlite();
    let service = place.start();
    service.get("/stats").await;
    settled(&place).await;
    place
        .execute(&format!(
            "INSERT INTO images ({COLUMNS}) VALUES ('a', 'a', 1.5, 'm', 'p', 'aws', NULL), \
             ('b', 'b', '12abc', 'm', 'p', 'gcp', NULL), ('c', 'c', 7, 'm', 'p', 'aws', 5), \
             ('d', 'd', 9223372036854775807, 'm', 'p', 'big', NULL)"
        ))
        .await;
    for _ in 0..2 {
        let stats = service.get("/stats").await.body;
        assert_eq!(of(&stats["by_provider"], "storage_provider", "aws").unwrap()["bytes"], 8.5);
        assert_eq!(of(&stats["by_provider"], "storage_provider", "gcp").unwrap()["bytes"], 12.0);
        assert_eq!(of(&stats["by_provider"], "storage_provider", "big").unwrap()["bytes"], i64::MAX);
        settled(&place).await;
    }
    place.execute("DELETE FROM images WHERE google_drive_id IN ('a', 'b', 'd')").await;
    assert_eq!(service.get("/stats").await.body["total_size_bytes"], 7);
}
