//! What the holder of a lease writes. Each of these checks that it still is.

use std::time::Duration;

use client::import::FileResult;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;

use super::{
    QueueError, SqliteQueue, millis, now_millis,
    writer::{Kind, Write},
};
use crate::{
    queue::{LEASE, batch},
    task::{JobKey, Progress, Task},
};

/// A task that goes on, here or elsewhere.
#[derive(Serialize)]
struct Going<'a> {
    id: i64,
    claim: i64,
    touched: bool,
    needs_drive: bool,
    is_ending: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<i64>,
    progress: &'a Progress,
}

/// A task with its outcome.
#[derive(Serialize)]
struct Ended<'a> {
    id: i64,
    claim: i64,
    in_hand: bool,
    outcome: &'a FileResult,
}

/// A task that leaves nothing.
#[derive(Serialize)]
struct Over {
    id: i64,
    claim: i64,
}

impl SqliteQueue {
    pub(in crate::queue) async fn keep(&self, task: &Task) -> Result<bool, QueueError> {
        self.write(task, Kind::Keep, &going(task, None)).await
    }

    pub(in crate::queue) async fn defer(&self, task: &Task, after: Duration) -> Result<bool, QueueError> {
        let due = now_millis().saturating_add(millis(after));
        self.write(task, Kind::GiveBack, &going(task, Some(due))).await
    }

    pub(in crate::queue) async fn finish(
        &self,
        task: &Task,
        outcome: &FileResult,
    ) -> Result<bool, QueueError> {
        let in_hand = self.written.has_room();
        let ended = Ended { id: task.id, claim: task.claim, in_hand, outcome };
        let to_report = in_hand.then(|| Box::new(outcome.clone()));
        self.write(task, Kind::End(task.job.clone(), to_report), &ended).await
    }

    pub(in crate::queue) async fn forget(&self, task: &Task) -> Result<bool, QueueError> {
        let over = Over { id: task.id, claim: task.claim };
        self.write(task, Kind::Forget(task.job.clone()), &over).await
    }

    async fn write(&self, task: &Task, kind: Kind, what: &impl Serialize) -> Result<bool, QueueError> {
        let json = serde_json::to_string(what)?;
        self.writer.write(Write { kind, lease: (task.id, task.claim), json }).await
    }

    pub(in crate::queue) async fn journal(
        &self,
        job: &JobKey,
        file: &Value,
    ) -> Result<(i64, i64), QueueError> {
        let now = now_millis();
        let script = sqlx::query(
            "BEGIN IMMEDIATE;
             INSERT INTO jobs (job, accepts_results, progressed_at, updated_at) VALUES ($1, 1, $2, $2);
             INSERT INTO tasks (job, file_key, file_id, file, state, due, owner, claim, touched, needs_drive)
             VALUES ($1, '', $3, $4, 1, $5, $6, 1, 1, 0) RETURNING id;
             COMMIT",
        )
        .bind(&job.0)
        .bind(now)
        .bind(batch::file_id(file))
        .bind(file.to_string())
        .bind(now.saturating_add(millis(LEASE)))
        .bind(&self.owner.name);
        let rows = self.database.run(script).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok((row.try_get("id")?, 1))
    }
}

fn going(task: &Task, due: Option<i64>) -> Going<'_> {
    Going {
        id: task.id,
        claim: task.claim,
        touched: task.progress.is_touched(),
        needs_drive: task.needs_drive(),
        is_ending: task.progress.ending.is_some(),
        due,
        progress: &task.progress,
    }
}
