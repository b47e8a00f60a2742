//! Reading the index. Writing is [`super::commit`]'s alone.

use std::{collections::HashSet, path::Path, time::Duration};

use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    blob::BlobId,
    listing::{Entry, Fetch, Page, Query, Walk, successor},
    object::{Details, Object, Part, PartDetails, Upload, from_seconds},
    refusal::Refusal,
};

/// How to open the index. A commit is on the disk before it is answered.
pub(super) fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
}

/// The index, for reading.
#[derive(Debug, Clone)]
pub(super) struct Index {
    pool: SqlitePool,
}

impl Index {
    /// Opens the index, making it or bringing it up to date as needed.
    pub(super) async fn open(file: &Path) -> anyhow::Result<Self> {
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options(file)).await?;
        sqlx::migrate!("src/s3/migrations").run(&pool).await?;
        Ok(Self { pool })
    }

    /// Closes all connections.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// All buckets and when they were made.
    pub(super) async fn buckets(&self) -> Result<Vec<(String, DateTime<Utc>)>, Refusal> {
        let rows: Vec<(String, i64)> = sqlx::query_as("SELECT name, created_at FROM buckets ORDER BY name")
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(|(name, created)| (name, from_seconds(created))).collect())
    }

    /// Refuses if there is no such bucket.
    pub(super) async fn require_bucket(&self, bucket: &str) -> Result<(), Refusal> {
        let found = sqlx::query_scalar::<_, i64>("SELECT 1 FROM buckets WHERE name = ?")
            .bind(bucket)
            .fetch_optional(&self.pool)
            .await?;
        found.map(|_| ()).ok_or(Refusal::NoSuchBucket)
    }

    /// The object under a key.
    pub(super) async fn object(&self, bucket: &str, key: &str) -> Result<Object, Refusal> {
        let row: Option<(i64, String, i64, String)> =
            sqlx::query_as("SELECT size, etag, modified, details FROM objects WHERE bucket = ? AND key = ?")
                .bind(bucket)
                .bind(key.as_bytes())
                .fetch_optional(&self.pool)
                .await?;
        let Some((size, etag, modified, details)) = row else {
            self.require_bucket(bucket).await?;
            return Err(Refusal::NoSuchKey);
        };
        let details: Details = serde_json::from_str(&details)?;
        Ok(Object { size: size.unsigned_abs(), etag, modified: from_seconds(modified), details })
    }

    /// A page of a bucket's keys.
    pub(super) async fn list(&self, bucket: &str, query: Query) -> Result<Page, Refusal> {
        self.require_bucket(bucket).await?;
        let mut walk = Walk::new(query);
        while let Some(fetch) = walk.wants() {
            let limit = fetch.limit;
            walk.take(self.entries(bucket, fetch).await?, limit);
        }
        Ok(walk.finish())
    }

    async fn entries(&self, bucket: &str, fetch: Fetch) -> Result<Vec<Entry>, Refusal> {
        let rows: Vec<(Vec<u8>, i64, String, i64)> = sqlx::query_as(
            "SELECT key, size, etag, modified FROM objects
             WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
        )
        .bind(bucket)
        .bind(fetch.start)
        .bind(fetch.end)
        .bind(limit(fetch.limit))
        .fetch_all(&self.pool)
        .await?;
        let entry = |(key, size, etag, modified): (Vec<u8>, i64, _, _)| Entry {
            key: key_text(&key),
            size: size.unsigned_abs(),
            etag,
            modified: from_seconds(modified),
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// A multipart upload to a key, completed ones included.
    pub(super) async fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, Refusal> {
        let row: Option<UploadRow> = sqlx::query_as(
            "SELECT id, key, initiated, details, completed FROM uploads WHERE id = ? AND bucket = ? AND key = ?",
        )
        .bind(id)
        .bind(bucket)
        .bind(key.as_bytes())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            self.require_bucket(bucket).await?;
            return Err(Refusal::NoSuchUpload);
        };
        upload(row)
    }

    /// Uploads that are neither completed nor aborted, by key, then id, from after the given pair on.
    pub(super) async fn uploads(
        &self,
        bucket: &str,
        prefix: &str,
        after: (&str, &str),
        most: usize,
    ) -> Result<Vec<Upload>, Refusal> {
        self.require_bucket(bucket).await?;
        let rows: Vec<UploadRow> = sqlx::query_as(
            "SELECT id, key, initiated, details, completed FROM uploads
             WHERE bucket = ? AND key >= ? AND key < ? AND (key, id) > (?, ?) AND completed IS NULL
             ORDER BY key, id LIMIT ?",
        )
        .bind(bucket)
        .bind(prefix.as_bytes())
        .bind(successor(prefix.as_bytes()))
        .bind(after.0.as_bytes())
        .bind(after.1)
        .bind(limit(most))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(upload).collect()
    }

    /// The parts of an upload with numbers above `after`, in order.
    pub(super) async fn parts(&self, upload: &str, after: i32, most: usize) -> Result<Vec<Part>, Refusal> {
        let rows: Vec<(i32, i64, String)> = sqlx::query_as(
            "SELECT number, modified, details FROM parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?",
        )
        .bind(upload)
        .bind(after)
        .bind(limit(most))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(number, modified, details)| {
                let details: PartDetails = serde_json::from_str(&details)?;
                Ok(Part { number, modified: from_seconds(modified), details })
            })
            .collect()
    }

    /// Every blob that an object or a part names.
    pub(super) async fn blobs(&self) -> Result<HashSet<BlobId>, Refusal> {
        let mut named = HashSet::new();
        let mut objects = sqlx::query_scalar::<_, String>("SELECT details FROM objects").fetch(&self.pool);
        while let Some(details) = objects.try_next().await? {
            let details: Details = serde_json::from_str(&details)?;
            named.extend(details.segments.into_iter().map(|segment| segment.blob));
        }
        let mut parts = sqlx::query_scalar::<_, String>("SELECT details FROM parts").fetch(&self.pool);
        while let Some(details) = parts.try_next().await? {
            let details: PartDetails = serde_json::from_str(&details)?;
            named.insert(details.segment.blob);
        }
        Ok(named)
    }
}

type UploadRow = (String, Vec<u8>, i64, String, Option<String>);

fn upload((id, key, initiated, details, completed): UploadRow) -> Result<Upload, Refusal> {
    let details = serde_json::from_str(&details)?;
    Ok(Upload { id, key: key_text(&key), initiated: from_seconds(initiated), details, completed })
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// Keys were text when they were written.
fn key_text(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}
