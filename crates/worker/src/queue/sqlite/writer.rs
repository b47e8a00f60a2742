//! The one who writes what holders of leases want written, and that reports were taken: whatever waits goes into one
//! transaction, and each is answered for himself when that is done. What comes after a quiet moment is written at once;
//! where one thing follows the other, a few milliseconds' worth go together.

use std::{collections::HashMap, collections::HashSet, sync::Arc};

use client::import::FileResult;
use sqlx::{Row, sqlite::SqliteRow};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, Instant},
};

use super::{IN_HAND, QueueError, REMEMBERED, database::Database, millis, now_millis, rows};
use crate::{
    queue::ending::{Ending, Written},
    task::{JobKey, JobState},
};

/// Most that is written at once.
const GROUP: usize = 500;
/// From one transaction to the next: each costs about as much as what five tasks have to write.
const APART: Duration = Duration::from_millis(5);

/// What is to be written about a task.
#[derive(Debug)]
pub(super) struct Write {
    /// What kind of thing.
    pub(super) kind: Kind,
    /// Number of the task and of its lease.
    pub(super) lease: (i64, i64),
    /// As `write.sql` wants it.
    pub(super) json: String,
}

/// Lists of `write.sql`.
#[derive(Debug)]
pub(super) enum Kind {
    /// It goes on.
    Keep,
    /// It is given back.
    GiveBack,
    /// It has an outcome. Where this worker is to report it, that is here.
    End(JobKey, Option<Box<FileResult>>),
    /// It is over, and leaves nothing.
    Forget(JobKey),
    /// Reports were taken; these name no lease.
    Acknowledge,
}

type Answer = oneshot::Sender<Result<bool, QueueError>>;

/// Where to bring what is to be written. Clones are one.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    waiting: mpsc::UnboundedSender<(Write, Answer)>,
}

impl Writer {
    /// Writes until nobody is left who could want it.
    pub(super) fn start(database: Arc<Database>, owner: String, written: Arc<Written>) -> Self {
        let (waiting, come) = mpsc::unbounded_channel();
        tokio::spawn(Desk { database, owner, written }.serve(come));
        Self { waiting }
    }

    /// Comes back when it is written down; false when the lease was lost. Whoever does not wait for the answer has it
    /// written all the same.
    pub(super) async fn write(&self, write: Write) -> Result<bool, QueueError> {
        let (answer, answered) = oneshot::channel();
        let closed = || QueueError::from(sqlx::Error::PoolClosed);
        self.waiting.send((write, answer)).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

struct Desk {
    database: Arc<Database>,
    owner: String,
    written: Arc<Written>,
}

impl Desk {
    async fn serve(self, mut come: mpsc::UnboundedReceiver<(Write, Answer)>) {
        let mut group = Vec::new();
        let mut last: Option<Instant> = None;
        while come.recv_many(&mut group, GROUP).await > 0 {
            if let Some(next) = last.map(|last| last + APART).filter(|next| *next > Instant::now()) {
                tokio::time::sleep_until(next).await;
                while group.len() < GROUP
                    && let Ok(more) = come.try_recv()
                {
                    group.push(more);
                }
            }
            last = Some(Instant::now());
            match self.write(&mut group).await {
                Ok(held) => answer(group.drain(..), &held),
                Err(error) if is_by_content(&error) && group.len() > 1 => self.write_each(&mut group).await,
                Err(error) => refuse(group.drain(..), error),
            }
        }
    }

    /// What one of them wants cannot be written: the others must not suffer.
    async fn write_each(&self, group: &mut Vec<(Write, Answer)>) {
        for one in group.drain(..) {
            let mut alone = vec![one];
            match self.write(&mut alone).await {
                Ok(held) => answer(alone.into_iter(), &held),
                Err(error) => refuse(alone.into_iter(), error),
            }
        }
    }

    /// Those whose lease held.
    async fn write(&self, group: &mut [(Write, Answer)]) -> Result<HashSet<(i64, i64)>, QueueError> {
        let now = now_millis();
        let lists = Lists::of(group);
        let script = sqlx::query(include_str!("write.sql"))
            .bind(now)
            .bind(&self.owner)
            .bind(now.saturating_add(millis(IN_HAND)))
            .bind(now.saturating_add(millis(REMEMBERED)))
            .bind(lists.keep)
            .bind(lists.give_back)
            .bind(lists.end)
            .bind(lists.forget)
            .bind(lists.acknowledge)
            .bind(serde_json::to_string(&lists.ended_jobs)?)
            .bind(serde_json::to_string(&lists.over_jobs)?);
        let (mut held, mut jobs) = (HashSet::new(), HashMap::new());
        for row in self.database.run(script).await? {
            if row.len() == 2 {
                held.insert((row.try_get(0)?, row.try_get(1)?));
            } else {
                jobs.insert(JobKey(row.try_get("job")?), about_job(&row)?);
            }
        }
        self.hand_on(group, &held, &jobs);
        Ok(held)
    }

    /// Outcomes that this worker reports go to its reporter without being read again.
    fn hand_on(
        &self,
        group: &mut [(Write, Answer)],
        held: &HashSet<(i64, i64)>,
        jobs: &HashMap<JobKey, (JobState, bool)>,
    ) {
        let ending = |(write, _): &mut (Write, Answer)| {
            let Kind::End(job, result) = &mut write.kind else { return None };
            let result = *result.take().filter(|_| held.contains(&write.lease))?;
            let (job_state, accepts_results) = jobs.get(job).cloned().unwrap_or((JobState::Open, false));
            Some(Ending { id: write.lease.0, job: job.clone(), result, job_state, accepts_results })
        };
        self.written.add(group.iter_mut().filter_map(ending));
    }
}

/// One JSON array for each kind, and the jobs that are named.
#[derive(Default)]
struct Lists<'a> {
    keep: String,
    give_back: String,
    end: String,
    forget: String,
    acknowledge: String,
    ended_jobs: HashSet<&'a str>,
    over_jobs: HashSet<&'a str>,
}

impl<'a> Lists<'a> {
    fn of(group: &'a [(Write, Answer)]) -> Self {
        let mut lists = Self::default();
        for (Write { kind, json, .. }, _) in group {
            let list = match kind {
                Kind::Keep => &mut lists.keep,
                Kind::GiveBack => &mut lists.give_back,
                Kind::End(job, _) => {
                    lists.ended_jobs.insert(&job.0);
                    &mut lists.end
                }
                Kind::Forget(job) => {
                    lists.over_jobs.insert(&job.0);
                    &mut lists.forget
                }
                Kind::Acknowledge => &mut lists.acknowledge,
            };
            list.push(if list.is_empty() { '[' } else { ',' });
            list.push_str(json);
        }
        let Self { keep, give_back, end, forget, acknowledge, .. } = &mut lists;
        for list in [keep, give_back, end, forget, acknowledge] {
            list.push_str(if list.is_empty() { "[]" } else { "]" });
        }
        lists
    }
}

fn about_job(row: &SqliteRow) -> Result<(JobState, bool), QueueError> {
    Ok((rows::state_of(row)?, row.try_get("accepts_results")?))
}

fn answer(group: impl Iterator<Item = (Write, Answer)>, held: &HashSet<(i64, i64)>) {
    for (write, answer) in group {
        let is_done = matches!(write.kind, Kind::Acknowledge) || held.contains(&write.lease);
        let _ = answer.send(Ok(is_done));
    }
}

fn refuse(group: impl Iterator<Item = (Write, Answer)>, error: QueueError) {
    let error = Arc::new(error);
    for (_, answer) in group {
        let _ = answer.send(Err(QueueError::OfAGroup(error.clone())));
    }
}

/// True when the same will fail again, and other things need not: a general error, too long, a constraint, a wrong type.
fn is_by_content(error: &QueueError) -> bool {
    let QueueError::Database(sqlx::Error::Database(error)) = error else { return false };
    let primary = error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
    matches!(primary, Some(1 | 18 | 19 | 20))
}

#[cfg(test)]
mod tests;
