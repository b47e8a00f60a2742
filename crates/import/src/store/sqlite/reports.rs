//! Outcomes: one call of the worker is one transaction, and costs by the files it names, not by those of the job.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::SqliteConnection;

use super::{
    Sqlite, progress,
    states::{state_number, state_of},
};
use crate::{
    clock::now_ms,
    file_state::FileState,
    job::{MAX_IMPORTED, Progress},
    outcomes::{FileChange, Report},
    store::{Error, JobNo},
};

impl Sqlite {
    pub(crate) async fn apply_report(&self, id: &str, report: &Report) -> Result<Option<JobNo>, Error> {
        let mut writing = self.write().await?;
        let job: Option<i64> = sqlx::query_scalar("SELECT job_no FROM jobs WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *writing)
            .await?;
        let Some(job) = job.map(JobNo) else { return Ok(None) };
        let Some(before) = progress::read(&mut writing, job).await? else { return Ok(None) };
        let states = states(&mut writing, job, &report.file_ids()).await?;
        let mut after = before.clone();
        let changes = report.clone().apply(&mut after, &states, now_ms());
        change_files(&mut writing, job, &changes.files).await?;
        add_imported(&mut writing, job, &after, changes.imported).await?;
        if after != before {
            progress::save(&mut writing, job, &before, &after).await?;
        }
        writing.commit().await?;
        Ok(Some(job))
    }

    pub(crate) async fn stored_since(
        &self,
        id: &str,
        after: u64,
        at_most: u32,
    ) -> Result<Vec<(u64, Value)>, Error> {
        // in the table the first entry has number 0
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT number, entry FROM imported WHERE job_no = (SELECT job_no FROM jobs WHERE id = ?) AND number >= ?
             ORDER BY number LIMIT ?",
        )
        .bind(id)
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(at_most)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|(number, entry)| Ok((number.unsigned_abs() + 1, serde_json::from_str(&entry)?)))
            .collect()
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
    // CROSS JOIN: one look-up per named file, never a walk over all files of the job
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT files.file_id, files.state FROM json_each(?) AS named
         CROSS JOIN files ON files.job_no = ? AND files.file_id = named.value",
    )
    .bind(serde_json::to_string(file_ids)?)
    .bind(job.0)
    .fetch_all(on)
    .await?;
    Ok(rows.into_iter().map(|(id, state)| (id, state_of(state))).collect())
}

async fn change_files(on: &mut SqliteConnection, job: JobNo, files: &[FileChange]) -> Result<(), Error> {
    let now = now_ms();
    for file in files {
        // the record of a stored image is not needed again
        sqlx::query(
            "UPDATE files SET state = ?1, failure = ?2, ended_at = ?3, record = iif(?1 = 2, NULL, record)
             WHERE job_no = ?4 AND file_id = ?5",
        )
        .bind(state_number(file.state))
        .bind(file.failure.as_ref().map(serde_json::to_string).transpose()?)
        .bind(now)
        .bind(job.0)
        .bind(&file.file_id)
        .execute(&mut *on)
        .await?;
    }
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
