//! Who works on which job.

use super::Sqlite;
use crate::{
    clock::now_ms,
    store::{Error, JobNo, Lease},
};

impl Lease {
    /// When a lease taken at `now_ms` ends.
    pub(super) fn until(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add(i64::try_from(self.length.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Sqlite {
    pub(crate) async fn claim(&self, lease: &Lease, at_most: u32) -> Result<Vec<JobNo>, Error> {
        let now = now_ms();
        // most of the time there is nothing: find that out without the write lock
        let free: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM jobs WHERE open = 1 AND lease_until <= ?)")
                .bind(now)
                .fetch_one(&self.readers)
                .await?;
        if !free {
            return Ok(Vec::new());
        }
        let claimed: Vec<i64> = sqlx::query_scalar(
            "UPDATE jobs SET lease_owner = ?, lease_until = ? WHERE job_no IN
             (SELECT job_no FROM jobs WHERE open = 1 AND lease_until <= ? ORDER BY job_no LIMIT ?) RETURNING job_no",
        )
        .bind(&lease.owner)
        .bind(lease.until(now))
        .bind(now)
        .bind(at_most)
        .fetch_all(&self.writer)
        .await?;
        Ok(claimed.into_iter().map(JobNo).collect())
    }

    pub(crate) async fn renew(&self, job: JobNo, lease: &Lease) -> Result<bool, Error> {
        let renewed = sqlx::query("UPDATE jobs SET lease_until = ? WHERE job_no = ? AND lease_owner = ?")
            .bind(lease.until(now_ms()))
            .bind(job.0)
            .bind(&lease.owner)
            .execute(&self.writer)
            .await?;
        Ok(renewed.rows_affected() == 1)
    }

    pub(crate) async fn release(&self, job: JobNo, lease: &Lease) -> Result<(), Error> {
        let query = sqlx::query(
            "UPDATE jobs SET lease_owner = NULL, lease_until = 0 WHERE job_no = ? AND lease_owner = ?",
        );
        query.bind(job.0).bind(&lease.owner).execute(&self.writer).await?;
        Ok(())
    }

    pub(crate) async fn release_all(&self, owner: &str) -> Result<(), Error> {
        let query = sqlx::query("UPDATE jobs SET lease_owner = NULL, lease_until = 0 WHERE lease_owner = ?");
        query.bind(owner).execute(&self.writer).await?;
        Ok(())
    }
}
