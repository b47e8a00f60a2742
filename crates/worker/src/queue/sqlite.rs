//! The queue in a SQLite file. One connection writes; other processes wait for it.

mod claim;
mod hold;
mod reports;
mod rows;

use std::{path::Path, sync::Arc, time::Duration};

use client::{import::Outcome, retry::Backoff};
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    NewTasks, QueueError, REMEMBERED,
    batch::{self, NewTask},
    ending::outcome_word,
    millis, now_millis,
    owner::Owner,
};
use crate::task::{JobKey, JobState};

/// How long another process' transaction is waited for.
const BUSY: Duration = Duration::from_secs(15);
/// Processes that make the file at the same moment are in each other's way.
const OPEN_TRIES: u32 = 8;

/// Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct SqliteQueue {
    pool: SqlitePool,
    owner: Arc<Owner>,
}

impl SqliteQueue {
    pub(super) async fn open(directory: &Path) -> Result<Self, QueueError> {
        let owner = Owner::take(directory)?;
        let options = SqliteConnectOptions::new()
            .filename(directory.join("worker.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // whole after a kill; a power failure can undo the last moments, which import sends again
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY);
        let mut tries = 0;
        let pool = loop {
            tries += 1;
            match prepared(options.clone()).await {
                Err(error) if tries < OPEN_TRIES => {
                    tracing::debug!(error = %service::error::chain(&error), "open the task queue again");
                    tokio::time::sleep(Backoff::SERVICE.wait(tries, None)).await;
                }
                pool => break pool?,
            }
        };
        let queue = Self { pool, owner: Arc::new(owner) };
        queue.take_back().await?;
        Ok(queue)
    }

    /// What this worker had in hand when it was killed. An object of those tasks may exist.
    async fn take_back(&self) -> Result<(), QueueError> {
        let now = now_millis();
        sqlx::query("UPDATE tasks SET state = 0, due = ?1, touched = 1 WHERE state = 1 AND owner = ?2")
            .bind(now)
            .bind(&self.owner.name)
            .execute(&self.pool)
            .await?;
        sqlx::query("UPDATE tasks SET due = ?1 WHERE state = 2 AND owner = ?2")
            .bind(now)
            .bind(&self.owner.name)
            .execute(&self.pool)
            .await?;
        // the time nobody worked is nobody's fault
        sqlx::query("UPDATE jobs SET progressed_at = ?").bind(now).execute(&self.pool).await?;
        Ok(())
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, QueueError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub(super) async fn enqueue(&self, tasks: &NewTasks) -> Result<(), QueueError> {
        let now = now_millis();
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO jobs (job, accepts_results, turn, progressed_at, updated_at)
             VALUES (?1, ?2, (SELECT COALESCE(MIN(turn), 0) FROM jobs), ?3, ?3)
             ON CONFLICT (job) DO UPDATE SET accepts_results = ?2, updated_at = ?3,
                 progressed_at = CASE WHEN state = 'failed' THEN ?3 ELSE progressed_at END,
                 failure = CASE WHEN state = 'failed' THEN NULL ELSE failure END,
                 state = CASE WHEN state = 'failed' THEN 'open' ELSE state END",
        )
        .bind(&tasks.job.0)
        .bind(tasks.accepts_results)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        let is_cancelled = matches!(rows::job_state(&mut tx, &tasks.job).await?, JobState::Cancelled);
        let mut fresh = 0;
        for task in batch::tasks_of(tasks) {
            fresh += insert_task(&mut tx, tasks, &task, is_cancelled, now).await?;
        }
        // what only comes again is no progress
        if fresh > 0 {
            sqlx::query("UPDATE jobs SET progressed_at = ?1 WHERE job = ?2")
                .bind(now)
                .bind(&tasks.job.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn stop_job(&self, job: &JobKey, state: &JobState) -> Result<u64, QueueError> {
        let now = now_millis();
        let (word, outcome, failure) = match state {
            JobState::Open => return Ok(0),
            JobState::Cancelled => ("cancelled", Outcome::Cancelled, None),
            JobState::Failed(failure) => ("failed", Outcome::Failed, Some(failure)),
        };
        let failure = failure.map(serde_json::to_string).transpose()?;
        let mut tx = self.begin().await?;
        // a cancelled job stays cancelled
        sqlx::query(
            "INSERT INTO jobs (job, state, failure, accepts_results, progressed_at, updated_at)
             VALUES (?1, ?2, ?3, 1, ?4, ?4)
             ON CONFLICT (job) DO UPDATE SET state = ?2, failure = ?3, updated_at = ?4
             WHERE state != 'cancelled'",
        )
        .bind(&job.0)
        .bind(word)
        .bind(&failure)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        let unfinished: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tasks WHERE job = ? AND state < 2")
            .bind(&job.0)
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query(
            "UPDATE tasks SET state = 2, due = ?1, progress = NULL,
                 outcome = json_object('file_id', file_id, 'outcome', ?2, 'failure', json(?3))
             WHERE job = ?4 AND state = 0 AND touched = 0",
        )
        .bind(now)
        .bind(outcome_word(outcome))
        .bind(failure.as_deref().unwrap_or("null"))
        .bind(&job.0)
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE tasks SET due = ?1 WHERE job = ?2 AND state = 0")
            .bind(now)
            .bind(&job.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(u64::try_from(unfinished).unwrap_or(0))
    }

    pub(super) async fn silence(&self, job: &JobKey) -> Result<Duration, QueueError> {
        let since: Option<i64> = sqlx::query_scalar("SELECT progressed_at FROM jobs WHERE job = ?")
            .bind(&job.0)
            .fetch_optional(&self.pool)
            .await?;
        let millis = since.map_or(0, |since| now_millis().saturating_sub(since));
        Ok(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
    }

    pub(super) async fn prune(&self) -> Result<(), QueueError> {
        let now = now_millis();
        // in portions: a long delete would hold everybody up
        loop {
            let gone = sqlx::query(
                "DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE state = 3 AND due <= ? LIMIT 500)",
            )
            .bind(now)
            .execute(&self.pool)
            .await?
            .rows_affected();
            if gone == 0 {
                break;
            }
        }
        sqlx::query(
            "DELETE FROM jobs WHERE updated_at <= ? AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.job = jobs.job)",
        )
        .bind(now.saturating_sub(millis(REMEMBERED)))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub(super) async fn check(&self) -> Result<(), String> {
        let write = async { Ok::<_, QueueError>(self.begin().await?.rollback().await?) };
        write.await.map_err(|_| "it cannot be written".to_owned())
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// The file with its tables brought up to date.
async fn prepared(options: SqliteConnectOptions) -> Result<SqlitePool, QueueError> {
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::migrate!().run(&pool).await?;
    Ok(pool)
}

async fn insert_task(
    tx: &mut Transaction<'static, Sqlite>,
    tasks: &NewTasks,
    task: &NewTask,
    is_cancelled: bool,
    now: i64,
) -> Result<u64, QueueError> {
    let cancelled =
        is_cancelled.then(|| serde_json::to_string(&batch::cancelled(&task.file_id))).transpose()?;
    let written = sqlx::query(
        "INSERT INTO tasks (job, file_key, file_id, drive_id, sha256, file, request_id, state, due, outcome)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE WHEN ?9 IS NULL THEN 0 ELSE 2 END, ?8, ?9)
         ON CONFLICT (job, file_key) DO UPDATE SET due = ?8,
             state = CASE WHEN ?10 OR ?9 IS NOT NULL THEN 2 ELSE 0 END,
             file = CASE WHEN ?10 THEN file ELSE ?6 END,
             outcome = CASE WHEN ?10 THEN outcome ELSE ?9 END,
             needs_drive = 1
         WHERE state = 3",
    )
    .bind(&tasks.job.0)
    .bind(&task.key)
    .bind(&task.file_id)
    .bind(&task.drive_id)
    .bind(&task.sha256)
    .bind(&task.file)
    .bind(&tasks.request_id)
    .bind(now)
    .bind(cancelled)
    .bind(tasks.accepts_results)
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

#[cfg(test)]
impl SqliteQueue {
    /// Changes what time would change.
    pub(super) async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.pool).await.unwrap();
    }

    /// One number.
    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}
