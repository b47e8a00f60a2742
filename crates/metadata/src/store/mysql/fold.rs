//! Folding changes and counting anew in MySQL, beside all writers: they only append changes, and what is deleted are the
//! rows that were read, by their numbers. A range would take those with it that somebody else commits in between.

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row as _};

use super::{
    super::{
        Result,
        tracking::{Change, FOLD, Folded, Sums, cut_to_blocks, pack, put_blocks, state, upsert},
    },
    MySqlStore,
    blocks::entries,
    counts::{begin_snapshot, set_state, state_of},
    schema,
};

/// Blocks rebuilt by one fold.
const BLOCKS: usize = 32;

impl MySqlStore {
    pub(in super::super) async fn fold(&self) -> Result<Folded> {
        if !self.is_tracking() {
            return Ok(Folded::Nothing);
        }
        let mut connection = self.pool.acquire().await?;
        if state_of(&mut connection, state::COUNTS).await?.as_deref() != Some(state::READY) {
            return Ok(Folded::NotReady);
        }
        let is_due = sqlx::query("SELECT 1 FROM image_changes LIMIT 1").fetch_optional(&mut *connection);
        if is_due.await?.is_none() {
            return Ok(Folded::Nothing);
        }
        // off the pool: the lock ends with the connection, whatever happens
        let mut connection = connection.detach();
        if !schema::try_lock(&mut connection).await? {
            connection.close().await?;
            return Ok(Folded::Nothing);
        }
        let mut changes = changes(&mut connection).await?;
        let blocks = cut_to_blocks(&mut changes, BLOCKS);
        let mut rows = Vec::with_capacity(blocks.len());
        for block in blocks {
            rows.push((block, entries(&mut connection, block).await?));
        }
        let packed = pack(rows).await;
        let mut transaction = connection.begin().await?;
        let sql = "SELECT value FROM image_index_state WHERE name = ? LOCK IN SHARE MODE";
        let state: Option<String> =
            sqlx::query_scalar(sql).bind(state::COUNTS).fetch_optional(&mut *transaction).await?;
        let seqs: Vec<_> = changes.iter().map(|change| change.seq).collect();
        let is_ours = state.as_deref() == Some(state::READY) && delete(&mut transaction, &seqs).await?;
        if is_ours {
            add(&mut transaction, &Sums::of(&changes)).await?;
            put_blocks!(transaction, &packed);
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        connection.close().await?;
        Ok(if is_ours { Folded::Some(changes.len()) } else { Folded::Nothing })
    }

    pub(in super::super) async fn rebuild_counts(&self) -> Result<bool> {
        if !self.is_tracking() {
            return Ok(false);
        }
        let mut connection = self.pool.acquire().await?.detach();
        if !schema::try_lock(&mut connection).await? {
            connection.close().await?;
            return Ok(false);
        }
        let ours = state::building(self.process);
        set_state(&mut connection, state::COUNTS, ours.clone()).await?;
        let mut snapshot = self.pool.acquire().await?.detach();
        begin_snapshot(&mut snapshot).await?;
        let sums = counted_anew(&mut snapshot).await?;
        let seen: Vec<i64> =
            sqlx::query_scalar("SELECT seq FROM image_changes").fetch_all(&mut snapshot).await?;
        snapshot.close().await?;
        let mut transaction = connection.begin().await?;
        for table in ["image_counts", "image_minutes", "job_counts"] {
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&mut *transaction).await?;
        }
        add(&mut transaction, &sums).await?;
        let is_ours = state_of(&mut transaction, state::COUNTS).await? == Some(ours)
            && delete(&mut transaction, &seen).await?;
        if is_ours {
            set_state(&mut transaction, state::COUNTS, state::READY.to_owned()).await?;
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        connection.close().await?;
        Ok(is_ours)
    }
}

/// The oldest changes that are committed.
async fn changes(connection: &mut MySqlConnection) -> Result<Vec<Change>> {
    let sql = format!(
        "SELECT seq, image_id, day, minute, storage_provider, mime_type, job_id, CAST(images AS SIGNED), \
         CAST(bytes AS CHAR) FROM image_changes ORDER BY seq LIMIT {FOLD}"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
    let changes = rows.iter().map(|row| {
        Ok(Change {
            seq: row.try_get(0)?,
            image_id: row.try_get(1)?,
            day: row.try_get(2)?,
            minute: row.try_get(3)?,
            provider: row.try_get(4)?,
            mime_type: row.try_get(5)?,
            job_id: row.try_get(6)?,
            images: row.try_get(7)?,
            bytes: row.try_get::<String, _>(8)?.parse().unwrap_or(0),
        })
    });
    changes.collect()
}

/// Deletes exactly these changes; false when some are gone, because somebody else folded them.
async fn delete(connection: &mut MySqlConnection, seqs: &[i64]) -> Result<bool> {
    let mut deleted = 0;
    for some in seqs.chunks(1_000) {
        let list = some.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let sql = format!("DELETE FROM image_changes WHERE seq IN ({list})");
        let done = sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(&mut *connection);
        deleted += done.await?.rows_affected();
    }
    Ok(deleted == seqs.len() as u64)
}

/// What the whole table adds up to.
async fn counted_anew(connection: &mut MySqlConnection) -> Result<Sums> {
    // as our own columns compare: `aws` and `AWS` are two
    const PROVIDER: &str = "CONVERT(storage_provider USING utf8mb4) COLLATE utf8mb4_bin";
    const MIME_TYPE: &str = "CONVERT(mime_type USING utf8mb4) COLLATE utf8mb4_bin";
    let mut sums = Sums::default();
    let bytes = |row: &sqlx::mysql::MySqlRow, column: usize| -> Result<i128> {
        Ok(row.try_get::<Option<String>, _>(column)?.and_then(|sum| sum.parse().ok()).unwrap_or(0))
    };
    let sql = format!(
        "SELECT COALESCE(LEFT(created_at, 10), '') AS day, {PROVIDER} AS provider, {MIME_TYPE} AS type, COUNT(*), \
         CAST(SUM(size) AS CHAR) FROM images GROUP BY 1, 2, 3"
    );
    for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await? {
        let (provider, mime_type): (String, String) = (row.try_get(1)?, row.try_get(2)?);
        sums.add_count(row.try_get(0)?, &provider, &mime_type, row.try_get(3)?, bytes(&row, 4)?);
    }
    let sql = format!(
        "SELECT COALESCE(LEFT(created_at, 16), '') AS minute, {PROVIDER} AS provider, COUNT(*) FROM images \
         GROUP BY 1, 2"
    );
    for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await? {
        sums.minutes.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
    }
    let sql = "SELECT job_id, COUNT(*), CAST(SUM(size) AS CHAR) FROM images WHERE job_id IS NOT NULL GROUP BY job_id";
    for row in sqlx::query(sql).fetch_all(&mut *connection).await? {
        sums.jobs.insert(row.try_get(0)?, (row.try_get(1)?, bytes(&row, 2)?));
    }
    Ok(sums)
}

/// Adds sums to the counts.
async fn add(connection: &mut MySqlConnection, sums: &Sums) -> Result<()> {
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
