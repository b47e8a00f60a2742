//! Why a step failed, and whether it is the database's trouble or the data's.

use std::sync::Arc;

use service::ApiError;
use sqlx::error::{DatabaseError, ErrorKind};

/// A failed step. One failure may answer many requests, hence the `Arc`.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database has not been opened yet; the text says why.
    #[error("open the database: {0}")]
    NotOpen(&'static str),
    /// It does not answer, or not now.
    #[error("ask the database")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// Somebody else was faster: the same again may succeed.
    #[error("change the database at the same time as another")]
    Raced(#[source] Arc<sqlx::Error>),
    /// A value does not fit its column.
    #[error("store a value")]
    Unstorable(#[source] Arc<sqlx::Error>),
    /// Its schema could not be brought up to date.
    #[error("bring the schema up to date")]
    Migrate(#[source] Arc<sqlx::migrate::MigrateError>),
    /// The place of the file could not be made.
    #[error("make the directory of the database file")]
    Directory(#[source] Arc<std::io::Error>),
    /// An answer that makes no sense: a table changed by hand, or a mistake of ours.
    #[error("read the answer of the database")]
    Broken(#[source] Arc<sqlx::Error>),
}

/// What an error of a database means.
enum Meaning {
    Gone,
    Raced,
    Unstorable,
    Broken,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let meaning = match &error {
            sqlx::Error::Database(error) => meaning(error.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Meaning::Gone,
            _ => Meaning::Broken,
        };
        let error = Arc::new(error);
        match meaning {
            Meaning::Gone => Self::Unavailable(error),
            Meaning::Raced => Self::Raced(error),
            Meaning::Unstorable => Self::Unstorable(error),
            Meaning::Broken => Self::Broken(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            error => Self::Migrate(Arc::new(error)),
        }
    }
}

fn meaning(error: &dyn DatabaseError) -> Meaning {
    if error.kind() == ErrorKind::UniqueViolation {
        return Meaning::Raced;
    }
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return mysql_meaning(error.number(), error.code().unwrap_or_default());
    }
    match sqlite_code(error) {
        // SQL error or missing table, misuse
        1 | 21 => Meaning::Broken,
        // too big, datatype mismatch
        18 | 20 => Meaning::Unstorable,
        // busy, locked, read only, I/O, corrupt, full, cannot open …
        _ => Meaning::Gone,
    }
}

/// The primary code of SQLite, which is the low byte.
fn sqlite_code(error: &dyn DatabaseError) -> u32 {
    error.code().and_then(|code| code.parse().ok()).unwrap_or(1) & 0xff
}

fn mysql_meaning(number: u16, state: &str) -> Meaning {
    match number {
        // lock wait timed out, deadlock
        1205 | 1213 => Meaning::Raced,
        // a character that the column's set does not have, stored or compared
        1267 | 1270 | 1271 | 1300 | 1366 | 3854 | 3988 => Meaning::Unstorable,
        // compared with a time that is none, as MySQL 8 says it
        1525 => Meaning::Unstorable,
        // out of range, truncated, too long
        _ if state.starts_with("22") || number == 1265 => Meaning::Unstorable,
        // no such table or column, syntax: what is wrong stays wrong
        1064 => Meaning::Broken,
        _ if state.starts_with("42S") => Meaning::Broken,
        // no rights, unknown database, too many connections, read only, shutting down, disk full …
        _ => Meaning::Gone,
    }
}

impl StoreError {
    /// Another process has a SQLite file for itself.
    pub(crate) fn is_busy(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        error.as_database_error().is_some_and(|error| matches!(sqlite_code(error), 5 | 6))
    }

    /// What is wrong, in words fit for anybody: no host, no user, no SQL.
    pub(crate) fn in_a_word(&self) -> &'static str {
        match self {
            Self::NotOpen(why) => why,
            Self::Unavailable(error) => match error.as_ref() {
                sqlx::Error::Database(error) => match error.code().as_deref() {
                    Some("28000" | "42000") => {
                        "the database name, the user, the password or its rights are refused"
                    }
                    _ => "the database refuses work",
                },
                sqlx::Error::Tls(_) => "the secure connection fails",
                _ => "no answer",
            },
            Self::Raced(_) => "busy",
            Self::Unstorable(_) | Self::Broken(_) => "the tables are not as expected",
            Self::Migrate(_) => "the schema could not be brought up to date",
            Self::Directory(_) => "the directory of the file cannot be made",
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unstorable(_) => Self::bad_request(
                "The database cannot store one of the values: too long, or a character that its character set does \
                 not have.",
            ),
            StoreError::Broken(_) => {
                Self::internal("internal", "The database answered something unexpected.").caused_by(&error)
            }
            StoreError::NotOpen(_)
            | StoreError::Unavailable(_)
            | StoreError::Raced(_)
            | StoreError::Migrate(_)
            | StoreError::Directory(_) => {
                Self::internal("database-unavailable", "The database does not answer. Try again in a moment.")
                    .caused_by(&error)
            }
        }
    }
}
