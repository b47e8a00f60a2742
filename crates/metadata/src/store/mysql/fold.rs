//! Folding changes in MySQL, beside all writers: they only append changes, and what is deleted are the rows that were read,
//! by their numbers. A range would take those with it that somebody else commits in between.

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row as _, mysql::MySqlRow};

use super::{
    super::{
        Result,
        tracking::{Change, FOLD, Folded, Glance, Sums, cut_to_blocks, pack, put_blocks, state, upsert},
    },
    MySqlStore,
    build::entries,
    counts::locked_state,
    schema,
};

/// Blocks rebuilt by one fold.
const BLOCKS: usize = 32;

impl MySqlStore {
    pub(in super::super) async fn fold(&self) -> Result<Folded> {
        if !self.is_tracking() {
            return Ok(Folded::Nothing);
        }
        let row = sqlx::query(state::GLANCE).fetch_one(&self.pool).await?;
        let glance = Glance {
            is_ready: row.try_get::<Option<&str>, _>(0)? == Some(state::READY),
            has_changes: row.try_get::<Option<i64>, _>(1)?.is_some(),
            newest_block: row.try_get(2)?,
            newest_row: row.try_get(3)?,
        };
        if let Some(folded) = Folded::without_folding(glance) {
            return Ok(folded);
        }
        // off the pool: the lock ends with the connection, whatever happens
        let mut connection = self.pool.acquire().await?.detach();
        let folded = if schema::try_lock(&mut connection).await? {
            fold_some(&mut connection).await?
        } else {
            Folded::Nothing
        };
        connection.close().await?;
        Ok(folded)
    }
}

async fn fold_some(connection: &mut MySqlConnection) -> Result<Folded> {
    let mut changes = changes(connection).await?;
    let read = changes.len();
    let blocks = cut_to_blocks(&mut changes, BLOCKS);
    let mut rows = Vec::with_capacity(blocks.len());
    for block in blocks {
        rows.push((block, entries(connection, block).await?));
    }
    let packed = pack(rows).await;
    let mut transaction = connection.begin().await?;
    let state = locked_state(&mut transaction).await?;
    let seqs: Vec<_> = changes.iter().map(|change| change.seq).collect();
    let is_ours = state.as_deref() == Some(state::READY) && delete(&mut transaction, &seqs).await?;
    if !is_ours {
        transaction.rollback().await?;
        return Ok(Folded::Nothing);
    }
    add(&mut transaction, &Sums::of(&changes)).await?;
    put_blocks!(transaction, &packed);
    transaction.commit().await?;
    Ok(Folded::some(read, changes.len()))
}

/// The oldest changes that are committed.
async fn changes(connection: &mut MySqlConnection) -> Result<Vec<Change>> {
    let sql = format!(
        "SELECT seq, image_id, day, minute, storage_provider, mime_type, job_id, CAST(images AS SIGNED), \
         CAST(bytes AS CHAR) FROM image_changes ORDER BY seq LIMIT {FOLD}"
    );
    sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?.iter().map(change).collect()
}

/// A change, of the first nine columns.
pub(super) fn change(row: &MySqlRow) -> Result<Change> {
    Ok(Change {
        seq: row.try_get(0)?,
        image_id: row.try_get(1)?,
        day: row.try_get(2)?,
        minute: row.try_get(3)?,
        provider: row.try_get(4)?,
        mime_type: row.try_get(5)?,
        job_id: row.try_get(6)?,
        images: row.try_get(7)?,
        bytes: row.try_get::<&str, _>(8)?.parse().unwrap_or(0),
    })
}

/// Deletes exactly these changes; false when some are gone, because somebody else folded them.
pub(super) async fn delete(connection: &mut MySqlConnection, seqs: &[i64]) -> Result<bool> {
    let mut deleted = 0;
    for some in seqs.chunks(1_000) {
        let list = some.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let sql = format!("DELETE FROM image_changes WHERE seq IN ({list})");
        let done = sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(&mut *connection);
        deleted += done.await?.rows_affected();
    }
    Ok(deleted == seqs.len() as u64)
}

/// Adds sums to the counts.
pub(super) async fn add(connection: &mut MySqlConnection, sums: &Sums) -> Result<()> {
    upsert!(
        connection,
        "INSERT INTO image_counts (day, storage_provider, mime_type, images, bytes) ",
        sums.counts,
        |mut row, ((day, provider, mime_type), (images, bytes))| {
            row.push_bind(day.clone()).push_bind(provider.clone()).push_bind(mime_type.clone());
            row.push_bind(*images).push_bind(bytes.to_string());
        },
        " ON DUPLICATE KEY UPDATE images = images + VALUES(images), bytes = bytes + VALUES(bytes)"
    );
    upsert!(
        connection,
        "INSERT INTO image_minutes (minute, storage_provider, images) ",
        sums.minutes,
        |mut row, ((minute, provider), images)| {
            row.push_bind(minute.clone()).push_bind(provider.clone()).push_bind(*images);
        },
        " ON DUPLICATE KEY UPDATE images = images + VALUES(images)"
    );
    upsert!(
        connection,
        "INSERT INTO job_counts (job_id, images, bytes) ",
        sums.jobs,
        |mut row, (job, (images, bytes))| {
            row.push_bind((*job).clone()).push_bind(*images).push_bind(bytes.to_string());
        },
        " ON DUPLICATE KEY UPDATE images = images + VALUES(images), bytes = bytes + VALUES(bytes)"
    );
    Ok(())
}
