//! Reading jobs, and changing their counters and states.

use client::{drive::DriveRef, ids::DriveId, import::ImageFailure};
use serde_json::Value;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::Sqlite;
use crate::{
    clock::now_ms,
    job::Progress,
    store::{Error, Job, JobNo, MAX_FAILURES, Snapshot, failure_of, state_number},
};

impl Sqlite {
    pub(crate) async fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        let row =
            sqlx::query("SELECT * FROM jobs WHERE id = ?").bind(id).fetch_optional(&self.readers).await?;
        row.as_ref().map(job_of).transpose()
    }

    pub(crate) async fn job_by_number(&self, job: JobNo) -> Result<Option<Job>, Error> {
        let row = sqlx::query("SELECT * FROM jobs WHERE job_no = ?")
            .bind(job.0)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(job_of).transpose()
    }

    pub(crate) async fn snapshot(&self, id: &str, with_imported: bool) -> Result<Option<Snapshot>, Error> {
        // one transaction: counters and lists of the same moment
        let mut reading = self.readers.begin().await?;
        let row =
            sqlx::query("SELECT * FROM jobs WHERE id = ?").bind(id).fetch_optional(&mut *reading).await?;
        let Some(row) = row else { return Ok(None) };
        let job = job_of(&row)?;
        let imported = if with_imported { imported(&mut reading, job.number).await? } else { Vec::new() };
        let failures = failures(&mut reading, &job).await?;
        Ok(Some(Snapshot { job, imported, failures }))
    }

    pub(crate) async fn change(
        &self,
        job: JobNo,
        change: impl FnOnce(&mut Progress) + Send,
    ) -> Result<Option<Progress>, Error> {
        let mut writing = self.write().await?;
        let Some(before) = read(&mut writing, job).await? else { return Ok(None) };
        let mut progress = before.clone();
        change(&mut progress);
        if progress != before {
            save(&mut writing, job, &before, &progress).await?;
            writing.commit().await?;
        }
        Ok(Some(progress))
    }

    pub(crate) async fn name_folder(&self, job: JobNo, name: &str) -> Result<(), Error> {
        let query = sqlx::query("UPDATE jobs SET folder_name = ? WHERE job_no = ?");
        query.bind(name).bind(job.0).execute(&self.writer).await?;
        Ok(())
    }
}

/// Counters and state of a job.
pub(super) async fn read(on: &mut SqliteConnection, job: JobNo) -> Result<Option<Progress>, Error> {
    let text: Option<String> = sqlx::query_scalar("SELECT progress FROM jobs WHERE job_no = ?")
        .bind(job.0)
        .fetch_optional(on)
        .await?;
    Ok(text.as_deref().map(serde_json::from_str).transpose()?)
}

/// Writes counters and state. When the job has just ended, the files without an outcome end with it.
pub(super) async fn save(
    on: &mut SqliteConnection,
    job: JobNo,
    before: &Progress,
    progress: &Progress,
) -> Result<(), Error> {
    let now = now_ms();
    let ended_now = before.end.is_none() && progress.end.is_some();
    if ended_now {
        tracing::info!(job = job.0, end = ?progress.end, total = progress.total, "job ended");
        for unfinished in [
            "UPDATE files INDEXED BY files_pending SET state = ?, ended_at = ? WHERE job_no = ? AND state = 0",
            "UPDATE files INDEXED BY files_sent SET state = ?, ended_at = ? WHERE job_no = ? AND state = 1",
        ] {
            let query = sqlx::query(unfinished).bind(state_number(progress.rest_state()));
            query.bind(now).bind(job.0).execute(&mut *on).await?;
        }
    }
    sqlx::query("UPDATE jobs SET progress = ?, open = ?, ended_at = coalesce(ended_at, ?) WHERE job_no = ?")
        .bind(serde_json::to_string(progress)?)
        .bind(progress.is_open())
        .bind(ended_now.then_some(now))
        .bind(job.0)
        .execute(&mut *on)
        .await?;
    Ok(())
}

/// A row of `jobs`.
pub(super) fn job_of(row: &SqliteRow) -> Result<Job, Error> {
    let folder_id: String = row.try_get("folder_id")?;
    // only ids that were parsed are ever written
    let id = DriveId::parse(&folder_id).ok_or_else(|| sqlx::Error::Decode("not a Drive id".into()))?;
    Ok(Job {
        number: JobNo(row.try_get("job_no")?),
        id: row.try_get("id")?,
        folder: DriveRef { id, resource_key: row.try_get("resource_key")? },
        folder_name: row.try_get("folder_name")?,
        request_id: row.try_get("request_id")?,
        page_token: row.try_get("page_token")?,
        worker_names_files: row.try_get("names_files")?,
        progress: serde_json::from_str(row.try_get("progress")?)?,
    })
}

async fn imported(on: &mut SqliteConnection, job: JobNo) -> Result<Vec<Value>, Error> {
    let entries: Vec<String> =
        sqlx::query_scalar("SELECT entry FROM imported WHERE job_no = ? ORDER BY number")
            .bind(job.0)
            .fetch_all(on)
            .await?;
    entries.iter().map(|entry| Ok(serde_json::from_str(entry)?)).collect()
}

async fn failures(on: &mut SqliteConnection, job: &Job) -> Result<Vec<ImageFailure>, Error> {
    let rows: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT file_id, name, failure FROM files INDEXED BY files_failed WHERE job_no = ? AND state = 3
         ORDER BY ended_at DESC, position DESC LIMIT ?",
    )
    .bind(job.number.0)
    .bind(MAX_FAILURES)
    .fetch_all(on)
    .await?;
    let named = |(file_id, name, failure): (String, Option<String>, Option<String>)| {
        let own = failure.as_deref().map(serde_json::from_str).transpose()?;
        let failure = failure_of(own, &job.progress);
        Ok(ImageFailure { file_id, name: name.unwrap_or_default(), failure })
    };
    rows.into_iter().map(named).collect()
}
