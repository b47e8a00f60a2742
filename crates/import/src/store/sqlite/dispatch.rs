//! Files on their way to the worker.

use std::time::Duration;

use super::{Sqlite, progress};
use crate::{
    clock::now_ms,
    store::{Batch, Error, Held, JobNo},
};

impl Sqlite {
    pub(crate) async fn next_batch(&self, job: JobNo, at_most: usize) -> Result<Option<Batch>, Error> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT position, record FROM files INDEXED BY files_pending
             WHERE job_no = ? AND state = 0 ORDER BY position LIMIT ?",
        )
        .bind(job.0)
        .bind(i64::try_from(at_most).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
        let (first, last) = (first.0, last.0);
        let files = rows.iter().map(|(_, record)| serde_json::from_str(record)).collect::<Result<_, _>>()?;
        Ok(Some(Batch { first, last, files }))
    }

    pub(crate) async fn mark_sent(&self, held: &Held, batch: &Batch, names_files: bool) -> Result<(), Error> {
        let (job, mut writing) = (held.job, self.write().await?);
        let before = progress::read_held(&mut writing, held).await?;
        // an outcome may have been faster than this: such a file is no longer pending
        let sent = sqlx::query(
            "UPDATE files SET state = 1, sent_at = ? WHERE job_no = ? AND position BETWEEN ? AND ? AND state = 0",
        )
        .bind(now_ms())
        .bind(job.0)
        .bind(batch.first)
        .bind(batch.last)
        .execute(&mut *writing)
        .await?;
        let mut after = before.clone();
        after.sent(sent.rows_affected());
        progress::save(&mut writing, job, &before, &after).await?;
        sqlx::query("UPDATE jobs SET names_files = ? WHERE job_no = ? AND names_files <> ?")
            .bind(names_files)
            .bind(job.0)
            .bind(names_files)
            .execute(&mut *writing)
            .await?;
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
