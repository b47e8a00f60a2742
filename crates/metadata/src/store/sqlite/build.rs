//! Counts and blocks of names in SQLite, made for the first time or anew: part by part, each in one turn of the writer. What
//! is read of a part is of one moment, and the changes up to then are in it.

use futures::{StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    super::{
        Result,
        tracking::{CountedRow, PackedBlock, Sums, add_up, put_blocks, state},
    },
    SqliteStore,
    counts::{set_state, state_of},
    fold::{add, change},
    text, triggers,
};
use crate::names::{self, Entry};

/// Blocks of one part: others who write wait for it.
const BLOCKS: i64 = 8;

/// A part of the table, counted.
struct Part {
    /// The state that it follows on.
    state: Option<String>,
    first: i64,
    last: i64,
    /// The last change that is in it: one writes at a time, so none before that can come later.
    seen: i64,
    sums: Sums,
    blocks: Vec<PackedBlock>,
}

impl SqliteStore {
    pub(in super::super) async fn build(&self) -> Result<bool> {
        let mut snapshot = self.readers.begin().await?;
        let state = state_of(&mut snapshot).await?;
        let Some(last) = state::last_left(state.as_deref()) else { return Ok(false) };
        let (first, rows) = rows(&mut snapshot, last).await?;
        let seen = sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM image_changes");
        let seen = seen.fetch_one(&mut *snapshot).await?;
        snapshot.rollback().await?;
        let (sums, blocks) = add_up(rows).await;
        let part = Part { state, first, last, seen, sums, blocks };
        // where another process was faster, the next part is the one after its
        self.writer.write(|connection| Box::pin(part.write(connection))).await?;
        Ok(true)
    }
}

impl Part {
    async fn write(self, connection: &mut SqliteConnection) -> Result<bool> {
        if state_of(connection).await? != self.state {
            return Ok(false);
        }
        if state::is_begin(self.state.as_deref()) {
            for table in ["image_counts", "image_minutes", "job_counts", "name_blocks"] {
                let sql = format!("DELETE FROM {table}");
                sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await?;
            }
        }
        sqlx::query("DELETE FROM image_changes WHERE seq <= ? AND image_id BETWEEN ? AND ?")
            .bind(self.seen)
            .bind(self.first)
            .bind(self.last)
            .execute(&mut *connection)
            .await?;
        add(connection, &self.sums).await?;
        put_blocks!(connection, &self.blocks);
        set_state(connection, state::made_from(self.first)).await?;
        Ok(true)
    }
}

/// The rows of the part that ends with row `last`, and where it begins.
async fn rows(connection: &mut SqliteConnection, last: i64) -> Result<(i64, Vec<CountedRow>)> {
    let ends = "SELECT (SELECT MAX(id) FROM images WHERE id <= ?), (SELECT MIN(id) FROM images)";
    let ends = sqlx::query(ends).bind(last).fetch_one(&mut *connection).await?;
    let first = state::first_of_part(ends.try_get(0)?, ends.try_get(1)?, BLOCKS);
    let sql = format!(
        "SELECT 0, {}, 1, {}, created_at, name FROM images WHERE id BETWEEN ? AND ?",
        triggers::noted("images"),
        triggers::halves("images", "")
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(first).bind(last).fetch(connection);
    let counted = |row| {
        let row: SqliteRow = row?;
        let change = change(&row)?;
        let name = text(&row, 11)?.unwrap_or_default();
        let entry = Entry { id: change.image_id, created_at: text(&row, 10)?, name };
        Ok((change, entry))
    };
    let rows: Result<_> = rows.map(counted).try_collect().await;
    Ok((first, rows?))
}

/// The rows of a block.
pub(super) async fn entries(connection: &mut SqliteConnection, block: i64) -> Result<Vec<Entry>> {
    let (first, last) = names::ids_of(block);
    let rows = sqlx::query("SELECT id, created_at, name FROM images WHERE id BETWEEN ? AND ?")
        .bind(first)
        .bind(last)
        .fetch(connection);
    let entry = |row| {
        let row: SqliteRow = row?;
        Ok(Entry {
            id: row.try_get(0)?,
            created_at: text(&row, 1)?,
            name: text(&row, 2)?.unwrap_or_default(),
        })
    };
    rows.map(entry).try_collect().await
}
