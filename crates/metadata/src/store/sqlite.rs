//! SQLite. One connection writes, so that any number of writers lose nothing to "database is locked"; others read.
//! A file of the original may hold anything in any column: it is answered as it is.

mod build;
mod counts;
mod deep;
mod fold;
mod jobs;
mod kept;
mod lists;
mod packed;
mod releases;
mod rows;
mod schema;
mod steps;
mod triggers;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use client::metadata::Image;
use serde_json::Value;
use sqlx::{
    Decode, Row as _, Sqlite, SqlitePool, TypeInfo, ValueRef,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};

use super::{
    Result, StoreError,
    change::{Change, Create, Created, Outcome},
    row::{Row, columns},
    select::{Bind, Select},
    sql::select_images,
    tracking::Unfolded,
};
use kept::Kept;
use packed::{as_text, row_of};
use rows::Made;
use writer::Writer;

/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(10);
/// Connections that read.
const READERS: u32 = 8;
/// What a reader keeps of the file in KiB, which the pragma wants negative: the system keeps all of it anyway.
const READER_CACHE: &str = "-256";
/// Likewise the connection that writes, which goes from index to index.
const WRITER_CACHE: &str = "-1024";
/// Rows that a connection reads ahead of whoever takes them: neither waits for the other.
const READ_AHEAD: usize = 256;
/// Pages of the write-ahead log that are brought into the file together: a page that many groups of rows have changed is
/// brought there once.
const CHECKPOINT: &str = "4000";
const COLUMNS: &str = columns!("created_at");

/// The rows in a file.
#[derive(Debug, Clone)]
pub(crate) struct SqliteStore {
    readers: SqlitePool,
    /// Those of the readers that are asked the most.
    kept: Arc<Kept>,
    writer: Writer,
    /// Told when this process has changed a row.
    pub(super) unfolded: Arc<Unfolded>,
}

impl SqliteStore {
    /// Opens or makes the file and brings its schema up to date.
    pub(super) async fn open(path: &Path) -> Result<Self> {
        if let Some(directory) = path.parent() {
            tokio::fs::create_dir_all(directory)
                .await
                .map_err(|error| StoreError::Directory(Arc::new(error)))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // a row that was answered survives a power cut
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .row_buffer_size(READ_AHEAD)
            .pragma("wal_autocheckpoint", CHECKPOINT);
        schema::bring_up_to_date(&options).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE)
            // a file does not hang up
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().pragma("cache_size", READER_CACHE));
        Ok(Self {
            readers,
            kept: Arc::default(),
            writer: Writer::start(options.pragma("cache_size", WRITER_CACHE)),
            unfolded: Arc::default(),
        })
    }

    pub(super) fn readers_in_use(&self) -> (usize, usize) {
        let open = self.readers.size() as usize;
        (open.saturating_sub(self.readers.num_idle()), READERS as usize)
    }

    pub(super) async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1 FROM images LIMIT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Makes, replaces or shares a row: a plain one together with others that wait, whatever else step by step.
    pub(super) async fn create(&self, create: Create) -> Result<Created> {
        if !create.is_plain() {
            return self.run(create).await;
        }
        match self.writer.make(create.0).await? {
            Made::Row(row) => {
                self.unfolded.add();
                Ok(Created::New(row))
            }
            Made::Not(image) => self.run(Create(image)).await,
        }
    }

    /// Runs a change in a transaction, together with others that wait.
    pub(super) async fn run<C: Change>(&self, change: C) -> Result<C::Done> {
        let done = self.writer.run(change).await?;
        if done.is_to_be_kept() {
            self.unfolded.add();
        }
        Ok(done)
    }

    pub(super) async fn image(&self, id: i64) -> Result<Option<Image>> {
        let query = select_images!(COLUMNS, "WHERE id = ?").bind(id);
        query.fetch_optional(&self.readers).await?.map(|row| Ok(decode(&row)?.image)).transpose()
    }

    pub(super) async fn image_of(&self, drive_id: &str) -> Result<Option<Image>> {
        let query = select_images!(COLUMNS, "WHERE google_drive_id = ?").bind(drive_id);
        query.fetch_optional(&self.readers).await?.map(|row| Ok(decode(&row)?.image)).transpose()
    }

    pub(super) async fn known(&self, drive_ids: &[String]) -> Result<Vec<Image>> {
        let asked = serde_json::to_string(drive_ids).map_err(|error| sqlx::Error::Encode(error.into()))?;
        // one text, however many there are
        let condition = "WHERE google_drive_id IN (SELECT value FROM json_each(?)) LIMIT ? OFFSET ?";
        let select = Select {
            sql: format!("SELECT {COLUMNS} FROM images {condition}"),
            binds: vec![Bind::Text(asked)],
            offset: 0,
            order: String::new(),
            is_kept: true,
        };
        let rows = self.rows(select, u64::MAX).await?;
        Ok(rows.into_iter().map(|row| row.image).collect())
    }

    pub(super) async fn walk(&self, after: i64, limit: u32) -> Result<Vec<Image>> {
        let query = select_images!(COLUMNS, "WHERE id > ? ORDER BY id LIMIT ?").bind(after).bind(limit);
        let rows = query.fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(decode(row)?.image)).collect()
    }
}

/// The time of a new row in the original's form, always six digits: times are compared as text.
fn created_now() -> String {
    chrono::Utc::now().format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

fn decode(row: &SqliteRow) -> Result<Row> {
    row_of(row.try_get(0)?, |column| value(row, column))
}

/// A column as text, whatever is in it.
fn text(row: &SqliteRow, column: usize) -> Result<Option<String>> {
    value(row, column).map(as_text)
}

/// A column as JSON, by what is in it: SQLite holds any type in any column.
fn value(row: &SqliteRow, column: usize) -> Result<Value> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let kind = raw.type_info().name().to_owned();
    let decoded = match kind.as_str() {
        "INTEGER" => <i64 as Decode<Sqlite>>::decode(raw).map(Value::from),
        "REAL" => <f64 as Decode<Sqlite>>::decode(raw).map(Value::from),
        _ => <Vec<u8> as Decode<Sqlite>>::decode(raw)
            .map(|bytes| Value::from(String::from_utf8_lossy(&bytes).into_owned())),
    };
    Ok(decoded.map_err(sqlx::Error::Decode)?)
}
