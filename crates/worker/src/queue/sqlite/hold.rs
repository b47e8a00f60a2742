//! What the holder of a lease writes. Each of these checks that it still is.

use std::time::Duration;

use client::import::FileResult;
use serde_json::Value;

use super::{QueueError, SqliteQueue, millis, now_millis};
use crate::{
    queue::{LEASE, batch},
    task::{JobKey, Task},
};

impl SqliteQueue {
    pub(in crate::queue) async fn keep(&self, task: &Task) -> Result<bool, QueueError> {
        let kept = sqlx::query(
            "UPDATE tasks SET due = ?1, touched = ?2, needs_drive = ?3, progress = ?4
             WHERE id = ?5 AND state = 1 AND owner = ?6 AND claim = ?7",
        )
        .bind(now_millis().saturating_add(millis(LEASE)))
        .bind(task.progress.is_touched())
        .bind(task.needs_drive())
        .bind(serde_json::to_string(&task.progress)?)
        .bind(task.id)
        .bind(&self.owner.name)
        .bind(task.claim)
        .execute(&self.pool)
        .await?;
        Ok(kept.rows_affected() > 0)
    }

    pub(in crate::queue) async fn defer(&self, task: &Task, after: Duration) -> Result<bool, QueueError> {
        let now = now_millis();
        // a job that was stopped ends at once, unless just that was tried in vain
        let given_back = sqlx::query(
            "UPDATE tasks SET state = 0, touched = ?2, needs_drive = ?3, progress = ?4, owner = NULL,
                 due = CASE WHEN ?9 OR (SELECT state FROM jobs WHERE jobs.job = tasks.job) = 'open' THEN ?1 ELSE ?8 END
             WHERE id = ?5 AND state = 1 AND owner = ?6 AND claim = ?7",
        )
        .bind(now.saturating_add(millis(after)))
        .bind(task.progress.is_touched())
        .bind(task.needs_drive())
        .bind(serde_json::to_string(&task.progress)?)
        .bind(task.id)
        .bind(&self.owner.name)
        .bind(task.claim)
        .bind(now)
        .bind(task.progress.ending.is_some())
        .execute(&self.pool)
        .await?;
        Ok(given_back.rows_affected() > 0)
    }

    pub(in crate::queue) async fn finish(
        &self,
        task: &Task,
        outcome: &FileResult,
    ) -> Result<bool, QueueError> {
        let now = now_millis();
        let mut tx = self.begin().await?;
        let written = sqlx::query(
            "UPDATE tasks SET state = 2, due = ?1, touched = 0, progress = NULL, owner = NULL, outcome = ?2
             WHERE id = ?3 AND state = 1 AND owner = ?4 AND claim = ?5",
        )
        .bind(now)
        .bind(serde_json::to_string(outcome)?)
        .bind(task.id)
        .bind(&self.owner.name)
        .bind(task.claim)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        sqlx::query("UPDATE jobs SET progressed_at = ?1, updated_at = ?1 WHERE job = ?2")
            .bind(now)
            .bind(&task.job.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(written > 0)
    }

    pub(in crate::queue) async fn journal(
        &self,
        job: &JobKey,
        file: &Value,
    ) -> Result<(i64, i64), QueueError> {
        let now = now_millis();
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO jobs (job, accepts_results, progressed_at, updated_at) VALUES (?1, 1, ?2, ?2)",
        )
        .bind(&job.0)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        let id = sqlx::query_scalar(
            "INSERT INTO tasks (job, file_key, file_id, file, state, due, owner, claim, touched, needs_drive)
             VALUES (?1, '', ?2, ?3, 1, ?4, ?5, 1, 1, 0) RETURNING id",
        )
        .bind(&job.0)
        .bind(batch::file_id(file))
        .bind(file.to_string())
        .bind(now.saturating_add(millis(LEASE)))
        .bind(&self.owner.name)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok((id, 1))
    }

    pub(in crate::queue) async fn forget(&self, task: &Task) -> Result<bool, QueueError> {
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM tasks WHERE id = ?1 AND state = 1 AND owner = ?2 AND claim = ?3")
            .bind(task.id)
            .bind(&self.owner.name)
            .bind(task.claim)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if gone > 0 {
            sqlx::query("DELETE FROM jobs WHERE job = ?").bind(&task.job.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(gone > 0)
    }
}
