//! Outcomes on their way to the import service.

use std::time::Duration;

use sqlx::{Row, sqlite::SqliteRow};

use super::{
    IN_HAND, QueueError, SqliteQueue, millis, now_millis, rows,
    writer::{Kind, Write},
};
use crate::{
    queue::{
        Report,
        ending::{self, Ending},
    },
    task::JobKey,
};

/// Most outcomes that are taken at once, over all jobs.
const MOST: i64 = 500;

/// Those that are due, oldest first, go into the asking worker's hands. The limit is a sum because SQLite would compile
/// the statement again whenever a bare one changes.
const TAKE: &str = "
    UPDATE tasks SET due = $1, owner = $2 WHERE id IN (
        SELECT id FROM tasks WHERE state = 2 AND due <= $3 ORDER BY due, id LIMIT 0 + $4)
    RETURNING id, job, outcome,
        COALESCE((SELECT state FROM jobs WHERE jobs.job = +tasks.job), 'open') AS job_state,
        (SELECT failure FROM jobs WHERE jobs.job = +tasks.job) AS failure,
        COALESCE((SELECT accepts_results FROM jobs WHERE jobs.job = +tasks.job), 0) AS accepts_results";

impl SqliteQueue {
    pub(in crate::queue) async fn take_reports(&self) -> Result<Vec<Report>, QueueError> {
        let now = now_millis();
        let take = sqlx::query(TAKE)
            .bind(now.saturating_add(millis(IN_HAND)))
            .bind(&self.owner.name)
            .bind(now)
            .bind(MOST);
        let left = self.database.run(take).await?;
        let left = left.iter().map(ending).collect::<Result<_, _>>()?;
        Ok(ending::reports(self.written.take_with(left)))
    }

    pub(in crate::queue) fn written(&self) -> usize {
        self.written.count()
    }

    pub(in crate::queue) fn take_written(&self) -> Vec<Report> {
        ending::reports(self.written.take())
    }

    pub(in crate::queue) async fn acknowledge(&self, ids: &[i64]) -> Result<(), QueueError> {
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        let write = Write { kind: Kind::Acknowledge, lease: (0, 0), json: ids.join(",") };
        self.writer.write(write).await.map(drop)
    }

    pub(in crate::queue) async fn return_reports(
        &self,
        ids: &[i64],
        after: Duration,
    ) -> Result<(), QueueError> {
        let back = sqlx::query(
            "UPDATE tasks SET due = $1, owner = NULL
             WHERE state = 2 AND owner = $2 AND id IN (SELECT value FROM json_each($3))",
        )
        .bind(now_millis().saturating_add(millis(after)))
        .bind(&self.owner.name)
        .bind(serde_json::to_string(ids)?);
        self.database.run(back).await.map(drop)
    }
}

fn ending(row: &SqliteRow) -> Result<Ending, QueueError> {
    Ok(Ending {
        id: row.try_get("id")?,
        job: JobKey(row.try_get("job")?),
        result: serde_json::from_str(row.try_get("outcome")?)?,
        job_state: rows::state_of(row)?,
        accepts_results: row.try_get("accepts_results")?,
    })
}
