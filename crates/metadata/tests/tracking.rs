//! Counts equal a plain COUNT at every moment, whoever writes, and pages far down are those of a plain OFFSET.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::Value;

use crate::harness::{Place, Service, image, on_both_engines, wait_for, with};

on_both_engines!(
    numbers_are_those_of_a_plain_count_whoever_writes,
    numbers_stay_exact_while_others_write,
    rows_that_were_there_before_are_counted,
    a_table_that_was_emptied_past_the_triggers_is_counted_anew_at_the_next_start,
    two_replicas_fold_every_change_once,
    far_pages_have_the_rows_of_a_plain_offset,
    a_new_row_is_answered_by_its_own_number,
);

const COLUMNS: &str = "name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at";

/// A row as another program writes it.
fn row(id: &str, size: u32, mime_type: &str, provider: &str, time: Option<&str>) -> String {
    let time = time.map_or("NULL".to_owned(), |time| format!("'{time}'"));
    format!("('{id}.jpg', '{id}', {size}, '{mime_type}', 'https://b/{id}', '{provider}', {time})")
}

async fn insert(place: &Place, rows: &[String]) {
    place.execute(&format!("INSERT INTO images ({COLUMNS}) VALUES {}", rows.join(", "))).await;
}

/// Waits until nothing is left to fold, and everything was built.
async fn settled(place: &Place) {
    wait_for("changes to be folded", || async {
        let left = place.number("SELECT COUNT(*) FROM image_changes").await;
        let ready = place.number("SELECT COUNT(*) FROM image_index_state WHERE value = 'ready'").await;
        (left == 0 && ready == 1).then_some(())
    })
    .await;
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

fn of<'a>(groups: &'a Value, name: &str, is: &str) -> Option<&'a Value> {
    groups.as_array()?.iter().find(|group| group[name] == is)
}

async fn assert_exact(place: &Place, service: &Service) {
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
async fn assert_sums(place: &Place) {
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

async fn rows_that_were_there_before_are_counted(place: Place) {
    place.start().get("/stats").await;
    // as an original alone would leave it: no triggers, no counts
    let tables = "DELETE FROM image_changes; DELETE FROM image_counts; DELETE FROM image_index_state;";
    let triggers = "DROP TRIGGER image_changes_after_insert; DROP TRIGGER image_changes_after_update; \
                    DROP TRIGGER image_changes_after_delete;";
    let triggers = if place.is_mysql() { triggers } else { "" };
    place.execute(&format!("{tables}{triggers}")).await;
    let rows: Vec<_> = (0..2500)
        .map(|n| {
            let time = format!("2026-11-{:02} 01:{:02}:00", n % 28 + 1, n % 60);
            let time = (n % 7 != 0).then_some(time.as_str());
            row(&format!("old{n}"), n, "image/jpeg", if n % 3 == 0 { "aws" } else { "gcp" }, time)
        })
        .collect();
    insert(&place, &rows).await;
    let service = place.start();
    assert_exact_numbers(&service, 2500).await;
    settled(&place).await;
    assert_exact(&place, &service).await;
    assert_sums(&place).await;
    let blocks = place.number("SELECT COUNT(*) FROM name_blocks").await;
    assert_eq!(blocks, 3, "every row's name is in a block");
}

async fn assert_exact_numbers(service: &Service, rows: i64) {
    assert_eq!(number(&service.get("/stats").await.body["total_images"]), rows);
}

async fn a_table_that_was_emptied_past_the_triggers_is_counted_anew_at_the_next_start(place: Place) {
    let service = place.start();
    for n in 0..5 {
        service.create(&image(&format!("i{n}"))).await;
    }
    settled(&place).await;
    service.stop().await;
    // what TRUNCATE does, said for both engines
    let counts = "UPDATE image_counts SET images = images + 2, bytes_high = bytes_high + 1";
    let counts = if place.is_mysql() { "UPDATE image_counts SET images = images + 2" } else { counts };
    place.execute(counts).await;
    let service = place.start();
    wait_for("the counts to be right again", || async {
        (number(&service.get("/stats").await.body["total_images"]) == 5).then_some(())
    })
    .await;
    settled(&place).await;
    assert_exact(&place, &service).await;
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

async fn far_pages_have_the_rows_of_a_plain_offset(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    let rows: Vec<_> = (0..3000_u32)
        .map(|n| {
            // ties, days and minutes of very different sizes, rows without a time
            let hash = n.wrapping_mul(2_654_435_761) >> 7;
            let time = match hash % 10 {
                0 => None,
                1..=4 => Some("2026-11-23 01:58:12".to_owned()),
                5 => Some(format!("2026-11-23 01:58:{:02}", hash % 60)),
                _ => Some(format!("2026-{:02}-01 {:02}:{:02}:07", hash % 12 + 1, hash % 24, hash % 59)),
            };
            row(&format!("r{n}"), n, "image/jpeg", if hash % 3 == 0 { "gcp" } else { "aws" }, time.as_deref())
        })
        .collect();
    insert(&place, &rows).await;
    settled(&place).await;
    place.execute("DELETE FROM images WHERE size % 17 = 3").await;
    for provider in ["", "aws", "gcp"] {
        let filter =
            if provider.is_empty() { "1 = 1".to_owned() } else { format!("storage_provider = '{provider}'") };
        let expected = place
            .numbers(&format!("SELECT id FROM images WHERE {filter} ORDER BY created_at DESC, id DESC"))
            .await;
        for per_page in [1, 7, 250, 900] {
            let pages = expected.len().div_ceil(per_page) + 1;
            let step = if per_page < 100 { 97 } else { 1 };
            for page in (1..=pages).step_by(step) {
                let path = format!("/images?page={page}&per_page={per_page}&storage_provider={provider}");
                let body = service.get(&path).await.body;
                let found: Vec<_> =
                    body["images"].as_array().unwrap().iter().map(|row| number(&row["id"])).collect();
                let plain = expected.chunks(per_page).nth(page - 1).unwrap_or_default();
                assert_eq!(found, plain, "{path}");
            }
        }
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_make_triggers_mysql_is_counted_plainly() {
    let place = Place::mysql().await;
    let mut config = place.config();
    let metadata::Database::MySql(settings) = &mut config.database else { unreachable!("it is MySQL") };
    let user = format!("plain_{}", &uuid::Uuid::new_v4().simple().to_string()[..16]);
    let rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES";
    place.execute(&format!("CREATE USER {user}@'127.0.0.1' IDENTIFIED BY 'canary-plain'")).await;
    place.execute(&format!("GRANT {rights} ON {}.* TO {user}@'127.0.0.1'", settings.name)).await;
    settings.user = user.clone();
    settings.password = client::Secret::new("canary-plain");
    let service = Service::start(config);
    service.create(&image("a")).await;
    insert(&place, &[row("b", 7, "image/png", "gcp", None)]).await;
    assert_exact(&place, &service).await;
    assert_eq!(place.number("SELECT COUNT(*) FROM image_changes").await, 0);
    // somebody gives the right, and another replica starts
    let other = place.start();
    other.create(&image("c")).await;
    settled(&place).await;
    assert_exact(&place, &other).await;
    place.execute(&format!("DROP USER {user}@'127.0.0.1'")).await;
}
