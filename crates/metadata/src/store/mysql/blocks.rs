//! Blocks of names in MySQL, made for the first time: a few at a time, by one process at a time.

use sqlx::{Connection, MySqlConnection, Row as _};

use super::{
    super::{
        Result,
        tracking::{pack, put_blocks, state},
    },
    MySqlStore,
    counts::{set_state, state_of},
    schema,
};
use crate::names::{self, Entry};

/// Blocks made before the lock is given back.
const AT_ONCE: usize = 32;

impl MySqlStore {
    pub(in super::super) async fn build_blocks(&self) -> Result<bool> {
        let mut connection = self.pool.acquire().await?;
        let state = state_of(&mut connection, state::BLOCKS).await?;
        if !self.is_tracking() || state.as_deref() == Some(state::READY) {
            return Ok(false);
        }
        let mut connection = connection.detach();
        let is_ours = schema::try_lock(&mut connection).await?;
        if is_ours {
            for _ in 0..AT_ONCE {
                build_next(&mut connection).await?;
            }
        }
        connection.close().await?;
        Ok(is_ours)
    }
}

/// Makes the newest block that is not made yet.
async fn build_next(connection: &mut MySqlConnection) -> Result<()> {
    let state = state_of(connection, state::BLOCKS).await?;
    if state.as_deref() == Some(state::READY) {
        return Ok(());
    }
    if state.is_none() {
        sqlx::query("DELETE FROM name_blocks").execute(&mut *connection).await?;
    }
    let newest: Option<i64> = sqlx::query_scalar("SELECT CAST(MAX(id) AS SIGNED) FROM images WHERE id < ?")
        .bind(state::not_made_below(state.as_deref()))
        .fetch_one(&mut *connection)
        .await?;
    let Some(id) = newest else {
        return set_state(connection, state::BLOCKS, state::READY.to_owned()).await;
    };
    let block = names::block_of(id);
    let packed = pack(vec![(block, entries(connection, block).await?)]).await;
    let mut transaction = connection.begin().await?;
    put_blocks!(transaction, &packed);
    set_state(&mut transaction, state::BLOCKS, state::made_from(block)).await?;
    Ok(transaction.commit().await?)
}

/// The rows of a block.
pub(super) async fn entries(connection: &mut MySqlConnection, block: i64) -> Result<Vec<Entry>> {
    let (first, last) = names::ids_of(block);
    let rows = sqlx::query(
        "SELECT CAST(id AS SIGNED), CAST(created_at AS CHAR), name FROM images WHERE id BETWEEN ? AND ?",
    )
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?;
    let entries = rows
        .iter()
        .map(|row| Ok(Entry { id: row.try_get(0)?, created_at: row.try_get(1)?, name: row.try_get(2)? }));
    entries.collect()
}
