//! What is dropped after the end of a job: first its stored files, later the job.

use std::time::Duration;

use super::{Redis, millis, plan::letter, scripts};
use crate::{
    job::Progress,
    store::{Error, JobNo},
};

/// Files that one script looks at.
const PORTION: u32 = 500;
/// Portions right at the end of a job: enough for a small one.
const PORTIONS_AT_ONCE: u32 = 8;
/// Jobs that one script drops.
const EXPIRED_AT_A_TIME: u32 = 16;

impl Redis {
    /// Starts to tidy a job that has just ended; what is left is done beside.
    pub(super) async fn tidy_soon(&self, job: JobNo) {
        for _ in 0..PORTIONS_AT_ONCE {
            if !matches!(self.tidy_portion(job).await, Ok(true)) {
                return;
            }
        }
    }

    pub(super) async fn tidy_job(&self, job: JobNo) -> Result<(), Error> {
        while self.tidy_portion(job).await? {}
        Ok(())
    }

    /// True while there is more to do.
    async fn tidy_portion(&self, job: JobNo) -> Result<bool, Error> {
        let key = format!("{}{}", self.base, job.0);
        let progress: Option<String> = self.command(redis::cmd("HGET").arg(key).arg("progress")).await?;
        let progress: Option<Progress> = progress.as_deref().map(serde_json::from_str).transpose()?;
        let rest = letter(progress.unwrap_or_default().rest_state()).to_string();
        let more: i64 = self.run(&scripts::TIDY, &[&job.0.to_string(), &rest, &PORTION.to_string()]).await?;
        Ok(more == 1)
    }

    pub(crate) async fn tidy(&self) -> Result<(), Error> {
        let key = format!("{}untidy", self.base);
        loop {
            let job: Option<String> = self.command(redis::cmd("SRANDMEMBER").arg(&key)).await?;
            let Some(job) = job else { return Ok(()) };
            let is_tidy = match job.parse() {
                Ok(number) => match self.tidy_job(JobNo(number)).await {
                    Err(error) if is_unreadable(&error) => false,
                    tidied => {
                        tidied?;
                        true
                    }
                },
                Err(_) => false,
            };
            if !is_tidy {
                tracing::warn!(job, "what Redis holds of this job cannot be read: it is not tidied");
                let _: i64 = self.command(redis::cmd("SREM").arg(&key).arg(&job)).await?;
            }
        }
    }

    pub(crate) async fn discard(&self, job: JobNo) -> Result<(), Error> {
        self.run(&scripts::DISCARD, &[&job.0.to_string()]).await
    }

    pub(crate) async fn expire(&self, ended_for: Duration) -> Result<u64, Error> {
        let mut expired = 0;
        loop {
            let arguments = [millis(ended_for), EXPIRED_AT_A_TIME.to_string()];
            let gone: u64 = self.run(&scripts::EXPIRE, &arguments.each_ref().map(String::as_str)).await?;
            expired += gone;
            if gone == 0 {
                return Ok(expired);
            }
        }
    }
}

/// Whether it will be the same another time, because of what is stored.
fn is_unreadable(error: &Error) -> bool {
    match error {
        Error::Content(_) => true,
        Error::Redis(service::redis::Error::Call(error)) => error.code() == Some("WRONGTYPE"),
        _ => false,
    }
}
