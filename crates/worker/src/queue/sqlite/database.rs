//! The file: one connection, used by one after the other.
//!
//! Each statement costs a round trip to the connection's thread. So what belongs together is one script, with its
//! `BEGIN` and `COMMIT` in its text: one round trip, however much it does.

use std::path::Path;

use sqlx::{
    ConnectOptions, Connection, Sqlite, SqliteConnection,
    migrate::Migrator,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};
use tokio::sync::{Mutex, MutexGuard};

use super::{BUSY, QueueError};

/// Rows of one answer that may wait to be read: so many that the reader is woken once.
const ROWS_AT_ONCE: usize = 1024;

static MIGRATIONS: Migrator = Migrator {
    // a newer version may have been here; it only adds
    ignore_missing: true,
    ..sqlx::migrate!()
};

/// A script with what it is bound to.
pub(super) type Script<'q> = Query<'q, Sqlite, SqliteArguments>;

/// One connection; whoever waits longest is the next to use it.
#[derive(Debug)]
pub(super) struct Database {
    options: SqliteConnectOptions,
    connection: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Open(Box<SqliteConnection>),
    /// Somebody did not come to the end: whatever he began is undone with his connection, and the next one makes another.
    Broken,
    /// For good.
    Closed,
}

impl Database {
    /// The file at `path` with its tables brought up to date.
    pub(super) async fn open(path: &Path) -> Result<Self, QueueError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // whole after a kill; a power failure can undo the last moments, which import sends again
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY)
            // four times as many pages as usual go from the log into the file together: many are the same
            .pragma("wal_autocheckpoint", "4000")
            .row_buffer_size(ROWS_AT_ONCE)
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        // all in one transaction, which only one process can hold
        let mut alone = connection.begin_with("BEGIN IMMEDIATE").await?;
        MIGRATIONS.run_direct(None, &mut *alone, false).await?;
        alone.commit().await?;
        Ok(Self { options, connection: Mutex::new(State::Open(Box::new(connection))) })
    }

    /// Runs one script; every row of its answers.
    pub(super) async fn run(&self, script: Script<'_>) -> Result<Vec<SqliteRow>, QueueError> {
        let mut session = self.begin().await?;
        let rows = session.run(script).await?;
        session.end();
        Ok(rows)
    }

    /// The connection, for a transaction of several scripts. Unless that comes to its [`end`](Session::end) it is undone.
    pub(super) async fn begin(&self) -> Result<Session<'_>, QueueError> {
        let mut state = self.connection.lock().await;
        let connection = match std::mem::replace(&mut *state, State::Broken) {
            State::Open(connection) => connection,
            State::Broken => Box::new(self.options.connect().await?),
            State::Closed => {
                *state = State::Closed;
                return Err(sqlx::Error::PoolClosed.into());
            }
        };
        Ok(Session { state, connection })
    }

    /// Closes the file: nothing is read or written any more.
    pub(super) async fn close(&self) {
        let state = std::mem::replace(&mut *self.connection.lock().await, State::Closed);
        if let State::Open(connection) = state
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "close the task queue");
        }
    }
}

/// The connection in one's own hands.
pub(super) struct Session<'d> {
    state: MutexGuard<'d, State>,
    connection: Box<SqliteConnection>,
}

impl Session<'_> {
    /// Runs a script; every row of its answers.
    pub(super) async fn run(&mut self, script: Script<'_>) -> Result<Vec<SqliteRow>, QueueError> {
        Ok(script.fetch_all(&mut *self.connection).await?)
    }

    /// No transaction is open any more.
    pub(super) fn end(mut self) {
        *self.state = State::Open(self.connection);
    }
}
