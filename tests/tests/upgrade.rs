//! A deployment of the original goes on as ours: its `.env`, its database as it lies there, its bucket.

mod odd_rows;

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, sqlite::SqliteConnectOptions};
use tests::{Stack, bucket::BUCKET, database, database::Database, drive, wait_for};

use crate::drive_folders::{folder, generated};

/// Where the original's URLs lead, whatever server has the bucket.
const PUBLIC: &str = "https://images.s3.us-east-1.amazonaws.com";
/// What the original called the three files of the folder; it wrote its URLs without encoding them.
const NAMES: [&str; 3] = ["a b+c%20é.jpg", "img-1.jpg", "sub/folder name.jpg"];
/// The file that it never got to.
const NEW: &str = "album_f3";

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

/// The key of the original for one of [`NAMES`].
fn key(number: usize) -> String {
    format!("0000000{number}-1111-4222-8333-444444444444_{}", NAMES[number])
}

/// The rows as the original left them: three files of the folder, one that Drive gave no size for and that has no time,
/// and one in a bucket that is not ours.
fn rows() -> String {
    let mut rows = Vec::new();
    for (number, name) in NAMES.iter().enumerate() {
        let path = format!("{PUBLIC}/{}", key(number));
        rows.push(format!(
            "('{name}', 'album_f{number}', 900, 'image/jpeg', '{path}', 'aws', '2025-03-0{} 10:11:12.000000')",
            number + 1
        ));
    }
    let sizeless = format!("{PUBLIC}/00000009-1111-4222-8333-444444444444_none.jpg");
    rows.push(format!("('none.jpg', 'sizeless', 0, 'image/jpeg', '{sizeless}', 'aws', NULL)"));
    let elsewhere = "https://other.s3.eu-west-1.amazonaws.com/00000008-1111-4222-8333-444444444444_x.jpg";
    rows.push(format!(
        "('x.jpg', 'elsewhere', 5, 'image/png', '{elsewhere}', 'gcp', '2024-01-01 00:00:00.000000')"
    ));
    format!(
        "INSERT INTO images (name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at) VALUES {}",
        rows.join(", ")
    )
}

/// Objects by key: those of the rows, and one that an import of the original uploaded a second time and forgot.
fn objects() -> BTreeMap<String, Vec<u8>> {
    let mut objects: BTreeMap<_, _> =
        (0..NAMES.len()).map(|number| (key(number), generated(&format!("album_f{number}"), 900))).collect();
    objects.insert("00000009-1111-4222-8333-444444444444_none.jpg".to_owned(), generated("sizeless", 700));
    objects.insert("00000007-1111-4222-8333-444444444444_img-1.jpg".to_owned(), generated("album_f1", 900));
    objects.insert("holiday/not ours.jpg".to_owned(), b"somebody else's".to_vec());
    objects
}

/// A row of the gallery, by its Drive id.
fn by_drive_id<'a>(images: &'a [Value], id: &str) -> &'a Value {
    images.iter().find(|image| image["google_drive_id"] == id).unwrap_or_else(|| panic!("{id} is listed"))
}

async fn a_deployment_of_the_original_goes_on(settings: Vec<(String, String)>) {
    let (manifest, _) = folder("album", 4, 900);
    let mut builder = Stack::with(drive::serving(&manifest)).private_bucket().set("S3_PUBLIC_URL", PUBLIC);
    for (name, value) in settings {
        builder = builder.set(&name, value);
    }
    let stack = builder.start().await;
    for (key, bytes) in objects() {
        stack.bucket.put(&key, bytes).await;
    }

    // listed, as they were
    let images = listed(&stack).await;
    assert_eq!(images.len(), 5);
    let first = by_drive_id(&images, "album_f0");
    assert_eq!((&first["id"], &first["name"], &first["size"]), (&1.into(), &NAMES[0].into(), &900.into()));
    assert_eq!(first["storage_path"], format!("{PUBLIC}/{}", key(0)));
    assert_eq!(first["created_at"].as_str().map(|time| &time[..19]), Some("2025-03-01T10:11:12"));
    assert_eq!(by_drive_id(&images, "sizeless")["created_at"], Value::Null);
    assert_eq!(images[4]["google_drive_id"], "sizeless", "who has no time comes last");

    // served
    for number in 0..NAMES.len() {
        let image = by_drive_id(&images, &format!("album_f{number}"));
        assert_eq!(
            content(&stack, image).await,
            (200, generated(&format!("album_f{number}"), 900)),
            "{image}"
        );
    }
    assert_ne!(
        content(&stack, by_drive_id(&images, "elsewhere")).await.0,
        200,
        "what lies elsewhere is not ours"
    );

    // imported again: only what is missing comes
    let job = stack.import_whole("album").await;
    assert_eq!((job.processed.as_u64(), job.failed.as_u64()), (Some(4), Some(0)), "{:?}", job.failures);
    let images = listed(&stack).await;
    assert_eq!(images.len(), 6, "a file has one row");
    assert_eq!(content(&stack, by_drive_id(&images, NEW)).await, (200, generated(NEW, 900)));
    assert_eq!(stack.bucket.objects().await.len(), objects().len() + 1, "nothing is copied a second time");

    // deleted, rows and objects; what is not theirs stays
    for image in &images {
        let url = format!("{}/images/{}", stack.api, image["id"]);
        let answer = stack.http.delete(url).send().await.expect("the gateway answers");
        assert_eq!(answer.status().as_u16(), 200, "{image}");
    }
    assert!(listed(&stack).await.is_empty());
    let look = || async { stack.bucket.objects().await.into_keys().collect::<Vec<_>>() };
    let left = ["00000007-1111-4222-8333-444444444444_img-1.jpg", "holiday/not ours.jpg"];
    wait_for("the objects of the rows go", std::time::Duration::from_secs(60), look, |keys| *keys == left)
        .await;
}

/// All rows, in the order of the gallery.
async fn listed(stack: &Stack) -> Vec<Value> {
    let url = format!("{}/images?per_page=100", stack.api);
    let answer = stack.http.get(url).send().await.expect("the gateway answers");
    let mut page: Value = answer.json().await.expect("the gateway answers JSON");
    serde_json::from_value(page["images"].take()).expect("a page has images")
}

/// What a browser gets for an image.
async fn content(stack: &Stack, image: &Value) -> (u16, Vec<u8>) {
    let Some(path) = image["content_url"].as_str() else { return (0, Vec::new()) };
    let url = stack.api.join(path).expect("a path");
    let answer = stack.http.get(url).send().await.expect("the gateway answers");
    (answer.status().as_u16(), answer.bytes().await.expect("it is whole").to_vec())
}

#[tokio::test]
async fn a_deployment_of_the_original_goes_on_with_its_sqlite_file() {
    let data = tempfile::tempdir().expect("make a folder");
    // as it is copied into the volume
    let file = SqliteConnectOptions::new().filename(data.path().join("images.db")).create_if_missing(true);
    let mut original = file.connect().await.expect("make a database");
    sqlx::raw_sql(SQLITE).execute(&mut original).await.expect("make the original's table");
    sqlx::raw_sql(AssertSqlSafe(rows())).execute(&mut original).await.expect("write the original's rows");
    original.close().await.expect("close the database");
    let place = data.path().display().to_string();
    a_deployment_of_the_original_goes_on(vec![("DATA_DIR".to_owned(), place)]).await;
}

#[tokio::test]
async fn a_deployment_of_the_original_goes_on_with_its_mysql() {
    let settings = Database::Mysql.settings().await;
    let name = &settings.iter().find(|(name, _)| name == "DB_NAME").expect("a database has a name").1;
    let mut server = database::mysql_server();
    server.set_path(name);
    let mut original = MySqlConnection::connect(server.as_str()).await.expect("connect to MySQL");
    sqlx::raw_sql(MYSQL).execute(&mut original).await.expect("make the original's table");
    sqlx::raw_sql(AssertSqlSafe(rows())).execute(&mut original).await.expect("write the original's rows");
    original.close().await.expect("close the connection");
    a_deployment_of_the_original_goes_on(settings).await;
}

#[test]
fn the_bucket_is_the_one_that_the_urls_name() {
    assert!(PUBLIC.starts_with(&format!("https://{BUCKET}.s3.us-east-1.")));
}
