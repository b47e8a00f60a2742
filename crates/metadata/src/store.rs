//! The rows, in MySQL or SQLite. What may happen to them is decided once, in [`change`]; the two engines only know how
//! each step is said in their SQL.

mod change;
mod error;
mod lists;
mod mysql;
mod order;
mod row;
mod select;
mod sql;
mod sqlite;
mod tracking;

use std::time::Duration;

use client::metadata::{self as known, Image};

pub(crate) use change::{Create, Created, Delete, DeleteMany, Deleted, ObjectFate, Release};
pub(crate) use error::StoreError;
pub(crate) use lists::{BlockHead, Placed};
pub(crate) use mysql::{Refusal, options as mysql_options};
pub(crate) use order::{Key, Order, Position, Sort, Start};
pub(crate) use select::{Equal, Wanted};
pub(crate) use tracking::{Folded, Glance};

use crate::config::Database;
use mysql::MySqlStore;
use sqlite::SqliteStore;

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An open database. Clones are one.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    /// MySQL or MariaDB.
    MySql(MySqlStore),
    /// A file.
    Sqlite(SqliteStore),
}

/// A released object whose delete is due, claimed by this process for a while.
#[derive(Debug, Clone)]
pub(crate) struct DueRelease {
    /// Its public URL.
    pub(crate) storage_path: String,
    /// `aws`.
    pub(crate) storage_provider: String,
    /// Deletes still to do, this one included.
    pub(crate) deletes_left: i32,
    /// Tries that failed since the last success.
    pub(crate) failures: u32,
}

/// What is to follow for a released object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reschedule {
    /// Deletes still to do; 0 when it is only remembered.
    pub(crate) deletes_left: i32,
    /// Tries that failed since the last success.
    pub(crate) failures: u32,
    /// When the next one is due.
    pub(crate) after: Duration,
}

/// Paths in one statement.
const PATHS_AT_ONCE: usize = 250;

/// Rows that are rather walked over than found by counts.
const DEEP: u64 = 1_000;

/// How long MySQL may take for one step. A network that swallows everything would hold its connections for minutes.
const IN_TIME: Duration = Duration::from_secs(25);

/// Runs one call on whichever engine it is.
macro_rules! on_engine {
    ($self:expr, $store:ident => $call:expr) => {
        match $self {
            // dozens of kilobytes, which every request would hold over SQLite too
            Store::MySql($store) => Box::pin(in_time($call)).await,
            Store::Sqlite($store) => $call.await,
        }
    };
}

impl Store {
    /// Opens the database and brings its schema up to date.
    pub(crate) async fn open(settings: &Database) -> Result<Self> {
        Ok(match settings {
            Database::MySql(settings) => Self::MySql(MySqlStore::open(settings).await?),
            Database::Sqlite { path } => Self::Sqlite(SqliteStore::open(path).await?),
        })
    }

    /// The name of the engine, for the log.
    pub(crate) fn engine(&self) -> &'static str {
        match self {
            Self::MySql(_) => "mysql",
            Self::Sqlite(_) => "sqlite",
        }
    }

    /// Connections that are used just now, and how many there may be; of a file, those that read.
    pub(crate) fn connections_in_use(&self) -> (usize, usize) {
        match self {
            Self::MySql(store) => store.connections_in_use(),
            Self::Sqlite(store) => store.readers_in_use(),
        }
    }

    /// Fails when the database does not answer.
    pub(crate) async fn ping(&self) -> Result<()> {
        on_engine!(self, store => store.ping())
    }

    /// Makes, replaces or shares a row.
    pub(crate) async fn create(&self, create: Create) -> Result<Created> {
        on_engine!(self, store => store.create(create))
    }

    /// Drops a row; false when there was none.
    pub(crate) async fn delete(&self, delete: Delete) -> Result<bool> {
        on_engine!(self, store => store.run(delete))
    }

    /// Drops rows; those that were there.
    pub(crate) async fn delete_many(&self, delete: DeleteMany) -> Result<Deleted> {
        on_engine!(self, store => store.run(delete))
    }

    /// Gives an object up; false when a row names it.
    pub(crate) async fn release(&self, release: Release) -> Result<bool> {
        on_engine!(self, store => store.run(release))
    }

    /// One row by its number.
    pub(crate) async fn image(&self, id: i64) -> Result<Option<Image>> {
        on_engine!(self, store => store.image(id))
    }

    /// The row with this Drive id, as the database compares them.
    pub(crate) async fn image_of(&self, drive_id: &str) -> Result<Option<Image>> {
        on_engine!(self, store => store.image_of(drive_id))
    }

    /// The rows with exactly these Drive ids, in no order.
    pub(crate) async fn known(&self, drive_ids: &[String]) -> Result<Vec<Image>> {
        if drive_ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut images = on_engine!(self, store => store.known(drive_ids))?;
        // a table of the original compares without case
        let asked: std::collections::HashSet<_> = drive_ids.iter().collect();
        images.retain(|image| asked.contains(&image.google_drive_id));
        Ok(images)
    }

    /// At most `limit` rows whose numbers are above `after`, in their order.
    pub(crate) async fn walk(&self, after: i64, limit: u32) -> Result<Vec<Image>> {
        on_engine!(self, store => store.walk(after, limit))
    }

    /// What is known of the objects with these paths, in their order.
    pub(crate) async fn fates(&self, paths: &[String]) -> Result<Vec<known::ObjectFate>> {
        let mut fates = Vec::with_capacity(paths.len());
        for some in paths.chunks(PATHS_AT_ONCE) {
            // releases first: a row that is made after is seen, and a path that is released never gets one
            let going = on_engine!(self, store => store.going(some))?;
            let named = on_engine!(self, store => store.named(some))?;
            fates.extend(some.iter().map(|path| {
                if named.contains(path) {
                    known::ObjectFate::Named
                } else if going.contains(path) {
                    known::ObjectFate::Going
                } else {
                    known::ObjectFate::Unknown
                }
            }));
        }
        Ok(fates)
    }

    /// Claims released objects whose delete is due, so that no other process takes them for `lease`.
    pub(crate) async fn claim_due(&self, most: u32, lease: Duration) -> Result<Vec<DueRelease>> {
        on_engine!(self, store => store.claim_due(most, lease))
    }

    /// Notes what follows for a claimed one.
    pub(crate) async fn reschedule(&self, storage_path: &str, next: Reschedule) -> Result<()> {
        on_engine!(self, store => store.reschedule(storage_path, next))
    }

    /// The time until the next delete is due; `None` when none is.
    pub(crate) async fn next_due(&self) -> Result<Option<Duration>> {
        let due_ms = on_engine!(self, store => store.next_due_ms())?;
        Ok(due_ms.map(|due_ms| Duration::from_millis(u64::try_from(due_ms - now_ms()).unwrap_or(0))))
    }

    /// Forgets objects whose last delete was done `after` ago.
    pub(crate) async fn forget_releases(&self, after: Duration) -> Result<()> {
        on_engine!(self, store => store.forget_releases(after))
    }
}

async fn in_time<T>(step: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(IN_TIME, step).await.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into()))
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// Milliseconds since 1970, `time` from now.
fn in_ms(time: Duration) -> i64 {
    now_ms().saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}
