//! Folding changes in SQLite. What is read is read beside the writer; it only writes. Whoever folds first deletes the changes,
//! and another process that read the same ones finds fewer of them and leaves everything as it is.

use futures::{StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    super::{
        Result,
        tracking::{
            Change, FOLD, Folded, Glance, PackedBlock, Sums, cut_to_blocks, from_halves, halves, pack,
            put_blocks, state, upsert,
        },
    },
    SqliteStore,
    build::entries,
    counts::state_of,
    text, value,
};

/// Blocks rebuilt by one fold: others who write wait for it.
const BLOCKS: usize = 16;

impl SqliteStore {
    pub(in super::super) async fn fold(&self) -> Result<Folded> {
        let mut connection = self.readers.acquire().await?;
        let row = sqlx::query(state::GLANCE).fetch_one(&mut *connection).await?;
        let glance = Glance {
            is_ready: row.try_get::<Option<&str>, _>(0)? == Some(state::READY),
            has_changes: row.try_get::<Option<i64>, _>(1)?.is_some(),
            newest_block: row.try_get(2)?,
            newest_row: row.try_get(3)?,
        };
        if let Some(folded) = Folded::without_folding(glance) {
            return Ok(folded);
        }
        let mut changes = changes(&mut connection).await?;
        let read = changes.len();
        let blocks = cut_to_blocks(&mut changes, BLOCKS);
        let mut rows = Vec::with_capacity(blocks.len());
        for block in blocks {
            rows.push((block, entries(&mut connection, block).await?));
        }
        drop(connection);
        let packed = pack(rows).await;
        let folded = Folded::some(read, changes.len());
        let is_done = self.writer.write(|connection| Box::pin(write(connection, changes, packed)));
        Ok(if is_done.await? { folded } else { Folded::Nothing })
    }
}

/// Writes what was folded; false, and nothing remains, where another process was faster.
async fn write(
    connection: &mut SqliteConnection,
    changes: Vec<Change>,
    packed: Vec<PackedBlock>,
) -> Result<bool> {
    if state_of(connection).await?.as_deref() != Some(state::READY) {
        return Ok(false);
    }
    // they were the oldest ones, and one writes at a time: what came later has a higher number
    let last = changes.last().map(|change| change.seq);
    let deleted =
        sqlx::query("DELETE FROM image_changes WHERE seq <= ?").bind(last).execute(&mut *connection);
    if deleted.await?.rows_affected() != changes.len() as u64 {
        return Ok(false);
    }
    add(connection, &Sums::of(&changes)).await?;
    put_blocks!(connection, &packed);
    Ok(true)
}

/// The oldest changes.
async fn changes(connection: &mut SqliteConnection) -> Result<Vec<Change>> {
    let sql = format!(
        "SELECT seq, image_id, day, minute, storage_provider, mime_type, job_id, images, bytes_high, bytes_low \
         FROM image_changes ORDER BY seq LIMIT {FOLD}"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    rows.map(|row| change(&row?)).try_collect().await
}

/// A change, of the first ten columns.
pub(super) fn change(row: &SqliteRow) -> Result<Change> {
    let whole = |column| -> Result<i64> { Ok(value(row, column)?.as_i64().unwrap_or(0)) };
    let words = |column| -> Result<String> { Ok(text(row, column)?.unwrap_or_default()) };
    Ok(Change {
        seq: row.try_get(0)?,
        image_id: row.try_get(1)?,
        day: words(2)?,
        minute: words(3)?,
        provider: words(4)?,
        mime_type: words(5)?,
        job_id: text(row, 6)?,
        images: whole(7)?,
        bytes: from_halves(whole(8)?, whole(9)?),
    })
}

/// Adds sums to the counts.
pub(super) async fn add(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
    upsert!(
        connection,
        "INSERT INTO image_counts (day, storage_provider, mime_type, images, bytes_high, bytes_low) ",
        sums.counts,
        |mut row, ((day, provider, mime_type), (images, bytes))| {
            let (high, low) = halves(*bytes);
            row.push_bind(day.clone()).push_bind(provider.clone()).push_bind(mime_type.clone());
            row.push_bind(*images).push_bind(high).push_bind(low);
        },
        " ON CONFLICT DO UPDATE SET images = images + excluded.images, \
         bytes_high = bytes_high + excluded.bytes_high, bytes_low = bytes_low + excluded.bytes_low"
    );
    upsert!(
        connection,
        "INSERT INTO image_minutes (minute, storage_provider, images) ",
        sums.minutes,
        |mut row, ((minute, provider), images)| {
            row.push_bind(minute.clone()).push_bind(provider.clone()).push_bind(*images);
        },
        " ON CONFLICT DO UPDATE SET images = images + excluded.images"
    );
    upsert!(
        connection,
        "INSERT INTO job_counts (job_id, images, bytes_high, bytes_low) ",
        sums.jobs,
        |mut row, (job, (images, bytes))| {
            let (high, low) = halves(*bytes);
            row.push_bind((*job).clone()).push_bind(*images).push_bind(high).push_bind(low);
        },
        " ON CONFLICT DO UPDATE SET images = images + excluded.images, \
         bytes_high = bytes_high + excluded.bytes_high, bytes_low = bytes_low + excluded.bytes_low"
    );
    Ok(())
}
