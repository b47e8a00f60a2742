//! Blocks of names in SQLite, made for the first time: in the writer's turn, a few at a time.

use sqlx::SqliteConnection;

use super::{
    super::{
        Result,
        tracking::{PackedBlock, put_blocks, state},
    },
    SqliteStore,
    counts::{set_state, state_of},
    text,
};
use crate::names::{self, Entry};

/// Blocks made in one turn.
const AT_ONCE: usize = 4;

impl SqliteStore {
    pub(in super::super) async fn build_blocks(&self) -> Result<bool> {
        let mut connection = self.readers.acquire().await?;
        if state_of(&mut connection, state::BLOCKS).await?.as_deref() == Some(state::READY) {
            return Ok(false);
        }
        drop(connection);
        self.writer
            .write(|connection| {
                Box::pin(async move {
                    for _ in 0..AT_ONCE {
                        build_next(&mut *connection).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }
}

/// Makes the newest block that is not made yet.
async fn build_next(connection: &mut SqliteConnection) -> Result<()> {
    let state = state_of(connection, state::BLOCKS).await?;
    if state.as_deref() == Some(state::READY) {
        return Ok(());
    }
    if state.is_none() {
        sqlx::query("DELETE FROM name_blocks").execute(&mut *connection).await?;
    }
    let newest: Option<i64> = sqlx::query_scalar("SELECT MAX(id) FROM images WHERE id < ?")
        .bind(state::not_made_below(state.as_deref()))
        .fetch_one(&mut *connection)
        .await?;
    let Some(id) = newest else {
        return set_state(connection, state::BLOCKS, state::READY.to_owned()).await;
    };
    let block = names::block_of(id);
    let packed = PackedBlock::of(block, entries(connection, block).await?);
    put_blocks!(connection, [&packed]);
    set_state(connection, state::BLOCKS, state::made_from(block)).await
}

/// The rows of a block.
pub(super) async fn entries(connection: &mut SqliteConnection, block: i64) -> Result<Vec<Entry>> {
    let (first, last) = names::ids_of(block);
    let rows = sqlx::query("SELECT id, created_at, name FROM images WHERE id BETWEEN ? AND ?")
        .bind(first)
        .bind(last)
        .fetch_all(connection)
        .await?;
    let entries = rows.iter().map(|row| {
        use sqlx::Row as _;
        Ok(Entry { id: row.try_get(0)?, created_at: text(row, 1)?, name: text(row, 2)?.unwrap_or_default() })
    });
    entries.collect()
}
