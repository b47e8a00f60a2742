//! Who works on which job.

use super::Sqlite;
use crate::{
    clock::now_ms,
    store::{Error, Held, JobNo, Lease},
};

impl Lease {
    /// When a lease taken at `now_ms` ends.
    pub(super) fn until(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add(i64::try_from(self.length.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Sqlite {
    pub(crate) async fn claim(&self, lease: &Lease, at_most: u32) -> Result<Vec<Held>, Error> {
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
        let claimed: Vec<(i64, i64)> = sqlx::query_as(
            "UPDATE jobs SET lease_owner = ?, lease_until = ?, claim = claim + 1 WHERE job_no IN
             (SELECT job_no FROM jobs WHERE open = 1 AND lease_until <= ? ORDER BY lease_until, job_no LIMIT ?)
             RETURNING job_no, claim",
        )
        .bind(&lease.owner)
        .bind(lease.until(now))
        .bind(now)
        .bind(at_most)
        .fetch_all(&self.writer)
        .await?;
        let held = |(job, claim)| Held { job: JobNo(job), lease: lease.clone(), claim };
        Ok(claimed.into_iter().map(held).collect())
    }

    pub(crate) async fn renew(&self, held: &Held) -> Result<bool, Error> {
        let renewed =
            sqlx::query("UPDATE jobs SET lease_until = ? WHERE job_no = ? AND lease_owner = ? AND claim = ?")
                .bind(held.lease.until(now_ms()))
                .bind(held.job.0)
                .bind(&held.lease.owner)
                .bind(held.claim)
                .execute(&self.writer)
                .await?;
        Ok(renewed.rows_affected() == 1)
    }

    pub(crate) async fn release(&self, held: &Held) -> Result<(), Error> {
        sqlx::query(
            "UPDATE jobs SET lease_owner = NULL, lease_until = 0 WHERE job_no = ? AND lease_owner = ? AND claim = ?",
        )
        .bind(held.job.0)
        .bind(&held.lease.owner)
        .bind(held.claim)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn release_all(&self, owner: &str) -> Result<(), Error> {
        let query = sqlx::query("UPDATE jobs SET lease_owner = NULL, lease_until = 0 WHERE lease_owner = ?");
        query.bind(owner).execute(&self.writer).await?;
        Ok(())
    }
}
