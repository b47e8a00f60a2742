//! What is dropped after the end of a job: first the rows of its stored files, later the job.

use std::time::Duration;

use super::Sqlite;
use crate::{
    clock::now_ms,
    store::{Error, JobNo},
};

/// Rows that one transaction drops, at most: others wait for it.
const PORTION: i64 = 2000;

impl Sqlite {
    pub(crate) async fn tidy(&self) -> Result<(), Error> {
        loop {
            let untidy: Option<(i64, i64, i64)> = sqlx::query_as(
                "SELECT job_no, tidy_from, next_position FROM jobs INDEXED BY jobs_to_tidy
                 WHERE tidy_from IS NOT NULL ORDER BY job_no LIMIT 1",
            )
            .fetch_optional(&self.readers)
            .await?;
            let Some((job, from, end)) = untidy else { return Ok(()) };
            let to = from.saturating_add(PORTION);
            let mut writing = self.write().await?;
            sqlx::query(
                "DELETE FROM files WHERE job_no = ? AND position >= ? AND position < ? AND state = 2",
            )
            .bind(job)
            .bind(from)
            .bind(to)
            .execute(&mut *writing)
            .await?;
            sqlx::query("DELETE FROM folders WHERE job_no = ?").bind(job).execute(&mut *writing).await?;
            sqlx::query("UPDATE jobs SET tidy_from = ? WHERE job_no = ? AND tidy_from = ?")
                .bind((to < end).then_some(to))
                .bind(job)
                .bind(from)
                .execute(&mut *writing)
                .await?;
            writing.commit().await?;
        }
    }

    pub(crate) async fn expire(&self, ended_for: Duration) -> Result<u64, Error> {
        let ended_before = now_ms().saturating_sub(i64::try_from(ended_for.as_millis()).unwrap_or(i64::MAX));
        let mut expired = 0;
        loop {
            let old: Option<i64> = sqlx::query_scalar(
                "SELECT job_no FROM jobs INDEXED BY jobs_ended
                 WHERE ended_at IS NOT NULL AND ended_at <= ? AND open = 0 AND NOT EXISTS
                 (SELECT 1 FROM jobs AS retry WHERE retry.retry_of = jobs.id AND retry.ended_at IS NULL)
                 ORDER BY ended_at LIMIT 1",
            )
            .bind(ended_before)
            .fetch_optional(&self.readers)
            .await?;
            let Some(job) = old else { return Ok(expired) };
            expired += u64::from(self.drop_job(job).await?);
        }
    }

    pub(crate) async fn discard(&self, job: JobNo) -> Result<(), Error> {
        self.drop_job(job.0).await.map(drop)
    }

    /// Drops a job, its rows before it; false when another process was faster, or a retry.
    async fn drop_job(&self, job: i64) -> Result<bool, Error> {
        // from here on nobody finds it: a retry would get what is left of its files, and what a
        // process leaves that dies meanwhile expires first
        let hidden = sqlx::query(
            "UPDATE jobs SET id = 'dropped-' || job_no, open = 0, ended_at = 0 WHERE job_no = ? AND NOT EXISTS
             (SELECT 1 FROM jobs AS retry WHERE retry.retry_of = jobs.id AND retry.ended_at IS NULL)",
        )
        .bind(job)
        .execute(&self.writer)
        .await?;
        if hidden.rows_affected() == 0 {
            return Ok(false);
        }
        loop {
            let dropped = sqlx::query(
                "DELETE FROM files WHERE job_no = ?1 AND position IN
                 (SELECT position FROM files WHERE job_no = ?1 LIMIT ?2)",
            )
            .bind(job)
            .bind(PORTION)
            .execute(&self.writer)
            .await?;
            if dropped.rows_affected() == 0 {
                break;
            }
        }
        // takes its folders and its list of stored images along
        let dropped =
            sqlx::query("DELETE FROM jobs WHERE job_no = ?").bind(job).execute(&self.writer).await?;
        Ok(dropped.rows_affected() == 1)
    }
}
