//! The job store in Redis, shared by all replicas of the service on all machines.
//!
//! Every operation is one script, or one that reads and one that writes: what is read has a version, the rules decide
//! in Rust, and the writing script compares the version (and, where only the holder may, owner and claim) before it
//! applies everything. If somebody was faster, it is read and decided again. Costs go by the files that an operation
//! names. Redis Cluster is not supported.
//!
//! Keys, all of which begin with `image-import:import:`; `<n>` is the number of a job:
//!
//! | key | type | holds |
//! |---|---|---|
//! | `last` | text | the highest number of a job |
//! | `id:<id>` | text | the number of the job with this id |
//! | `list` | sorted set | all jobs |
//! | `open` | sorted set | jobs with something left to do, by the end of their lease (Redis' own clock) |
//! | `held:<owner>` | set | jobs that a process holds |
//! | `ended` | sorted set | jobs that may expire, by their end; not those that a retry still reads |
//! | `untidy` | set | jobs that have ended and still hold stored files |
//! | `<n>` | hash | the job: counters and state as JSON, `version`, where its listing is, `owner` and `claim` |
//! | `<n>:files` | hash | by Drive id: the position in the listing; `s`, `f…`, `c…` when stored, failed, cancelled |
//! | `<n>:records` | hash | by position: the file as listed, packed; gone once it is stored |
//! | `<n>:sent`, `<n>:again` | sorted sets | positions at the worker, by time; positions that were taken back |
//! | `<n>:failed`, `<n>:cancelled` | sorted sets | positions |
//! | `<n>:why`, `<n>:newest` | hash, list | reasons of failures; positions of the newest 200 |
//! | `<n>:imported` | list | the newest 1,000 stored images |
//! | `<n>:folders`, `<n>:to-list` | set, list | folders of a recursive job: all that were found; those still to list |
//! | `<n>:retries` | set | jobs that retry this one and still read it |
//!
//! A file is pending if it has a record, no outcome, and is either in `again` or at or after the `cursor` of its job:
//! files are sent in the order of their positions, so that no set of all pending files is needed.

mod dispatch;
mod expiry;
mod jobs;
mod leases;
mod listing;
mod plan;
mod record;
mod reports;
mod scripts;
#[cfg(test)]
mod test_access;
mod transact;
mod unstored;

use std::{collections::HashSet, sync::Arc};

use redis::FromRedisValue;
use service::redis::Script;
use tokio::sync::{Mutex, MutexGuard};

use super::{Error, JobNo};

/// Changes of one job take turns inside a process, so that they meet only those of other replicas.
const TURNS: usize = 256;

/// A job store in Redis. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Redis {
    server: service::redis::Redis,
    /// What the name of every key begins with.
    base: Arc<str>,
    turns: Arc<[Mutex<()>]>,
    /// Numbers of jobs that were said to be unreadable.
    unreadable: Arc<std::sync::Mutex<HashSet<String>>>,
}

impl Redis {
    /// The store in a Redis that may be down.
    pub(super) fn new(server: service::redis::Redis) -> Self {
        let base = server.key("import:").into();
        Self { server, base, turns: (0..TURNS).map(|_| Mutex::new(())).collect(), unreadable: Arc::default() }
    }

    /// Runs a script.
    async fn run<T: FromRedisValue>(&self, script: &Script, arguments: &[&str]) -> Result<T, Error> {
        let mut call = script.prepare_invoke();
        call.key(&*self.base);
        for argument in arguments {
            call.arg(argument);
        }
        Ok(self.server.run(&call).await?)
    }

    /// Waits for the turn of a change of this job.
    async fn turn(&self, job: JobNo) -> MutexGuard<'_, ()> {
        let number = usize::try_from(job.0).unwrap_or(0);
        self.turns[number % TURNS].lock().await
    }

    /// The number of the job with an id.
    async fn number(&self, id: &str) -> Result<Option<JobNo>, Error> {
        let key = format!("{}id:{id}", self.base);
        let number: Option<i64> = self.command(redis::cmd("GET").arg(key)).await?;
        Ok(number.map(JobNo))
    }

    async fn command<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Error> {
        Ok(self.server.ask(command).await?)
    }

    pub(super) async fn check_durable(&self) -> Result<(), String> {
        self.server.check().await
    }

    pub(crate) async fn check_writable(&self) -> Result<(), Error> {
        let key = format!("{}probe", self.base);
        self.command(redis::cmd("SET").arg(key).arg(1).arg("EX").arg(60)).await
    }
}

/// A length of time as scripts take it.
fn millis(time: std::time::Duration) -> String {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 2).to_string()
}
