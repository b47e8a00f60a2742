//! What years of use, other versions and hands leave in a database of the original: everything goes on with it, and the
//! original may come back to it.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, SqliteConnection};
use tests::{Stack, database, database::Database, drive};

use super::{PUBLIC, by_drive_id, content, listed};
use crate::{
    drive_folders::{folder, generated},
    verify::run::verify,
};

const SQLITE: &str = include_str!("../../golden/original.sqlite.sql");
const MYSQL: &str = include_str!("../../golden/original.mysql.sql");

/// What the original's service asks for, column by column.
const SELECT: &str = "SELECT images.id AS images_id, images.name AS images_name, \
     images.google_drive_id AS images_google_drive_id, images.size AS images_size, \
     images.mime_type AS images_mime_type, images.storage_path AS images_storage_path, \
     images.storage_provider AS images_storage_provider, images.created_at AS images_created_at FROM images";

/// The database, as the original reaches it.
enum Original {
    Sqlite(PathBuf),
    Mysql(url::Url),
}

impl Original {
    /// Runs statements; the number of rows that come out.
    async fn run(&self, statements: &str) -> usize {
        let statements = AssertSqlSafe(statements.to_owned());
        match self {
            Self::Sqlite(file) => {
                let url = format!("sqlite://{}?mode=rwc", file.display());
                let mut connection = SqliteConnection::connect(&url).await.expect("open SQLite");
                let rows = connection.fetch_all(statements).await.expect("run SQL").len();
                connection.close().await.expect("close SQLite");
                rows
            }
            Self::Mysql(url) => {
                let mut connection = MySqlConnection::connect(url.as_str()).await.expect("open MySQL");
                let rows = connection.fetch_all(statements).await.expect("run SQL").len();
                connection.close().await.expect("close MySQL");
                rows
            }
        }
    }

    /// Writes, reads, and drops a row, and reads a page, all as the original's service does.
    async fn goes_on(&self, rows: usize) {
        let path = format!("{PUBLIC}/00000099-1111-4222-8333-444444444444_back.png");
        let insert = format!(
            "INSERT INTO images (name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at) \
             VALUES ('back 🏖️.png', 'back-1', 5, 'image/png', '{path}', 'aws', '2026-01-01 00:00:00.000000')"
        );
        self.run(&insert).await;
        let one = format!("{SELECT} WHERE images.google_drive_id = 'back-1' LIMIT 1");
        assert_eq!(self.run(&one).await, 1);
        assert_eq!(self.run(&format!("{SELECT} ORDER BY images.created_at DESC")).await, rows + 1);
        self.run("DELETE FROM images WHERE images.google_drive_id = 'back-1'").await;
        assert_eq!(self.run(SELECT).await, rows);
    }
}

async fn get(stack: &Stack, path: &str) -> (u16, Value) {
    let answer = stack.http.get(format!("{}/{path}", stack.api)).send().await.expect("the gateway answers");
    (answer.status().as_u16(), answer.json().await.expect("the gateway answers JSON"))
}

/// Without what shows the object: whose it is, is found out beside the requests.
fn as_stored(mut image: Value) -> Value {
    for shown in ["content_url", "thumbnail_url"] {
        image.as_object_mut().expect("an image is an object").remove(shown);
    }
    image
}

fn id_of(image: &Value) -> i64 {
    image["id"].as_i64().expect("an id is a number")
}

/// The ids of a list, page by page, as the gallery asks for it.
async fn by_pages(stack: &Stack, query: &str) -> Vec<i64> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = get(stack, &format!("images?per_page=4&{query}{cursor}")).await;
        assert_eq!(status, 200, "{query}{cursor}: {page}");
        ids.extend(page["images"].as_array().expect("a page has images").iter().map(id_of));
        let Some(next) = page["next_cursor"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}

/// Every list, number and search knows all of them.
async fn all_are_shown(stack: &Stack, rows: usize) {
    let images = listed(stack).await;
    let ids: BTreeSet<_> = images.iter().map(id_of).collect();
    assert_eq!((images.len(), ids.len()), (rows, rows));
    for image in &images {
        let (status, alone) = get(stack, &format!("images/{}", image["id"])).await;
        assert_eq!((status, as_stored(alone)), (200, as_stored(image.clone())));
    }
    for query in ["sort=imported", "sort=imported&order=asc", "sort=name", "sort=size", "sort=size&order=asc"]
    {
        let paged = by_pages(stack, query).await;
        assert_eq!(paged.len(), rows, "{query}: {paged:?}");
        assert_eq!(paged.into_iter().collect::<BTreeSet<_>>(), ids, "{query}");
    }
    let (_, all) = get(stack, "images/all").await;
    assert_eq!(
        (all["total"].as_u64(), all["images"].as_array().map(Vec::len)),
        (Some(rows as u64), Some(rows))
    );
    let (_, stats) = get(stack, "stats").await;
    assert_eq!(stats["total_images"], rows);
    assert!(stats["total_size_bytes"].is_number(), "{stats}");
    let (_, counts) = get(stack, "images/counts").await;
    let sum = |list: &Value| {
        let entries = list.as_array().expect("a list");
        entries.iter().map(|entry| entry["images"].as_u64().expect("a number")).sum::<u64>()
    };
    assert_eq!(sum(&counts["by_provider"]), rows as u64, "{counts}");
    assert_eq!(sum(&counts["by_type"]), rows as u64, "{counts}");
    let (_, days) = get(stack, "images/histogram?by=day").await;
    assert!(days.is_object(), "{days}");
    assert_eq!(by_pages(stack, "storage_provider=azure").await, [21]);
    for (words, found) in [
        ("%F0%9F%8F%96%EF%B8%8F", 3),
        ("%E6%97%A5%E6%9C%AC", 3),
        ("with%20slash", 4),
        ("DROP%20TABLE", 50),
        ("%25_", 50),
        ("%5C%20%25", 50),
        ("AFTER%20A%20GAP", 2_000_000),
    ] {
        assert_eq!(by_pages(stack, &format!("q={words}")).await, [found], "{words}");
    }
}

async fn odd_rows_are_no_trouble(engine: Database) {
    let (manifest, _) = folder("odd", 6, 900);
    let dir = tempfile::tempdir().expect("make a folder");
    let (settings, original, dump) = match engine {
        Database::Sqlite => {
            let place = dir.path().display().to_string();
            (vec![("DATA_DIR".to_owned(), place)], Original::Sqlite(dir.path().join("images.db")), SQLITE)
        }
        Database::Mysql => {
            let settings = engine.settings().await;
            let mut server = database::mysql_server();
            server.set_path(&settings.iter().find(|(name, _)| name == "DB_NAME").expect("it has a name").1);
            (settings, Original::Mysql(server), MYSQL)
        }
    };
    original.run(dump).await;
    let rows = original.run(SELECT).await;
    let start = Stack::with(drive::serving(&manifest)).private_bucket().set("S3_PUBLIC_URL", PUBLIC);
    let mut stack = settings.iter().fold(start, |stack, (name, value)| stack.set(name, value)).start().await;
    let shared = "00000001-1111-4222-8333-444444444444_holiday.jpg";
    stack.bucket.put(shared, generated("odd_f0", 900)).await;
    stack.bucket.put("somebody else's.jpg", b"not ours".to_vec()).await;

    all_are_shown(&stack, rows).await;
    let images = listed(&stack).await;
    assert_eq!(content(&stack, by_drive_id(&images, "odd_f0")).await.0, 200);
    let elsewhere = ["azure-1", "region-1", "style-3", "style-5", ""];
    for id in elsewhere {
        assert_ne!(
            content(&stack, by_drive_id(&images, id)).await.0,
            200,
            "{id:?}: what lies elsewhere is not ours"
        );
    }
    original.goes_on(rows).await;

    // three are known, and so is the one whose size is none; 0 bytes have become 900; one is new
    let job = stack.import_whole("odd").await;
    assert_eq!((job.processed.as_u64(), job.failed.as_u64()), (Some(6), Some(0)), "{:?}", job.failures);
    let again = stack.import_whole("odd").await;
    assert_eq!((again.processed.as_u64(), again.failed.as_u64()), (Some(6), Some(0)), "{:?}", again.failures);
    let rows = rows + 1;
    all_are_shown(&stack, rows).await;
    let images = listed(&stack).await;
    for (id, kept, size) in
        [("odd_f0", 1, 900), ("odd_f1", 3, 900), ("odd_f2", 4, 900), ("odd_f3", 7, 900), ("odd_f4", 8, -1)]
    {
        let image = by_drive_id(&images, id);
        assert_eq!((&image["id"], &image["size"]), (&json!(kept), &json!(size)), "{image}");
    }
    let found = verify(&stack, &[]).await;
    assert_eq!(found.summary["rows"], rows, "{found:?}");

    // the original comes back, and ours again
    for service in ["metadata", "worker", "import"] {
        stack.process(service).kill();
    }
    original.goes_on(rows).await;
    for service in ["metadata", "worker", "import"] {
        stack.process(service).start_again();
    }
    stack.all_ready().await;
    all_are_shown(&stack, rows).await;

    // the object that two rows name goes with the second of them
    let ids = |wanted: &dyn Fn(&Value) -> bool| -> Vec<i64> {
        images.iter().filter(|image| wanted(image)).map(id_of).collect()
    };
    let delete = async |ids: Vec<i64>| {
        let request = stack.http.post(format!("{}/images/delete", stack.api)).json(&json!({"ids": ids}));
        let answer = request.send().await.expect("the gateway answers");
        assert_eq!(answer.status().as_u16(), 200, "{:?}", answer.text().await);
    };
    delete(ids(&|image| image["google_drive_id"] != "same-1")).await;
    let left = listed(&stack).await;
    assert_eq!((left.len(), content(&stack, &left[0]).await.0), (1, 200));
    delete(ids(&|image| image["google_drive_id"] == "same-1")).await;
    assert!(listed(&stack).await.is_empty());
    let look = || async { stack.bucket.objects().await.into_keys().collect::<Vec<_>>() };
    let limit = std::time::Duration::from_secs(60);
    tests::wait_for("only what is not ours is left", limit, look, |keys| *keys == ["somebody else's.jpg"])
        .await;
}

#[tokio::test]
async fn odd_rows_of_a_sqlite_file_are_no_trouble() {
    odd_rows_are_no_trouble(Database::Sqlite).await;
}

#[tokio::test]
async fn odd_rows_of_mysql_are_no_trouble() {
    odd_rows_are_no_trouble(Database::Mysql).await;
}
