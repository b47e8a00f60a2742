//! Counts and blocks of names in MySQL, made for the first time or anew: part by part, by one process at a time, beside all
//! writers. What is read of a part is of one moment, and so are the changes that are dropped because it has them already.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, Row as _};

use super::{
    super::{
        Result,
        tracking::{CountedRow, add_up, put_blocks, state},
    },
    MySqlStore,
    counts::{begin_snapshot, locked_state, set_state, state_of},
    fold::{add, change, delete},
    schema, triggers,
};
use crate::names::{self, Entry};

/// Blocks of one part.
const BLOCKS: i64 = 16;
/// How long one process works at it before others may.
const TURN: Duration = Duration::from_secs(1);
/// Rows of our own tables that are deleted at once.
const EMPTIED: u64 = 10_000;

/// A part of the table.
struct Part {
    first: i64,
    rows: Vec<CountedRow>,
    /// Changes that the rows have in them.
    seen: Vec<i64>,
}

impl MySqlStore {
    pub(in super::super) async fn build(&self) -> Result<bool> {
        if !self.is_tracking() {
            return Ok(false);
        }
        // off the pool: the lock ends with the connection, whatever happens
        let mut connection = self.pool.acquire().await?.detach();
        let is_ours = schema::try_lock(&mut connection).await?;
        let began = Instant::now();
        while is_ours && build_part(&mut connection).await? && began.elapsed() < TURN {}
        connection.close().await?;
        Ok(is_ours)
    }
}

/// Makes the next part; false where there is none.
async fn build_part(connection: &mut MySqlConnection) -> Result<bool> {
    let state = state_of(connection).await?;
    let Some(last) = state::last_left(state.as_deref()) else { return Ok(false) };
    if state::is_begin(state.as_deref()) {
        empty(connection).await?;
    }
    begin_snapshot(connection).await?;
    let part = part(connection, last).await?;
    connection.execute("ROLLBACK").await?;
    let (sums, blocks) = add_up(part.rows).await;
    let mut transaction = connection.begin().await?;
    // locked: whoever finds the counts wrong meanwhile is not overruled
    let is_ours =
        locked_state(&mut transaction).await? == state && delete(&mut transaction, &part.seen).await?;
    if !is_ours {
        transaction.rollback().await?;
        return Ok(true);
    }
    add(&mut transaction, &sums).await?;
    put_blocks!(transaction, &blocks);
    set_state(&mut transaction, state::made_from(part.first)).await?;
    transaction.commit().await?;
    Ok(true)
}

/// What is left over goes, a little at a time: nobody reads it.
async fn empty(connection: &mut MySqlConnection) -> Result<()> {
    for (table, at_once) in
        [("image_counts", EMPTIED), ("image_minutes", EMPTIED), ("job_counts", EMPTIED), ("name_blocks", 100)]
    {
        let sql = format!("DELETE FROM {table} LIMIT {at_once}");
        while sqlx::query(AssertSqlSafe(sql.as_str())).execute(&mut *connection).await?.rows_affected()
            == at_once
        {}
    }
    Ok(())
}

/// The part that ends with this row.
async fn part(connection: &mut MySqlConnection, last: i64) -> Result<Part> {
    let ends = "SELECT CAST((SELECT MAX(id) FROM images WHERE id <= ?) AS SIGNED), \
                CAST((SELECT MIN(id) FROM images) AS SIGNED)";
    let ends = sqlx::query(ends).bind(last).fetch_one(&mut *connection).await?;
    let first = state::first_of_part(ends.try_get(0)?, ends.try_get(1)?, BLOCKS);
    let noted = triggers::noted("images");
    let sql = format!(
        "SELECT 0, {noted}, 1, CAST(COALESCE(size, 0) AS CHAR), CAST(created_at AS CHAR), name FROM images \
         WHERE id BETWEEN ? AND ?"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(first).bind(last).fetch_all(&mut *connection).await?;
    let rows = rows.iter().map(|row| {
        let change = change(row)?;
        let entry = Entry { id: change.image_id, created_at: row.try_get(9)?, name: row.try_get(10)? };
        Ok((change, entry))
    });
    let rows = rows.collect::<Result<_>>()?;
    let seen = sqlx::query_scalar("SELECT seq FROM image_changes WHERE image_id BETWEEN ? AND ?");
    let seen = seen.bind(first).bind(last).fetch_all(connection).await?;
    Ok(Part { first, rows, seen })
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
