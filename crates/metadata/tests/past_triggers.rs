//! What happens to rows past the triggers is found out, and what triggers see only half of is counted whole.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    harness::{Place, Service, image, on_both_engines, wait_for, with},
    tracking::{COLUMNS, assert_exact, assert_sums, insert, number, of, row, settled},
};

on_both_engines!(
    rows_that_were_there_before_are_counted,
    counts_that_are_wrong_are_made_anew_at_the_next_start,
    replaced_and_ignored_rows_are_counted,
    a_recount_is_right_while_others_write,
);

async fn drop_triggers(place: &Place) {
    let names = if place.is_mysql() {
        &["image_changes_after_insert", "image_changes_after_update", "image_changes_after_delete"][..]
    } else {
        &["tracked_after_insert", "tracked_after_update", "tracked_after_delete", "tracked_before_insert"]
    };
    for name in names {
        place.execute(&format!("DROP TRIGGER {name}")).await;
    }
}

async fn rows_that_were_there_before_are_counted(place: Place) {
    let service = place.start();
    service.get("/stats").await;
    settled(&place).await;
    service.stop().await;
    drop_triggers(&place).await;
    let rows: Vec<_> = (0..2500)
        .map(|n| {
            let time = format!("2026-11-{:02} 01:{:02}:00", n % 28 + 1, n % 60);
            let time = (n % 7 != 0).then_some(time.as_str());
            row(&format!("old{n}"), n, "image/jpeg", if n % 3 == 0 { "aws" } else { "gcp" }, time)
        })
        .collect();
    insert(&place, &rows).await;
    let service = place.start();
    assert_exact(&place, &service).await;
    settled(&place).await;
    assert_exact(&place, &service).await;
    assert_sums(&place).await;
    let blocks = place.number("SELECT COUNT(*) FROM name_blocks").await;
    assert_eq!(blocks, 3, "every row's name is in a block");
}

async fn counts_that_are_wrong_are_made_anew_at_the_next_start(place: Place) {
    let service = place.start();
    for n in 0..5 {
        service.create(&image(&format!("i{n}"))).await;
    }
    settled(&place).await;
    service.stop().await;
    // what no look at the table itself tells
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

async fn replaced_and_ignored_rows_are_counted(place: Place) {
    let service = place.start();
    for n in 0..4 {
        service.create(&image(&format!("i{n}"))).await;
    }
    settled(&place).await;
    let time = Some("2026-11-23 01:58:12");
    let (new, known) = (row("n1", 7, "image/png", "gcp", time), row("i0", 9, "image/png", "gcp", time));
    let by_id = "(3, 'x', 'n2', 5, 'image/png', 'p', 'local', NULL)";
    let (ignore, on_conflict) = if place.is_mysql() {
        ("INSERT IGNORE", "ON DUPLICATE KEY UPDATE size = size + 1")
    } else {
        ("INSERT OR IGNORE", "ON CONFLICT (google_drive_id) DO UPDATE SET size = size + 1")
    };
    let mut writes = vec![
        format!("REPLACE INTO images ({COLUMNS}) VALUES {new}, {known}"),
        format!("{ignore} INTO images ({COLUMNS}) VALUES {known}, {new}"),
        format!("INSERT INTO images ({COLUMNS}) VALUES {known}, {new} {on_conflict}"),
        format!("REPLACE INTO images (id, {COLUMNS}) VALUES {by_id}"),
        // takes two rows with it: by its number and by its Drive id
        format!("REPLACE INTO images (id, {COLUMNS}) VALUES {}", by_id.replace("'n2'", "'i1'")),
        format!("BEGIN; DELETE FROM images; {ignore} INTO images ({COLUMNS}) VALUES {new}; ROLLBACK"),
        // after one that was ignored, nothing of it is left to be counted
        format!(
            "{ignore} INTO images ({COLUMNS}) VALUES {known}; DELETE FROM images WHERE google_drive_id = 'i0'"
        ),
        format!("INSERT INTO images ({COLUMNS}) VALUES {}", row("n3", 1, "image/png", "aws", None)),
    ];
    if !place.is_mysql() {
        writes.push(
            "UPDATE OR REPLACE images SET google_drive_id = 'n3' WHERE google_drive_id = 'n1'".to_owned(),
        );
        writes.push("UPDATE OR REPLACE images SET id = 3 WHERE google_drive_id = 'n3'".to_owned());
    }
    for write in writes {
        place.execute(&write).await;
        assert_exact(&place, &service).await;
        assert_sums(&place).await;
    }
    settled(&place).await;
    assert_exact(&place, &service).await;
    assert_sums(&place).await;
}

async fn a_recount_is_right_while_others_write(place: Place) {
    let place = Arc::new(place);
    let service = Arc::new(place.start());
    service.get("/stats").await;
    settled(&place).await;
    // far apart: many parts
    let rows: Vec<_> = (0..300)
        .map(|n| format!("({}, {}", n * 331, &row(&format!("old{n}"), n, "image/png", "local", None)[1..]))
        .collect();
    place.execute(&format!("INSERT INTO images (id, {COLUMNS}) VALUES {}", rows.join(", "))).await;
    settled(&place).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = |which: u32| {
        let (place, service, stop) = (Arc::clone(&place), Arc::clone(&service), Arc::clone(&stop));
        tokio::spawn(async move {
            for n in 0.. {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let id = format!("w{which}-{n}");
                match (which, n % 3) {
                    (0, _) => service.create(&with(image(&id), "job_id", "j")).await,
                    (_, 0) => {
                        // two rows that come together are only ever counted together
                        let rows =
                            ["a", "b"].map(|half| row(&format!("{id}{half}"), 5, "image/png", "gcp", None));
                        insert(&place, &rows).await;
                        continue;
                    }
                    (_, 1) => service.delete(&format!("/images/{}", n * 331)).await.body,
                    _ => {
                        let change =
                            format!("UPDATE images SET size = size + 1 WHERE id = {}", (n + 7) * 331);
                        place.execute(&change).await;
                        continue;
                    }
                };
            }
        })
    };
    let writers = [writer(0), writer(1)];
    for _ in 0..4 {
        place.execute("DELETE FROM image_index_state").await;
        wait_for("the recount", || async {
            let stats = service.get("/stats").await.body;
            let pairs = of(&stats["by_provider"], "storage_provider", "gcp");
            assert_eq!(
                pairs.map_or(0, |group| number(&group["images"])) % 2,
                0,
                "half a transaction: {stats}"
            );
            let ready = place.number("SELECT COUNT(*) FROM image_index_state WHERE value = 'ready'").await;
            (ready == 1).then_some(())
        })
        .await;
    }
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    assert_exact(&place, &service).await;
    settled(&place).await;
    assert_exact(&place, &service).await;
    assert_sums(&place).await;
}

/// As a tool does it that changes a table by making it anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_made_anew_with_sqlite_is_counted_again_after_a_restart() {
    let place = Place::sqlite();
    let service = place.start();
    service.create(&image("a")).await;
    settled(&place).await;
    service.stop().await;
    let anew = "CREATE TABLE copy (id INTEGER NOT NULL PRIMARY KEY, name TEXT, google_drive_id TEXT, size BIGINT, mime_type \
                TEXT, storage_path TEXT, storage_provider TEXT, created_at DATETIME, md5 TEXT, source_md5 TEXT, \
                source_checksum TEXT, sha256 TEXT, job_id TEXT, width INTEGER, height INTEGER, content_type TEXT); \
                INSERT INTO copy SELECT * FROM images; DROP TABLE images; ALTER TABLE copy RENAME TO images";
    place.execute(anew).await;
    insert(&place, &[row("b", 7, "image/png", "gcp", None)]).await;
    let service = place.start();
    assert_exact(&place, &service).await;
    settled(&place).await;
    insert(&place, &[row("c", 7, "image/png", "gcp", None)]).await;
    assert_exact(&place, &service).await;
    assert_sums(&place).await;
}

async fn total(service: &Service) -> i64 {
    number(&service.get("/stats").await.body["total_images"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_table_is_counted_anew_without_a_restart() {
    let place = Place::mysql().await;
    let service = place.start();
    service.get("/stats").await;
    let rows: Vec<_> = (0..1500).map(|n| row(&format!("i{n}"), 1, "image/png", "aws", None)).collect();
    insert(&place, &rows).await;
    settled(&place).await;
    place.execute("TRUNCATE TABLE images").await;
    wait_for("nothing", || async { (total(&service).await == 0).then_some(()) }).await;
    settled(&place).await;
    // and filled again at once, with other rows under the same numbers
    insert(&place, &rows).await;
    settled(&place).await;
    place.execute("TRUNCATE TABLE images").await;
    insert(&place, &[row("again", 1, "image/png", "gcp", None)]).await;
    wait_for("one row", || async { (total(&service).await == 1).then_some(()) }).await;
    settled(&place).await;
    assert_exact(&place, &service).await;
    let found = service.get("/images?q=AGAIN").await.body;
    assert_eq!((&found["total"], &found["images"][0]["id"]), (&1.into(), &1.into()));
}
