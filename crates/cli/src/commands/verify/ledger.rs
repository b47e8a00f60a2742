//! What the bucket holds, in a temporary file: a million objects cost disk, not memory.

use std::collections::{HashMap, HashSet};

use client::storage::ListedObject;
use serde_json::json;
use sqlx::{Connection, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// A uuid with its hyphens, as keys of images begin.
const UUID_CHARS: usize = 36;
/// Keys as they are, in the order of their bytes.
const SCHEMA: &str = "
    CREATE TABLE objects (
        key TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        md5 TEXT,
        is_thumbnail INTEGER NOT NULL,
        is_named INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE suspects (id INTEGER PRIMARY KEY);
";

/// The file. It goes when this is dropped.
#[derive(Debug)]
pub(super) struct Ledger {
    file: SqliteConnection,
    _directory: TempDir,
}

/// An object as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// Bytes.
    pub(super) size: u64,
    /// MD5, where the bucket told it.
    pub(super) md5: Option<String>,
}

/// An object that no row has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unnamed {
    /// Its key.
    pub(super) key: String,
    /// Whether it is a thumbnail of an image that no row has named.
    pub(super) is_thumbnail: bool,
}

impl Ledger {
    /// An empty one.
    pub(super) async fn open() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let options = SqliteConnectOptions::new()
            .filename(directory.path().join("verify.db"))
            .create_if_missing(true)
            // whatever happens, it is thrown away
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Off)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Off)
            .locking_mode(sqlx::sqlite::SqliteLockingMode::Exclusive);
        let mut file = SqliteConnection::connect_with(&options).await?;
        sqlx::raw_sql(SCHEMA).execute(&mut file).await?;
        Ok(Self { file, _directory: directory })
    }

    /// Notes a page of the bucket's list.
    pub(super) async fn add(&mut self, objects: &[ListedObject]) -> anyhow::Result<()> {
        let rows: Vec<_> = objects
            .iter()
            .map(|object| json!([object.key, object.size, object.md5, object.is_thumbnail]))
            .collect();
        sqlx::query(
            "INSERT OR REPLACE INTO objects (key, size, md5, is_thumbnail) \
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)",
        )
        .bind(json!(rows).to_string())
        .execute(&mut self.file)
        .await?;
        Ok(())
    }

    /// Those of these objects that were listed; from now on they count as named.
    pub(super) async fn name(&mut self, keys: &[&str]) -> anyhow::Result<HashMap<String, Held>> {
        let rows = sqlx::query(
            "UPDATE objects SET is_named = 1 WHERE key IN (SELECT value FROM json_each(?)) RETURNING key, size, md5",
        )
        .bind(json!(keys).to_string())
        .fetch_all(&mut self.file)
        .await?;
        let held = rows.iter().map(|row| {
            let size: i64 = row.try_get(1)?;
            Ok((row.try_get(0)?, Held { size: size.unsigned_abs(), md5: row.try_get(2)? }))
        });
        let held = held.collect::<anyhow::Result<_>>()?;
        // an image that is missing may come back: its thumbnails are not left over
        self.keep_thumbnails(&keys.iter().filter_map(|key| key.get(..UUID_CHARS)).collect::<Vec<_>>())
            .await?;
        Ok(held)
    }

    /// Counts as named whatever has one of these uuids: the image, whatever its name is, and its thumbnails. The uuids
    /// of images that were listed.
    pub(super) async fn keep(&mut self, uuids: &[&str]) -> anyhow::Result<HashSet<String>> {
        self.keep_thumbnails(uuids).await?;
        // "`" follows "_"
        let rows = sqlx::query_scalar(
            "UPDATE objects SET is_named = 1 WHERE key IN ( \
                 SELECT object.key FROM json_each(?) AS uuid CROSS JOIN objects AS object \
                 WHERE object.key >= uuid.value || '_' AND object.key < uuid.value || '`') \
             RETURNING substr(key, 1, 36)",
        )
        .bind(json!(uuids).to_string())
        .fetch_all(&mut self.file)
        .await?;
        Ok(rows.into_iter().collect())
    }

    async fn keep_thumbnails(&mut self, uuids: &[&str]) -> anyhow::Result<()> {
        // "0" follows "/"
        sqlx::query(
            "UPDATE objects SET is_named = 1 WHERE key IN ( \
                 SELECT object.key FROM json_each(?) AS uuid CROSS JOIN objects AS object \
                 WHERE object.key >= 'thumbnails/' || uuid.value || '/' \
                 AND object.key < 'thumbnails/' || uuid.value || '0')",
        )
        .bind(json!(uuids).to_string())
        .execute(&mut self.file)
        .await?;
        Ok(())
    }

    /// Whether any row has named any object.
    pub(super) async fn has_named(&mut self) -> anyhow::Result<bool> {
        let has = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM objects WHERE is_named = 1)");
        Ok(has.fetch_one(&mut self.file).await?)
    }

    /// Remembers rows whose objects do not seem right.
    pub(super) async fn suspect(&mut self, ids: &[i64]) -> anyhow::Result<()> {
        sqlx::query("INSERT OR IGNORE INTO suspects (id) SELECT value FROM json_each(?)")
            .bind(json!(ids).to_string())
            .execute(&mut self.file)
            .await?;
        Ok(())
    }

    /// At most `limit` of them after the one numbered `after`, in order.
    pub(super) async fn suspects(&mut self, after: Option<i64>, limit: u32) -> anyhow::Result<Vec<i64>> {
        let ids = sqlx::query_scalar("SELECT id FROM suspects WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after.unwrap_or(i64::MIN))
            .bind(limit)
            .fetch_all(&mut self.file)
            .await?;
        Ok(ids)
    }

    /// At most `limit` objects after the key `after` that no row has named, thumbnails of named images left out.
    pub(super) async fn unnamed(&mut self, after: &str, limit: u32) -> anyhow::Result<Vec<Unnamed>> {
        let rows = sqlx::query(
            "SELECT key, is_thumbnail FROM objects WHERE key > ? AND is_named = 0 ORDER BY key LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&mut self.file)
        .await?;
        rows.iter().map(|row| Ok(Unnamed { key: row.try_get(0)?, is_thumbnail: row.try_get(1)? })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(key: &str, is_thumbnail: bool) -> ListedObject {
        ListedObject {
            key: key.to_owned(),
            url: String::new(),
            size: 7,
            last_modified: None,
            md5: (!is_thumbnail).then(|| "0".repeat(32)),
            is_thumbnail,
        }
    }

    #[tokio::test]
    async fn what_no_row_names_is_left_over() {
        let id = |n: u8| format!("0000000{n}-0000-4000-8000-000000000000");
        let image = |n| format!("{}_a.jpg", id(n));
        let thumbnail = |n| format!("thumbnails/{}/320.webp", id(n));
        let mut ledger = Ledger::open().await.unwrap();
        let objects: Vec<_> = (1..=3).map(|n| listed(&image(n), false)).collect();
        ledger.add(&objects).await.unwrap();
        let thumbnails: Vec<_> = [1, 2, 4].into_iter().map(|n| listed(&thumbnail(n), true)).collect();
        ledger.add(&thumbnails).await.unwrap();
        let found = ledger.name(&[&image(1), &image(9)]).await.unwrap();
        assert_eq!(found, HashMap::from([(image(1), Held { size: 7, md5: Some("0".repeat(32)) })]));
        let mut left = Vec::new();
        loop {
            let after = left.last().map(|last: &Unnamed| last.key.clone()).unwrap_or_default();
            let next = ledger.unnamed(&after, 2).await.unwrap();
            if next.is_empty() {
                break;
            }
            left.extend(next);
        }
        let unnamed = |key: String, is_thumbnail| Unnamed { key, is_thumbnail };
        let expected = [
            unnamed(image(2), false),
            unnamed(image(3), false),
            unnamed(thumbnail(2), true),
            unnamed(thumbnail(4), true),
        ];
        assert_eq!(left, expected);
    }

    #[tokio::test]
    async fn thumbnails_of_a_missing_image_are_not_left_over() {
        let uuid = "00000001-0000-4000-8000-000000000000";
        let mut ledger = Ledger::open().await.unwrap();
        ledger.add(&[listed(&format!("thumbnails/{uuid}/320.webp"), true)]).await.unwrap();
        assert!(!ledger.has_named().await.unwrap());
        // the row names the image by a wrong name: that object is left over all the same
        let other = format!("{uuid}_a.jpg");
        ledger.add(&[listed(&other, false)]).await.unwrap();
        ledger.name(&[&format!("{uuid}_gone.jpg")]).await.unwrap();
        let left = ledger.unnamed("", 9).await.unwrap();
        assert_eq!(left, [Unnamed { key: other, is_thumbnail: false }]);
    }

    #[tokio::test]
    async fn what_has_a_uuid_is_kept_whatever_its_name_is() {
        let id = |n: u8| format!("0000000{n}-0000-4000-8000-000000000000");
        let mut ledger = Ledger::open().await.unwrap();
        let objects: Vec<_> = (1..=3).map(|n| listed(&format!("{}_ä b.jpg", id(n)), false)).collect();
        ledger.add(&objects).await.unwrap();
        ledger.add(&[listed(&format!("thumbnails/{}/1.webp", id(1)), true)]).await.unwrap();
        let kept = ledger.keep(&[&id(1), &id(3), &id(5)]).await.unwrap();
        assert!(kept.contains(&id(1)) && kept.contains(&id(3)) && !kept.contains(&id(5)));
        let left = ledger.unnamed("", 9).await.unwrap();
        assert_eq!(left.into_iter().map(|left| left.key).collect::<Vec<_>>(), [objects[1].key.clone()]);
        assert!(ledger.has_named().await.unwrap());
    }

    #[tokio::test]
    async fn suspects_come_back_in_order_and_once() {
        let mut ledger = Ledger::open().await.unwrap();
        ledger.suspect(&[5, -1, 3]).await.unwrap();
        ledger.suspect(&[3, 9]).await.unwrap();
        assert_eq!(ledger.suspects(None, 3).await.unwrap(), [-1, 3, 5]);
        assert_eq!(ledger.suspects(Some(5), 3).await.unwrap(), [9]);
    }
}
