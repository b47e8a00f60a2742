//! Outcomes on their way to the import service.

use std::time::Duration;

use sqlx::{Row, sqlite::SqliteRow};

use super::{QueueError, REMEMBERED, SqliteQueue, millis, now_millis, rows};
use crate::{
    queue::{
        Report,
        ending::{self, Ending},
    },
    task::JobKey,
};

/// How long a report may take before somebody else makes it.
const IN_HAND: Duration = Duration::from_secs(60);
/// Most outcomes that are taken at once, over all jobs.
const MOST: i64 = 500;

impl SqliteQueue {
    pub(in crate::queue) async fn take_reports(&self) -> Result<Vec<Report>, QueueError> {
        let now = now_millis();
        let mut tx = self.begin().await?;
        let ended = sqlx::query(
            "UPDATE tasks SET due = ?1, owner = ?2 WHERE id IN (
                 SELECT id FROM tasks WHERE state = 2 AND due <= ?3 ORDER BY due, id LIMIT ?4)
             RETURNING id, job, outcome,
                 COALESCE((SELECT state FROM jobs WHERE jobs.job = tasks.job), 'open') AS job_state,
                 (SELECT failure FROM jobs WHERE jobs.job = tasks.job) AS failure,
                 COALESCE((SELECT accepts_results FROM jobs WHERE jobs.job = tasks.job), 0) AS accepts_results",
        )
        .bind(now.saturating_add(millis(IN_HAND)))
        .bind(&self.owner.name)
        .bind(now)
        .bind(MOST)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let ending = |row: &SqliteRow| {
            Ok(Ending {
                id: row.try_get("id")?,
                job: JobKey(row.try_get("job")?),
                result: serde_json::from_str(row.try_get("outcome")?)?,
                job_state: rows::state_of(row)?,
                accepts_results: row.try_get("accepts_results")?,
            })
        };
        let endings: Result<Vec<_>, QueueError> = ended.iter().map(ending).collect();
        Ok(ending::reports(endings?))
    }

    pub(in crate::queue) async fn acknowledge(&self, ids: &[i64]) -> Result<(), QueueError> {
        sqlx::query(
            "UPDATE tasks SET state = 3, due = ?1, owner = NULL
             WHERE state = 2 AND owner = ?2 AND id IN (SELECT value FROM json_each(?3))",
        )
        .bind(now_millis().saturating_add(millis(REMEMBERED)))
        .bind(&self.owner.name)
        .bind(serde_json::to_string(ids)?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub(in crate::queue) async fn return_reports(
        &self,
        ids: &[i64],
        after: Duration,
    ) -> Result<(), QueueError> {
        sqlx::query(
            "UPDATE tasks SET due = ?1, owner = NULL
             WHERE state = 2 AND owner = ?2 AND id IN (SELECT value FROM json_each(?3))",
        )
        .bind(now_millis().saturating_add(millis(after)))
        .bind(&self.owner.name)
        .bind(serde_json::to_string(ids)?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
