//! Folding changes and counting anew in SQLite. What is read is read beside the writer; it only writes. Whoever folds first
//! deletes the changes, and another process that read the same ones finds fewer of them and leaves everything as it is.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{
    super::{
        Result,
        tracking::{
            Change, FOLD, Folded, Sums, cut_to_blocks, from_halves, halves, pack, put_blocks, state, upsert,
        },
    },
    SqliteStore,
    blocks::entries,
    counts::{set_state, state_of},
    text, value,
};

/// Blocks rebuilt by one fold: others who write wait for it.
const BLOCKS: usize = 16;
/// Rows written at once while counting anew.
const PART: usize = 2_000;

impl SqliteStore {
    pub(in super::super) async fn fold(&self) -> Result<Folded> {
        let mut connection = self.readers.acquire().await?;
        if state_of(&mut connection, state::COUNTS).await?.as_deref() != Some(state::READY) {
            return Ok(Folded::NotReady);
        }
        let mut changes = changes(&mut connection).await?;
        if changes.is_empty() {
            return Ok(Folded::Nothing);
        }
        let blocks = cut_to_blocks(&mut changes, BLOCKS);
        let mut rows = Vec::with_capacity(blocks.len());
        for block in blocks {
            rows.push((block, entries(&mut connection, block).await?));
        }
        drop(connection);
        let packed = pack(rows).await;
        let folded = changes.len();
        let is_done = self
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    if state_of(connection, state::COUNTS).await?.as_deref() != Some(state::READY) {
                        return Ok(false);
                    }
                    let mut deleted = 0;
                    for some in changes.chunks(500) {
                        let seqs =
                            some.iter().map(|change| change.seq.to_string()).collect::<Vec<_>>().join(", ");
                        let sql = format!("DELETE FROM image_changes WHERE seq IN ({seqs})");
                        let done =
                            sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(&mut *connection);
                        deleted += done.await?.rows_affected();
                    }
                    if deleted != changes.len() as u64 {
                        return Ok(false);
                    }
                    add(connection, &Sums::of(&changes)).await?;
                    put_blocks!(connection, &packed);
                    Ok(true)
                })
            })
            .await?;
        Ok(if is_done { Folded::Some(folded) } else { Folded::Nothing })
    }

    pub(in super::super) async fn rebuild_counts(&self) -> Result<bool> {
        let process = self.process;
        let ours = state::building(process);
        let begun = ours.clone();
        if !self
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let may_build =
                        state::may_build(state_of(connection, state::COUNTS).await?.as_deref(), process);
                    if may_build {
                        set_state(connection, state::COUNTS, begun).await?;
                    }
                    Ok(may_build)
                })
            })
            .await?
        {
            return Ok(false);
        }
        let mut snapshot = self.readers.begin().await?;
        let sums = counted_anew(&mut snapshot).await?;
        // one writes at a time: nothing up to the last one seen can come later
        let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM image_changes")
            .fetch_one(&mut *snapshot)
            .await?;
        snapshot.rollback().await?;
        // nobody reads or folds while this is under way: it need not be one transaction, which would hold up others
        let mut steps = vec![Step::Empty];
        steps.extend(sums.into_parts(PART).into_iter().map(Step::Add));
        steps.extend([Step::Forget(last), Step::Ready]);
        for step in steps {
            while let Some(more) = self.rebuild_step(&ours, step.clone()).await? {
                if !more {
                    break;
                }
            }
        }
        let mut connection = self.readers.acquire().await?;
        Ok(state_of(&mut connection, state::COUNTS).await?.as_deref() == Some(state::READY))
    }

    /// Does one step, unless the build belongs to another process by now; true when it is to be done again.
    async fn rebuild_step(&self, ours: &str, step: Step) -> Result<Option<bool>> {
        let ours = ours.to_owned();
        let (told, more) = tokio::sync::oneshot::channel();
        let is_done = self.writer.write(move |connection| {
            Box::pin(async move {
                if state_of(connection, state::COUNTS).await? != Some(ours) {
                    return Ok(false);
                }
                let _ = told.send(step.run(connection).await?);
                Ok(true)
            })
        });
        Ok(if is_done.await? { more.await.ok() } else { None })
    }
}

/// A step of counting anew.
#[derive(Clone)]
enum Step {
    /// The tables become empty.
    Empty,
    /// These sums are written.
    Add(Arc<Sums>),
    /// Changes up to this one are counted.
    Forget(i64),
    /// The counts may be relied on.
    Ready,
}

impl Step {
    /// True when it is to be done again.
    async fn run(self, connection: &mut SqliteConnection) -> Result<bool> {
        match self {
            Self::Empty => {
                for table in ["image_counts", "image_minutes", "job_counts"] {
                    let sql = format!("DELETE FROM {table}");
                    sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await?;
                }
                Ok(false)
            }
            Self::Add(sums) => add(connection, &sums).await.map(|()| false),
            Self::Forget(last) => {
                let sql = format!(
                    "DELETE FROM image_changes WHERE seq IN \
                     (SELECT seq FROM image_changes WHERE seq <= ? ORDER BY seq LIMIT {PART})"
                );
                let done = sqlx::query(AssertSqlSafe(sql)).bind(last).execute(connection).await?;
                Ok(done.rows_affected() > 0)
            }
            Self::Ready => {
                set_state(connection, state::COUNTS, state::READY.to_owned()).await.map(|()| false)
            }
        }
    }
}

/// The oldest changes.
async fn changes(connection: &mut SqliteConnection) -> Result<Vec<Change>> {
    let sql = format!(
        "SELECT seq, image_id, day, minute, storage_provider, mime_type, job_id, images, bytes_high, bytes_low \
         FROM image_changes ORDER BY seq LIMIT {FOLD}"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
    let changes = rows.iter().map(|row| {
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
    });
    changes.collect()
}

/// What the whole table adds up to.
async fn counted_anew(connection: &mut SqliteConnection) -> Result<Sums> {
    const HALVES: &str = "SUM(CASE typeof(size) WHEN 'integer' THEN size >> 32 ELSE 0 END), \
                          SUM(CASE typeof(size) WHEN 'integer' THEN size & 4294967295 ELSE 0 END)";
    let mut sums = Sums::default();
    let sql = format!(
        "SELECT COALESCE(substr(created_at, 1, 10), '') AS day, storage_provider, mime_type, COUNT(*), {HALVES} \
         FROM images GROUP BY 1, 2, 3"
    );
    for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await? {
        let words = |column| -> Result<String> { Ok(text(&row, column)?.unwrap_or_default()) };
        let bytes = from_halves(row.try_get(4)?, row.try_get(5)?);
        sums.add_count(words(0)?, &words(1)?, &words(2)?, row.try_get(3)?, bytes);
    }
    let minutes = "SELECT CASE WHEN created_at IS NULL THEN '' WHEN typeof(created_at) = 'text' AND created_at <> '' \
                   THEN substr(created_at, 1, 16) ELSE '?' END AS minute, storage_provider, COUNT(*) \
                   FROM images GROUP BY 1, 2";
    for row in sqlx::query(minutes).fetch_all(&mut *connection).await? {
        let words = |column| -> Result<String> { Ok(text(&row, column)?.unwrap_or_default()) };
        sums.minutes.insert((words(0)?, words(1)?), row.try_get(2)?);
    }
    let sql =
        format!("SELECT job_id, COUNT(*), {HALVES} FROM images WHERE job_id IS NOT NULL GROUP BY job_id");
    for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await? {
        let bytes = from_halves(row.try_get(2)?, row.try_get(3)?);
        sums.jobs.insert(text(&row, 0)?.unwrap_or_default(), (row.try_get(1)?, bytes));
    }
    Ok(sums)
}

/// Adds sums to the counts.
async fn add(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
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
