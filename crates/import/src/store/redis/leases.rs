//! Who works on which job.

use super::{Redis, millis, scripts};
use crate::store::{Error, Held, JobNo, Lease};

impl Redis {
    pub(crate) async fn claim(&self, lease: &Lease, at_most: u32) -> Result<Vec<Held>, Error> {
        let arguments = [lease.owner.as_str(), &millis(lease.length), &at_most.to_string()];
        let taken: Vec<(i64, i64)> = self.run(&scripts::CLAIM, &arguments).await?;
        let held = |(job, claim)| Held { job: JobNo(job), lease: lease.clone(), claim };
        Ok(taken.into_iter().map(held).collect())
    }

    pub(crate) async fn renew(&self, held: &Held) -> Result<bool, Error> {
        let Held { job, lease, claim } = held;
        let arguments = [job.0.to_string(), lease.owner.clone(), claim.to_string(), millis(lease.length)];
        let renewed: i64 = self.run(&scripts::RENEW, &arguments.each_ref().map(String::as_str)).await?;
        Ok(renewed == 1)
    }

    pub(crate) async fn release(&self, held: &Held) -> Result<(), Error> {
        let arguments = [held.job.0.to_string(), held.lease.owner.clone(), held.claim.to_string()];
        self.run(&scripts::RELEASE, &arguments.each_ref().map(String::as_str)).await
    }

    pub(crate) async fn release_all(&self, owner: &str) -> Result<(), Error> {
        self.run(&scripts::RELEASE_ALL, &[owner]).await
    }
}
