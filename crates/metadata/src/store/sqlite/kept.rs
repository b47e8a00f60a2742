//! Connections that stay out of the pool between two questions. What comes back to the pool is pinged, in a task of its own:
//! for a short question that is more than the question.

use std::sync::{Mutex, PoisonError};

use sqlx::{Sqlite, SqlitePool, pool::PoolConnection};

use super::super::Result;

/// So many; others go back to the pool.
const KEPT: usize = 2;

/// Connections that nobody uses now.
#[derive(Debug, Default)]
pub(super) struct Kept {
    idle: Mutex<Vec<PoolConnection<Sqlite>>>,
}

impl Kept {
    /// A connection that reads, if need be one of `pool`. Whoever has read everything gives it to [`Kept::keep`]; it goes
    /// back to the pool, and is pinged, where something went wrong on the way.
    pub(super) async fn reader(&self, pool: &SqlitePool) -> Result<PoolConnection<Sqlite>> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match kept {
            Some(connection) => Ok(connection),
            None => Ok(pool.acquire().await?),
        }
    }

    /// Keeps a connection for the next question.
    pub(super) fn keep(&self, connection: PoolConnection<Sqlite>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
    }
}
