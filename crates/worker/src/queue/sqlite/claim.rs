//! Taking and keeping leases.

use std::collections::{HashMap, HashSet};

use sqlx::{Row, Sqlite, Transaction};

use super::{QueueError, SqliteQueue, millis, now_millis, rows};
use crate::{
    queue::LEASE,
    task::{JobKey, JobState, Task},
};

/// Jobs with unfinished tasks, whose turn it is first. Walks from job to job over the index, however many tasks they have.
const JOBS_IN_TURN: &str = "
    WITH RECURSIVE open(job) AS (
        SELECT MIN(job) FROM tasks WHERE state < 2
        UNION ALL
        SELECT (SELECT MIN(job) FROM tasks WHERE state < 2 AND job > open.job) FROM open WHERE open.job IS NOT NULL)
    SELECT jobs.job, jobs.state AS job_state, jobs.failure FROM open JOIN jobs ON jobs.job = open.job ORDER BY turn";

/// Tasks of one job that may run now: ready, or with a lease that has ended. Not while the same file is in work, nor
/// while the same bytes are for the first time.
const READY: &str = "
    SELECT id, drive_id, sha256,
        EXISTS (SELECT 1 FROM tasks o WHERE o.sha256 = t.sha256 AND o.state >= 2 AND o.drive_id != t.drive_id) AS has_twin
    FROM tasks AS t
    WHERE job = ?1 AND state < 2 AND due <= ?2 AND (?3 OR needs_drive = 0)
        AND NOT EXISTS (SELECT 1 FROM tasks o
            WHERE o.drive_id = t.drive_id AND o.state = 1 AND o.due > ?2 AND o.id != t.id)
        AND (t.sha256 IS NULL
            OR EXISTS (SELECT 1 FROM tasks o WHERE o.sha256 = t.sha256 AND o.state >= 2)
            OR NOT EXISTS (SELECT 1 FROM tasks o
                WHERE o.sha256 = t.sha256 AND o.state = 1 AND o.due > ?2 AND o.id != t.id))
    ORDER BY due, id LIMIT ?4";

#[derive(Debug, Clone)]
struct Candidate {
    id: i64,
    drive_id: Option<String>,
    sha256: Option<String>,
    has_twin: bool,
}

impl SqliteQueue {
    pub(in crate::queue) async fn claim(
        &self,
        limit: usize,
        drive_is_open: bool,
    ) -> Result<Vec<Task>, QueueError> {
        let now = now_millis();
        let mut tx = self.begin().await?;
        let mut states = HashMap::new();
        let mut ready = Vec::new();
        for row in sqlx::query(JOBS_IN_TURN).fetch_all(&mut *tx).await? {
            let job = JobKey(row.try_get("job")?);
            let state = rows::state_of(&row)?;
            let may_run = drive_is_open || state != JobState::Open;
            let found = candidates(&mut tx, &job, now, may_run, limit).await?;
            if !found.is_empty() {
                ready.push(found);
                states.insert(job, state);
            }
        }
        let taken = in_turn(ready, limit);
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        let twins: HashSet<i64> = taken.iter().filter(|task| task.has_twin).map(|task| task.id).collect();
        let tasks = self.lease(&mut tx, &taken, now, |job, id| {
            (states.get(job).cloned().unwrap_or(JobState::Open), twins.contains(&id))
        });
        let tasks = tasks.await?;
        let served: HashSet<&JobKey> = tasks.iter().map(|task| &task.job).collect();
        for job in served {
            sqlx::query("UPDATE jobs SET turn = (SELECT MAX(turn) + 1 FROM jobs) WHERE job = ?")
                .bind(&job.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(tasks)
    }

    async fn lease(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        taken: &[Candidate],
        now: i64,
        about: impl Fn(&JobKey, i64) -> (JobState, bool),
    ) -> Result<Vec<Task>, QueueError> {
        let ids: Vec<i64> = taken.iter().map(|task| task.id).collect();
        let leased = sqlx::query(
            "UPDATE tasks SET touched = MAX(touched, state), state = 1, due = ?1, owner = ?2, claim = claim + 1
             WHERE id IN (SELECT value FROM json_each(?3)) RETURNING *",
        )
        .bind(now.saturating_add(millis(LEASE)))
        .bind(&self.owner.name)
        .bind(serde_json::to_string(&ids)?)
        .fetch_all(&mut **tx)
        .await?;
        let task = |row| {
            let (state, has_twin) = about(&JobKey(Row::try_get(row, "job")?), Row::try_get(row, "id")?);
            rows::task(row, state, has_twin)
        };
        leased.iter().map(task).collect()
    }

    pub(in crate::queue) async fn renew(
        &self,
        leases: &[(i64, i64)],
    ) -> Result<Vec<(i64, JobState)>, QueueError> {
        let held: HashMap<i64, i64> = leases.iter().copied().collect();
        let ids: Vec<i64> = held.keys().copied().collect();
        let mut tx = self.begin().await?;
        let renewed = sqlx::query(
            "UPDATE tasks SET due = ?1 WHERE state = 1 AND owner = ?2 AND id IN (SELECT value FROM json_each(?3))
             RETURNING id, job, claim",
        )
        .bind(now_millis().saturating_add(millis(LEASE)))
        .bind(&self.owner.name)
        .bind(serde_json::to_string(&ids)?)
        .fetch_all(&mut *tx)
        .await?;
        let mut states = HashMap::new();
        let mut still = Vec::new();
        for row in renewed {
            let (id, job) = (row.try_get("id")?, JobKey(row.try_get("job")?));
            if held.get(&id) != Some(&row.try_get("claim")?) {
                continue;
            }
            if !states.contains_key(&job) {
                states.insert(job.clone(), rows::job_state(&mut tx, &job).await?);
            }
            still.extend(states.get(&job).map(|state| (id, state.clone())));
        }
        tx.commit().await?;
        Ok(still)
    }

    pub(in crate::queue) async fn open_jobs(&self) -> Result<Vec<JobKey>, QueueError> {
        let rows = sqlx::query(JOBS_IN_TURN).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(JobKey(row.try_get("job")?))).collect()
    }
}

async fn candidates(
    tx: &mut Transaction<'static, Sqlite>,
    job: &JobKey,
    now: i64,
    may_use_drive: bool,
    limit: usize,
) -> Result<Vec<Candidate>, QueueError> {
    let rows = sqlx::query(READY)
        .bind(&job.0)
        .bind(now)
        .bind(may_use_drive)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut **tx)
        .await?;
    let candidate = |row: &sqlx::sqlite::SqliteRow| {
        Ok(Candidate {
            id: row.try_get("id")?,
            drive_id: row.try_get("drive_id")?,
            sha256: row.try_get("sha256")?,
            has_twin: row.try_get("has_twin")?,
        })
    };
    rows.iter().map(candidate).collect()
}

/// Up to `limit` tasks, one of each job in turn; no file twice, and no bytes twice unless they are stored already.
fn in_turn(jobs: Vec<Vec<Candidate>>, limit: usize) -> Vec<Candidate> {
    let mut jobs: Vec<_> = jobs.into_iter().map(Vec::into_iter).collect();
    let (mut files, mut bytes) = (HashSet::new(), HashSet::new());
    let mut taken = Vec::new();
    while taken.len() < limit && !jobs.is_empty() {
        jobs.retain_mut(|job| {
            if taken.len() >= limit {
                return true;
            }
            let next = job.find(|task| {
                let file_is_free = task.drive_id.as_ref().is_none_or(|id| !files.contains(id));
                let bytes_are_free =
                    task.has_twin || task.sha256.as_ref().is_none_or(|sum| !bytes.contains(sum));
                file_is_free && bytes_are_free
            });
            let Some(task) = next else { return false };
            files.extend(task.drive_id.clone());
            bytes.extend(task.sha256.clone());
            taken.push(task);
            true
        });
    }
    taken
}
