//! Files on their way to the worker.

use std::time::Duration;

use super::{Sqlite, progress, script::Script};
use crate::{
    clock::now_ms,
    job::Progress,
    store::{Batch, Error, Held, JobNo},
};

impl Sqlite {
    pub(crate) async fn next_batch(&self, job: JobNo, at_most: usize) -> Result<Option<Batch>, Error> {
        // one row, however many files there are
        let found: (Option<i64>, Option<i64>, Option<String>) = sqlx::query_as(
            "SELECT min(position), max(position), '[' || group_concat(record, ',' ORDER BY position) || ']'
             FROM (SELECT position, record FROM files INDEXED BY files_pending
                   WHERE job_no = ? AND state = 0 ORDER BY position LIMIT ?)",
        )
        .bind(job.0)
        .bind(i64::try_from(at_most).unwrap_or(i64::MAX))
        .fetch_one(&self.readers)
        .await?;
        let (Some(first), Some(last), Some(records)) = found else { return Ok(None) };
        Ok(Some(Batch { first, last, files: serde_json::from_str(&records)? }))
    }

    pub(crate) async fn mark_sent(&self, held: &Held, batch: &Batch, names_files: bool) -> Result<(), Error> {
        let mut writing = self.write().await?;
        // an outcome may have been faster than this: such a file is no longer pending
        let read: Option<(String, i64)> = sqlx::query_as(
            "SELECT progress, (SELECT count(*) FROM files WHERE files.job_no = jobs.job_no AND state = 0
                                                          AND position BETWEEN ? AND ?)
             FROM jobs WHERE job_no = ? AND lease_owner = ? AND claim = ?",
        )
        .bind(batch.first)
        .bind(batch.last)
        .bind(held.job.0)
        .bind(&held.lease.owner)
        .bind(held.claim)
        .fetch_optional(&mut *writing)
        .await?;
        let (before, sent) = read.ok_or(Error::LeaseLost)?;
        let before: Progress = serde_json::from_str(&before)?;
        let mut after = before.clone();
        after.sent(sent.unsigned_abs());
        let mut script = Script::default();
        let job = progress::write(&mut script, held.job, &before, &after)?;
        let (first, last) = (script.bind(batch.first)?, script.bind(batch.last)?);
        let (now, names_files) = (script.bind(now_ms())?, script.bind(names_files)?);
        script.add(format_args!(
            "UPDATE files SET state = 1, sent_at = {now}
             WHERE job_no = {job} AND position BETWEEN {first} AND {last} AND state = 0"
        ));
        script.add(format_args!(
            "UPDATE jobs SET names_files = {names_files} WHERE job_no = {job} AND names_files <> {names_files}"
        ));
        script.run(&mut writing).await?;
        writing.commit().await?;
        Ok(())
    }

    pub(crate) async fn take_back(
        &self,
        held: &Held,
        sent_for: Duration,
        forget_anonymous: bool,
    ) -> Result<u64, Error> {
        let sent_until_ms = now_ms().saturating_sub(i64::try_from(sent_for.as_millis()).unwrap_or(i64::MAX));
        let (job, mut writing) = (held.job, self.write().await?);
        let before = progress::read_held(&mut writing, held).await?;
        let taken = sqlx::query("UPDATE files INDEXED BY files_sent SET state = 0 WHERE job_no = ? AND state = 1 AND sent_at <= ?")
            .bind(job.0)
            .bind(sent_until_ms)
            .execute(&mut *writing)
            .await?
            .rows_affected();
        if taken > 0 {
            let mut after = before.clone();
            after.taken_back(taken);
            if forget_anonymous {
                after.forget_anonymous();
            }
            progress::save(&mut writing, job, &before, &after).await?;
            writing.commit().await?;
        }
        Ok(taken)
    }
}
