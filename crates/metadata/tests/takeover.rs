//! A database of the original: opened without loss, and left so that the original goes on working.

use serde_json::json;

use crate::harness::{Place, image, on_both_engines, with};

on_both_engines!(an_existing_database_is_extended_and_stays_the_originals);

/// The original's own DDL.
const SQLITE: &str = "
CREATE TABLE images (id INTEGER NOT NULL, name VARCHAR(255) NOT NULL, google_drive_id VARCHAR(255) NOT NULL, size BIGINT NOT NULL,
  mime_type VARCHAR(100) NOT NULL, storage_path VARCHAR(500) NOT NULL, storage_provider VARCHAR(20) NOT NULL, created_at DATETIME, PRIMARY KEY (id));
CREATE INDEX ix_images_created_at ON images (created_at); CREATE INDEX ix_images_name ON images (name);
CREATE INDEX ix_images_storage_provider ON images (storage_provider); CREATE UNIQUE INDEX ix_images_google_drive_id ON images (google_drive_id);";
const MYSQL: &str = "
CREATE TABLE `images` (
  `id` int(11) NOT NULL AUTO_INCREMENT, `name` varchar(255) NOT NULL, `google_drive_id` varchar(255) NOT NULL,
  `size` bigint(20) NOT NULL, `mime_type` varchar(100) NOT NULL, `storage_path` varchar(500) NOT NULL,
  `storage_provider` varchar(20) NOT NULL, `created_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`), UNIQUE KEY `ix_images_google_drive_id` (`google_drive_id`), KEY `ix_images_created_at` (`created_at`),
  KEY `ix_images_name` (`name`), KEY `ix_images_storage_provider` (`storage_provider`)) ENGINE=InnoDB;";

/// An INSERT as the original sends it.
fn insert(id: &str, time: &str) -> String {
    format!(
        "INSERT INTO images (name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at) \
         VALUES ('{id}.jpg', '{id}', 100, 'image/jpeg', 'https://b/{id}', 'aws', '{time}')"
    )
}

async fn an_existing_database_is_extended_and_stays_the_originals(place: Place) {
    place.execute(if place.is_mysql() { MYSQL } else { SQLITE }).await;
    place.execute(&insert("old", "2026-11-23 01:58:12")).await;
    let service = place.start();
    let old = json!({"id": 1, "name": "old.jpg", "google_drive_id": "old", "size": 100, "mime_type": "image/jpeg",
                     "storage_path": "https://b/old", "storage_provider": "aws", "created_at": "2026-11-23T01:58:12",
                     "drive_url": "https://drive.google.com/file/d/old/view"});
    assert_eq!(service.get("/images/1").await.body, old);

    // the original next to ours
    place.execute(&insert("theirs", "2026-11-23 01:58:13")).await;
    let ours = with(image("ours"), "md5", "a".repeat(32));
    service.create(&ours).await;
    assert_eq!(service.get("/images").await.body["total"], 3);
    let read_back = "SELECT COUNT(*) FROM (SELECT images.id AS images_id, images.name AS images_name, \
                     images.created_at AS images_created_at FROM images WHERE images.google_drive_id = 'ours' LIMIT 1) found";
    assert_eq!(place.number(read_back).await, 1);

    // its columns compare without case on MySQL, and cannot hold both
    let other_case = service.post("/images", &image("OLD")).await;
    let known = service.post("/images/known", &json!({"google_drive_ids": ["OLD", "old"]})).await;
    if place.is_mysql() {
        assert_eq!((other_case.status, &other_case.body["image"]), (409, &old));
        let replacing = with(with(image("OLD"), "storage_path", "https://b/x"), "replaces", "https://b/old");
        assert_eq!(
            service.post("/images", &replacing).await.status,
            409,
            "another image's row is not replaced"
        );
        assert_eq!(known.body["images"], json!([old]));
    } else {
        assert_eq!(other_case.status, 201);
        assert_eq!(known.body["images"].as_array().unwrap().len(), 2);
    }

    service.stop().await;
    let again = place.start();
    assert_eq!(again.get("/images/1").await.body, old, "opening it a second time changes nothing");
    assert_eq!(again.delete("/images/1").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_values_in_a_file_of_the_original_are_answered_as_they_are() {
    let place = Place::sqlite();
    place.execute(SQLITE).await;
    place
        .execute(
            "INSERT INTO images VALUES (1, 'n', 'text', '12abc', 'm', 'p', 'aws', '2026-11-23 01:58:12.793945'),
             (2, 'n', 'float', 1.5, 'm', 'p', 'aws', '2026-11-23 01:58:11.000000'),
             (3, x'6e', '0', 7, 'm', 'p', 'a very long name of a provider', NULL)",
        )
        .await;
    let service = place.start();
    let all = service.get("/images/all").await.body;
    let shown =
        |field: &str| all["images"].as_array().unwrap().iter().map(|row| row[field].clone()).collect();
    let sizes: Vec<_> = shown("size");
    assert_eq!(sizes, [json!("12abc"), json!(1.5), json!(7)]);
    let times: Vec<_> = shown("created_at");
    assert_eq!(times, [json!("2026-11-23T01:58:12.793945"), json!("2026-11-23T01:58:11"), json!(null)]);
    let mut stats = service.get("/stats").await.body;
    for ours in ["by_provider", "by_type"] {
        stats.as_object_mut().unwrap().remove(ours);
    }
    assert_eq!(
        stats,
        json!({"aws_images": 2, "total_images": 3, "total_size_bytes": 20.5, "total_size_mb": 0.0})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_written_in_the_originals_form() {
    let place = Place::sqlite();
    let service = place.start();
    service.create(&image("a")).await;
    let form = "____-__-__ __:__:__.______";
    let fits = place.number(&format!("SELECT COUNT(*) FROM images WHERE created_at LIKE '{form}'")).await;
    assert_eq!(fits, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_mysql_tables_character_set_lacks_is_a_bad_request() {
    let place = Place::mysql().await;
    place.execute("ALTER DATABASE CHARACTER SET latin1").await;
    place.execute(MYSQL).await;
    let service = place.start();
    service.create(&with(image("a"), "name", "é.jpg")).await;
    assert_eq!(service.get("/images/1").await.body["name"], "é.jpg");
    for (field, value) in [("name", "😀.jpg"), ("google_drive_id", "😀")] {
        let refused = service.post("/images", &with(image("b"), field, value)).await;
        assert_eq!(refused.status, 400, "{field}: {}", refused.body);
    }
    let object = json!({"storage_path": "https://b/é 😀", "storage_provider": "aws"});
    assert_eq!(service.post("/objects/release", &object).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_was_killed_half_way_is_completed_on_mysql_() {
    let place = Place::mysql().await;
    place.start().get("/stats").await;
    // as if it had died in the middle of the second migration
    place.execute("ALTER TABLE images DROP COLUMN sha256; DROP TABLE released_objects").await;
    place.execute("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 2").await;
    let service = place.start();
    service.create(&with(image("a"), "sha256", "c".repeat(64))).await;
}

#[tokio::test]
async fn whatever_a_file_holds_is_the_same_in_lists_as_alone() {
    let place = Place::sqlite();
    let service = place.start();
    service.get("/stats").await;
    let columns =
        "id, name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at, width";
    let rest = "'image/jpeg', 'https://b/1', 'aws'";
    let time = "'2026-11-23 01:58:12.000000'";
    // each alone decides how its page is read
    for (name, size, time, width) in [
        ("'\"é\\\' || char(10) || '图.jpg'", "9223372036854775807", time, "NULL"),
        ("'a' || char(0) || 'b'", "-1", "NULL", "7"),
        ("CAST(x'61ff62e9' AS TEXT)", "'many'", "'yesterday'", "4294967296"),
        ("'real size'", "1234567890.1234567", time, "7"),
        ("'huge size'", "9e999", time, "7"),
        ("'real time'", "1", "2460000.1234567891", "7"),
        ("'real width'", "1", time, "7.5"),
        ("x'00ff61'", "1", time, "7"),
        ("'bytes as size'", "x'3132'", time, "7"),
    ] {
        place.execute("DELETE FROM images").await;
        let odd = format!(
            "INSERT INTO images ({columns}) VALUES (1, {name}, 'odd', {size}, {rest}, {time}, {width})"
        );
        place.execute(&odd).await;
        let other = format!("INSERT INTO images ({columns}) VALUES (2, 'b', 'other', 5, {rest}, {time}, 3)");
        place.execute(&other).await;
        let alone = [service.get("/images/1").await, service.get("/images/2").await];
        for sort in ["imported", "name", "size"] {
            let list = service.get(&format!("/images?sort={sort}")).await;
            assert_eq!(list.status, 200, "{odd}");
            let mut images = list.body["images"].as_array().unwrap().clone();
            images.sort_by_key(|image| image["id"].as_i64());
            assert_eq!(images, [alone[0].body.clone(), alone[1].body.clone()], "{odd}");
        }
    }
}
