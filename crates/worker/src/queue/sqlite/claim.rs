//! Taking and keeping leases.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use sqlx::Row;

use super::{QueueError, SqliteQueue, millis, now_millis, rows};
use crate::{
    queue::LEASE,
    task::{JobKey, JobState, Task},
};

/// Jobs with unfinished tasks.
const OPEN_JOBS: &str = "
    WITH RECURSIVE open (job) AS (
        SELECT MIN(job) FROM tasks WHERE state < 2
        UNION ALL
        SELECT (SELECT MIN(job) FROM tasks WHERE state < 2 AND job > open.job) FROM open WHERE open.job IS NOT NULL)
    SELECT job FROM open WHERE job IS NOT NULL";

/// In `RETURNING` an index is used only for an expression, not for the column itself.
const RENEW: &str = "
    UPDATE tasks SET due = $1 WHERE state = 1 AND owner = $2 AND id IN (SELECT value FROM json_each($3))
    RETURNING id, claim,
        COALESCE((SELECT state FROM jobs WHERE jobs.job = +tasks.job), 'open') AS job_state,
        (SELECT failure FROM jobs WHERE jobs.job = +tasks.job) AS failure";

/// A task that may run now: `id, drive_id, sha256, has_twin`.
#[derive(Debug, Clone, Deserialize)]
struct Candidate(i64, Option<String>, Option<String>, u8);

impl Candidate {
    fn has_twin(&self) -> bool {
        self.3 != 0
    }
}

impl SqliteQueue {
    pub(in crate::queue) async fn claim(
        &self,
        limit: usize,
        drive_is_open: bool,
    ) -> Result<Vec<Task>, QueueError> {
        let now = now_millis();
        let mut session = self.database.begin().await?;
        let find = sqlx::query(include_str!("ready.sql"))
            .bind(now)
            .bind(drive_is_open)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut states = HashMap::new();
        let mut ready = Vec::new();
        for row in session.run(find).await? {
            states.insert(JobKey(row.try_get("job")?), rows::state_of(&row)?);
            ready.push(serde_json::from_str(row.try_get("ready")?)?);
        }
        let taken = in_turn(ready, limit);
        if taken.is_empty() {
            session.run(sqlx::query("ROLLBACK")).await?;
            session.end();
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = taken.iter().map(|task| task.0).collect();
        let lease = sqlx::query(include_str!("lease.sql"))
            .bind(now.saturating_add(millis(LEASE)))
            .bind(&self.owner.name)
            .bind(serde_json::to_string(&ids)?);
        let leased = session.run(lease).await?;
        session.end();
        let twins: HashSet<i64> = taken.iter().filter(|task| task.has_twin()).map(|task| task.0).collect();
        let task = |row| {
            let state = states.get(&JobKey(Row::try_get(row, "job")?)).cloned().unwrap_or(JobState::Open);
            rows::task(row, state, twins.contains(&Row::try_get(row, "id")?))
        };
        leased.iter().map(task).collect()
    }

    pub(in crate::queue) async fn renew(
        &self,
        leases: &[(i64, i64)],
    ) -> Result<Vec<(i64, JobState)>, QueueError> {
        let held: HashMap<i64, i64> = leases.iter().copied().collect();
        let ids: Vec<i64> = held.keys().copied().collect();
        let renew = sqlx::query(RENEW)
            .bind(now_millis().saturating_add(millis(LEASE)))
            .bind(&self.owner.name)
            .bind(serde_json::to_string(&ids)?);
        let mut still = Vec::new();
        for row in self.database.run(renew).await? {
            let id = row.try_get("id")?;
            if held.get(&id) == Some(&row.try_get("claim")?) {
                still.push((id, rows::state_of(&row)?));
            }
        }
        Ok(still)
    }

    pub(in crate::queue) async fn open_jobs(&self) -> Result<Vec<JobKey>, QueueError> {
        let rows = self.database.run(sqlx::query(OPEN_JOBS)).await?;
        rows.iter().map(|row| Ok(JobKey(row.try_get("job")?))).collect()
    }
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
                let Candidate(_, drive_id, sha256, _) = task;
                let file_is_free = drive_id.as_ref().is_none_or(|id| !files.contains(id));
                let bytes_are_free =
                    task.has_twin() || sha256.as_ref().is_none_or(|sum| !bytes.contains(sum));
                file_is_free && bytes_are_free
            });
            let Some(task) = next else { return false };
            files.extend(task.1.clone());
            bytes.extend(task.2.clone());
            taken.push(task);
            true
        });
    }
    taken
}
