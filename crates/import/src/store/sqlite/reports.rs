//! Outcomes: one call of the worker is one transaction of a fixed number of statements, however many files it names.

use std::collections::HashMap;

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::{Sqlite, progress};
use crate::{
    job::{FileState, MAX_IMPORTED, Progress, now_ms},
    outcomes::{FileChange, Report},
    store::{Error, JobNo, state_number, state_of},
};

impl Sqlite {
    pub(crate) async fn apply_report(&self, id: &str, report: Report) -> Result<Option<JobNo>, Error> {
        let mut writing = self.write().await?;
        let job: Option<i64> = sqlx::query_scalar("SELECT job_no FROM jobs WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *writing)
            .await?;
        let Some(job) = job.map(JobNo) else { return Ok(None) };
        let Some(before) = progress::read(&mut writing, job).await? else { return Ok(None) };
        let states = states(&mut writing, job, &report.file_ids()).await?;
        let mut after = before.clone();
        let changes = report.apply(&mut after, &states, now_ms());
        change_files(&mut writing, job, &changes.files).await?;
        add_imported(&mut writing, job, &after, changes.imported).await?;
        if after != before {
            progress::save(&mut writing, job, &before, &after).await?;
        }
        writing.commit().await?;
        Ok(Some(job))
    }
}

async fn states(
    on: &mut SqliteConnection,
    job: JobNo,
    file_ids: &[&str],
) -> Result<HashMap<String, FileState>, Error> {
    if file_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT file_id, state FROM files WHERE job_no = ? AND file_id IN (SELECT value FROM json_each(?))",
    )
    .bind(job.0)
    .bind(serde_json::to_string(file_ids)?)
    .fetch_all(on)
    .await?;
    Ok(rows.into_iter().map(|(id, state)| (id, state_of(state))).collect())
}

async fn change_files(on: &mut SqliteConnection, job: JobNo, files: &[FileChange]) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    let change = |file: &FileChange| -> Result<Value, serde_json::Error> {
        let failure = file.failure.as_ref().map(serde_json::to_string).transpose()?;
        Ok(json!({"id": file.file_id, "state": state_number(file.state), "failure": failure}))
    };
    let changes: Vec<_> = files.iter().map(change).collect::<Result<_, _>>()?;
    // the record of a stored image is not needed again
    sqlx::query(
        "UPDATE files SET state = new.value ->> 'state', failure = new.value ->> 'failure', ended_at = ?1,
                record = iif(new.value ->> 'state' = 2, NULL, record)
         FROM json_each(?2) AS new WHERE files.job_no = ?3 AND files.file_id = new.value ->> 'id'",
    )
    .bind(now_ms())
    .bind(serde_json::to_string(&changes)?)
    .bind(job.0)
    .execute(on)
    .await?;
    Ok(())
}

/// Adds entries to the list of stored images and drops those that are too old to be shown.
async fn add_imported(
    on: &mut SqliteConnection,
    job: JobNo,
    after: &Progress,
    entries: Vec<Value>,
) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let kept = entries.len().min(usize::try_from(MAX_IMPORTED).unwrap_or(usize::MAX));
    let texts: Vec<String> = entries[entries.len() - kept..].iter().map(Value::to_string).collect();
    let count = i64::try_from(after.imported).unwrap_or(i64::MAX);
    sqlx::query("INSERT INTO imported (job_no, number, entry) SELECT ?1, ?2 + key, value FROM json_each(?3)")
        .bind(job.0)
        .bind(count - i64::try_from(kept).unwrap_or(0))
        .bind(serde_json::to_string(&texts)?)
        .execute(&mut *on)
        .await?;
    sqlx::query("DELETE FROM imported WHERE job_no = ? AND number < ?")
        .bind(job.0)
        .bind(count - i64::try_from(MAX_IMPORTED).unwrap_or(0))
        .execute(on)
        .await?;
    Ok(())
}
