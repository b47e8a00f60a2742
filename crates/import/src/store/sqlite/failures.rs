//! Files of a job that are not stored: for the status, for the list of failures, for a retry.

use client::{drive::File, import::ImageFailure};
use sqlx::SqliteConnection;

use super::{Sqlite, progress};
use crate::{
    job::Progress,
    store::{Error, Failures, FailuresFrom, Job, MAX_FAILURES, failure_of},
};

/// Id, name and failure of a file.
type Row = (String, Option<String>, Option<String>);

impl Sqlite {
    pub(crate) async fn failures(
        &self,
        id: &str,
        from: FailuresFrom,
        at_most: u32,
    ) -> Result<Option<Failures>, Error> {
        let mut reading = self.readers.begin().await?;
        let Some(job) = progress::find(&mut reading, id).await? else { return Ok(None) };
        let total: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM files INDEXED BY files_failures WHERE job_no = ? AND state = 3",
        )
        .bind(job.number.0)
        .fetch_one(&mut *reading)
        .await?;
        let (after, offset) = match from {
            FailuresFrom::After(position) => (position, 0),
            FailuresFrom::Offset(offset) => (-1, i64::try_from(offset).unwrap_or(i64::MAX)),
        };
        let rows: Vec<(i64, String, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT position, file_id, coalesce(name, record ->> 'name'), failure FROM files INDEXED BY files_failures
             WHERE job_no = ? AND state = 3 AND position > ? ORDER BY position LIMIT ? OFFSET ?",
        )
        .bind(job.number.0)
        .bind(after)
        .bind(at_most)
        .bind(offset)
        .fetch_all(&mut *reading)
        .await?;
        let page = rows
            .into_iter()
            .map(|(position, id, name, failure)| Ok((position, named((id, name, failure), &job.progress)?)));
        Ok(Some(Failures { total: total.unsigned_abs(), page: page.collect::<Result<_, Error>>()? }))
    }

    pub(crate) async fn retryable(
        &self,
        id: &str,
        after: i64,
        at_most: u32,
    ) -> Result<Vec<(i64, File)>, Error> {
        // each half is read in the order of its index, and no further than needed
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "WITH job AS (SELECT job_no FROM jobs WHERE id = ?1)
             SELECT position, record FROM files INDEXED BY files_failures
             WHERE job_no = (SELECT job_no FROM job) AND state = 3 AND position > ?2 AND record IS NOT NULL
             UNION ALL
             SELECT position, record FROM files INDEXED BY files_cancelled
             WHERE job_no = (SELECT job_no FROM job) AND state = 4 AND position > ?2 AND record IS NOT NULL
             ORDER BY position LIMIT ?3",
        )
        .bind(id)
        .bind(after)
        .bind(at_most)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(|(position, record)| Ok((position, serde_json::from_str(&record)?))).collect()
    }
}

/// The newest failures of a job.
pub(super) async fn newest(on: &mut SqliteConnection, job: &Job) -> Result<Vec<ImageFailure>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT file_id, coalesce(name, record ->> 'name'), failure FROM files INDEXED BY files_failed WHERE job_no = ? AND state = 3
         ORDER BY ended_at DESC, position DESC LIMIT ?",
    )
    .bind(job.number.0)
    .bind(MAX_FAILURES)
    .fetch_all(on)
    .await?;
    rows.into_iter().map(|row| named(row, &job.progress)).collect()
}

fn named((file_id, name, failure): Row, progress: &Progress) -> Result<ImageFailure, Error> {
    let own = failure.as_deref().map(serde_json::from_str).transpose()?;
    let failure = failure_of(own, progress);
    Ok(ImageFailure { file_id, name: name.unwrap_or_default(), failure })
}
