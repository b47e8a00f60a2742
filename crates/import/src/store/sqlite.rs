//! The job store in an SQLite file: write-ahead log, every commit on the disk before it is answered.

mod dispatch;
mod expiry;
mod failures;
mod folders;
mod leases;
mod listing;
mod progress;
mod reports;
mod script;
mod states;
mod stored_images;
#[cfg(test)]
mod test_access;
mod together;

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions, Sqlite as Database, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::Error;

/// How long a write waits for another process' write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a caller waits for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(30);
const READERS: u32 = 2;
/// What a reader remembers of the file, in KiB: what it reads is seldom read again.
const READER_CACHE: u32 = 256;
/// What the writer remembers of it.
const WRITER_CACHE: u32 = 1024;
/// To what the log is cut after a huge change. It stays as large as it ever was otherwise.
const LOG_BYTES: u32 = 8 << 20;
/// Two processes that make the file at the same moment are in each other's way.
const OPEN_TRIES: u32 = 5;

static MIGRATIONS: Migrator = Migrator {
    // a newer version may have been here; it only adds
    ignore_missing: true,
    ..sqlx::migrate!()
};

/// A job store in a file. Clones share their connections.
#[derive(Debug, Clone)]
pub(crate) struct Sqlite {
    /// One connection: writers queue here and not at the lock of the file.
    writer: SqlitePool,
    readers: SqlitePool,
    together: together::Together,
}

impl Sqlite {
    /// Opens, or makes, the file and brings its tables up to date.
    pub(super) async fn open(file: &Path) -> Result<Self, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::try_open(file).await {
                Err(error) if tries < OPEN_TRIES => {
                    tracing::debug!(error = %service::error::chain(&error), "open the job store again");
                    tokio::time::sleep(client::retry::Backoff::SERVICE.wait(tries, None)).await;
                }
                opened => return opened,
            }
        }
    }

    async fn try_open(file: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("journal_size_limit", LOG_BYTES.to_string())
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // ends of huge jobs are slow, and that is no news
            .disable_statement_logging();
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(QUEUE_TIMEOUT)
                // a connection to a file does not break by itself
                .test_before_acquire(false)
        };
        let cached = |kibibytes: u32| options.clone().pragma("cache_size", format!("-{kibibytes}"));
        let writer = pool(1).connect_with(cached(WRITER_CACHE)).await?;
        // all in one transaction, which only one process can hold
        let mut alone = writer.begin_with("BEGIN IMMEDIATE").await?;
        MIGRATIONS.run_direct(None, &mut *alone, false).await.map_err(Error::Migration)?;
        alone.commit().await?;
        let readers = pool(READERS).connect_with(cached(READER_CACHE).read_only(true)).await?;
        Ok(Self { writer, readers, together: together::Together::default() })
    }

    /// Starts a transaction that holds the write lock from the start: one that reads first and writes later could be
    /// refused in the middle.
    async fn write(&self) -> Result<Transaction<'_, Database>, Error> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Connections that read just now, and how many there may be.
    pub(crate) fn readers_in_use(&self) -> (usize, usize) {
        let open = self.readers.size() as usize;
        (open.saturating_sub(self.readers.num_idle()), READERS as usize)
    }

    /// Fails when the file cannot be written.
    pub(super) async fn check_writable(&self) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        // rolled back, but refused on a full or read-only disk
        sqlx::query("UPDATE jobs SET open = open WHERE job_no = -1").execute(&mut *transaction).await?;
        Ok(())
    }
}
