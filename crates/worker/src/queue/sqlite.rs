//! The queue in a SQLite file. One connection writes; other processes wait for it.

mod claim;
mod database;
mod hold;
mod reports;
mod rows;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use client::{import::Outcome, retry::Backoff};
use sqlx::Row;

use self::{database::Database, writer::Writer};
use super::{
    NewTasks, QueueError, REMEMBERED, batch,
    ending::{Written, outcome_word},
    figures::Figures,
    millis, now_millis,
    owner::Owner,
};
use crate::task::{JobKey, JobState};

/// How long another process' transaction is waited for.
const BUSY: Duration = Duration::from_secs(15);
/// How long a report may take before somebody else makes it.
const IN_HAND: Duration = Duration::from_secs(60);
/// Processes that make the file at the same moment are in each other's way.
const OPEN_TRIES: u32 = 8;

/// What [`Figures`] are made of at the time $1, out of indexes alone.
const FIGURES: &str = "
    SELECT COUNT(*) FILTER (WHERE state = 0 AND due <= $1) AS ready,
        COUNT(*) FILTER (WHERE state = 0 AND due > $1) AS delayed,
        COUNT(*) FILTER (WHERE state = 1) AS leased,
        (SELECT COUNT(*) FROM tasks WHERE state = 2) AS ended,
        $1 - COALESCE(MIN(due) FILTER (WHERE state = 0 AND due <= $1), $1) AS oldest
    FROM tasks WHERE state < 2";

/// Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct SqliteQueue {
    database: Arc<Database>,
    writer: Writer,
    /// What this worker is to report next.
    written: Arc<Written>,
    owner: Arc<Owner>,
}

impl SqliteQueue {
    pub(super) async fn open(directory: &Path) -> Result<Self, QueueError> {
        let owner = Owner::take(directory)?;
        let path = directory.join("worker.db");
        let mut tries = 0;
        let database = loop {
            tries += 1;
            match Database::open(&path).await {
                Err(error) if tries < OPEN_TRIES => {
                    tracing::debug!(error = %service::error::chain(&error), "open the task queue again");
                    tokio::time::sleep(Backoff::SERVICE.wait(tries, None)).await;
                }
                database => break Arc::new(database?),
            }
        };
        let written = Arc::<Written>::default();
        let writer = Writer::start(database.clone(), owner.name.clone(), written.clone());
        let queue = Self { database, writer, written, owner: Arc::new(owner) };
        queue.take_back().await?;
        Ok(queue)
    }

    /// What this worker had in hand when it was killed. An object of those tasks may exist.
    async fn take_back(&self) -> Result<(), QueueError> {
        let script = sqlx::query(
            "BEGIN IMMEDIATE;
             UPDATE tasks SET state = 0, due = $1, touched = 1 WHERE state = 1 AND owner = $2;
             UPDATE tasks SET due = $1 WHERE state = 2 AND owner = $2;
             -- the time nobody worked is nobody's fault
             UPDATE jobs SET progressed_at = $1;
             COMMIT",
        )
        .bind(now_millis())
        .bind(&self.owner.name);
        self.database.run(script).await.map(drop)
    }

    pub(super) async fn enqueue(&self, tasks: &NewTasks) -> Result<(), QueueError> {
        let script = sqlx::query(include_str!("sqlite/enqueue.sql"))
            .bind(&tasks.job.0)
            .bind(tasks.accepts_results)
            .bind(now_millis())
            .bind(&tasks.request_id)
            .bind(serde_json::to_string(&batch::tasks_of(tasks))?);
        self.database.run(script).await.map(drop)
    }

    pub(super) async fn stop_job(&self, job: &JobKey, state: &JobState) -> Result<u64, QueueError> {
        let (word, outcome, failure) = match state {
            JobState::Open => return Ok(0),
            JobState::Cancelled => ("cancelled", Outcome::Cancelled, None),
            JobState::Failed(failure) => ("failed", Outcome::Failed, Some(failure)),
        };
        let script = sqlx::query(include_str!("sqlite/stop.sql"))
            .bind(&job.0)
            .bind(word)
            .bind(failure.map(serde_json::to_string).transpose()?)
            .bind(now_millis())
            .bind(outcome_word(outcome));
        let rows = self.database.run(script).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok(u64::try_from(row.try_get::<i64, _>("unfinished")?).unwrap_or(0))
    }

    pub(super) async fn silence(&self, job: &JobKey) -> Result<Duration, QueueError> {
        let read = sqlx::query("SELECT progressed_at FROM jobs WHERE job = $1").bind(&job.0);
        let Some(row) = self.database.run(read).await?.pop() else { return Ok(Duration::ZERO) };
        let millis = now_millis().saturating_sub(row.try_get("progressed_at")?);
        Ok(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
    }

    pub(super) async fn figures(&self) -> Result<Figures, QueueError> {
        let read = sqlx::query(FIGURES).bind(now_millis());
        let rows = self.database.run(read).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        let number = |name| row.try_get::<i64, _>(name);
        Ok(Figures::of([
            number("ready")?,
            number("delayed")?,
            number("leased")?,
            number("ended")?,
            number("oldest")?,
        ]))
    }

    pub(super) async fn prune(&self) -> Result<(), QueueError> {
        let now = now_millis();
        // in portions: a long delete would hold everybody up
        loop {
            let delete = sqlx::query(
                "DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE state = 3 AND due <= $1 LIMIT 500)
                 RETURNING id",
            );
            if self.database.run(delete.bind(now)).await?.is_empty() {
                break;
            }
        }
        let delete = sqlx::query(
            "DELETE FROM jobs
             WHERE updated_at <= $1 AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.job = jobs.job)",
        );
        self.database.run(delete.bind(now.saturating_sub(millis(REMEMBERED)))).await.map(drop)
    }

    pub(super) async fn check(&self) -> Result<(), String> {
        let write = self.database.run(sqlx::query("BEGIN IMMEDIATE; ROLLBACK")).await;
        write.map(drop).map_err(|_| "it cannot be written".to_owned())
    }

    pub(super) async fn close(&self) {
        self.database.close().await;
    }
}

#[cfg(test)]
impl SqliteQueue {
    /// Changes what time would change.
    pub(super) async fn execute(&self, sql: &'static str) {
        self.database.run(sqlx::query(sql)).await.unwrap();
    }

    /// How the file is read to count what is in it.
    pub(super) async fn plan_of_figures(&self) -> Vec<String> {
        let plan = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {FIGURES}"));
        let steps = self.database.run(sqlx::query(plan).bind(now_millis())).await.unwrap();
        steps.iter().map(|step| step.try_get("detail").unwrap()).collect()
    }

    /// One number.
    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        self.database.run(sqlx::query(sql)).await.unwrap()[0].try_get(0).unwrap()
    }
}
