//! The queue in Redis, shared by the workers of all machines.
//!
//! Every operation is one Lua script: it happens whole or not at all, checks that the asking worker still holds the lease,
//! and costs by the tasks it names, not by those that are there. Time is that of Redis. All keys begin with
//! `image-import:worker:`, left out here:
//!
//! | key | type | holds |
//! |---|---|---|
//! | `tasks:<lane>:<job>` | stream | tasks that are ready or in hand, with the consumer group `workers`, one consumer a worker. An entry leaves by XACK and XDEL alone; a stream without entries goes |
//! | `turns:<lane>` | sorted set | jobs with something in that lane; the one with the smallest number is served next, and gets the largest |
//! | `task:<id>` | hash | one task: job, record, progress, state (ready, leased, delayed, waiting, ended), holder and number of the lease, outcome |
//! | `files:<job>` | hash | file → task, until its outcome was reported |
//! | `done:<job>` | hash | file → outcome without the image, for batches that are sent again; for an hour after the job's last report, when import has long counted all of them |
//! | `job:<job>` | hash | state, why it failed, what its sender understands, unfinished tasks; for a week after its last report |
//! | `open` | set | jobs with unfinished tasks |
//! | `delayed` | sorted set | tasks that wait for another try, by the time it is due |
//! | `leases` | sorted set | tasks in hand, by the end of the lease |
//! | `reports` | sorted set | tasks with an outcome that import has not taken, by the time of the next try |
//! | `hands:<worker>` | set | what a worker has in hand: leases, and reports it is making |
//! | `in-work` | hash | file, and bytes by SHA-256 → the task that works on them |
//! | `waiting:<thing>` | sorted set | tasks that wait for such a file, or such bytes, to be free |
//! | `unreadable:<id>` | any | what stood where a task should, and was not written by this system; for a week |
//! | `freed` | sorted set | such things that nobody works on and somebody still waits for, by when to look at them again |
//! | `bytes:<hour>` | hash | bytes by SHA-256 → Drive id under which they have been through; for one to two hours |
//! | `clock` | hash | when a worker was last there, and by how much the clock of Redis was set back |
//! | `turn`, `last-task` | number | counters |
//!
//! A task is in one stream, or delayed, or waiting. There are two lanes: `drive` for what must be downloaded, `free` for
//! what needs no Drive any more, so that while Drive is closed nobody looks at thousands of tasks in vain. A claim reads
//! one entry of the next job's stream; if its file or its bytes are in work elsewhere it puts the task aside under their
//! name, where it is found when they are free. An ended lease makes its task ready again, with a note that an object
//! may exist.

mod rows;
mod scripts;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use client::import::{FileResult, Outcome};
use serde_json::Value;
use service::redis::{Redis, Script};
use tokio::sync::OnceCell;

use super::{
    Ending, LEASE, NewTasks, QueueError, Report, batch, ending::Written, figures::Figures, millis,
    owner::Owner,
};
use crate::task::{JobKey, JobState, Task};

/// How long a report may take before it is made again: longer than its call, and short, because Redis may have handed
/// reports out in an answer that was lost. Made twice it counts once.
const IN_HAND: Duration = Duration::from_secs(15);
/// Most outcomes that are taken at once, over all jobs.
const MOST_REPORTS: usize = 500;

/// Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct RedisQueue {
    redis: Redis,
    prefix: Arc<str>,
    owner: Arc<Owner>,
    /// What this worker had in hand when it was killed was made ready.
    taken_back: Arc<OnceCell<()>>,
    /// What this worker is to report next.
    written: Arc<Written>,
    /// The last call failed.
    is_away: Arc<AtomicBool>,
}

impl RedisQueue {
    /// Asks Redis nothing yet: it may be down.
    pub(super) fn open(redis: Redis, directory: &Path) -> Self {
        let owner = Owner::take_worldwide(directory).unwrap_or_else(|error| {
            tracing::warn!(%error, "DATA_DIR cannot be written: after a restart, tasks in hand wait 30 seconds");
            Owner::passing()
        });
        let prefix = redis.key("worker:").into();
        Self {
            redis,
            prefix,
            owner: Arc::new(owner),
            taken_back: Arc::default(),
            written: Arc::default(),
            is_away: Arc::default(),
        }
    }

    async fn run<T: redis::FromRedisValue>(&self, script: &Script, args: &[&str]) -> Result<T, QueueError> {
        let mut call = script.prepare_invoke();
        call.arg(&*self.prefix).arg(&self.owner.name).arg(args);
        let answer = self.redis.run(&call).await;
        let was_away = self.is_away.swap(answer.is_err(), Ordering::Relaxed);
        match &answer {
            Err(error) if !was_away => {
                tracing::warn!(error = %service::error::chain(error), "Redis does not answer; tasks wait for it");
            }
            Ok(_) if was_away => tracing::info!("Redis answers again"),
            _ => {}
        }
        Ok(answer?)
    }

    /// Sets tasks aside that cannot be read; `aside` are those that a script has found and set aside.
    async fn set_aside(&self, unreadable: Vec<Vec<u8>>, aside: Vec<Vec<u8>>) {
        let all: Vec<_> =
            unreadable.iter().chain(&aside).map(|id| String::from_utf8_lossy(id).into_owned()).collect();
        if all.is_empty() {
            return;
        }
        tracing::warn!(
            tasks = ?all,
            "what Redis holds of these tasks cannot be read: it is kept for a week under `unreadable:<task>`, and \
             their images run again when import sends them again"
        );
        let unreadable: Vec<_> = all.iter().take(unreadable.len()).map(String::as_str).collect();
        if !unreadable.is_empty()
            && let Err(error) = self.run::<i64>(&scripts::SET_ASIDE, &unreadable).await
        {
            // they come again when their lease ends
            error.log("tasks that cannot be read cannot be set aside");
        }
    }

    async fn take_back(&self) -> Result<(), QueueError> {
        self.taken_back.get_or_try_init(|| self.run(&scripts::TAKE_BACK, &[])).await?;
        Ok(())
    }

    pub(super) async fn enqueue(&self, batch: &NewTasks) -> Result<(), QueueError> {
        let tasks = batch::tasks_of(batch);
        let accepts = if batch.accepts_results { "1" } else { "0" };
        let files: Vec<String> = tasks.iter().map(|task| task.file.to_string()).collect();
        let mut args = vec![batch.job.0.as_str(), accepts, batch.request_id.as_deref().unwrap_or_default()];
        for (task, file) in tasks.iter().zip(&files) {
            let drive_id = task.drive_id.as_deref().unwrap_or_default();
            let sha256 = task.sha256.as_deref().unwrap_or_default();
            args.extend([&task.key, &task.file_id, drive_id, sha256, file]);
        }
        self.run(&scripts::ENQUEUE, &args).await
    }

    pub(super) async fn claim(&self, limit: usize, drive_is_open: bool) -> Result<Vec<Task>, QueueError> {
        self.take_back().await?;
        let (limit, lease) = (limit.to_string(), millis(LEASE).to_string());
        let drive = if drive_is_open { "1" } else { "0" };
        let (claimed, aside): rows::Found = self.run(&scripts::CLAIM, &[&limit, drive, &lease]).await?;
        let (tasks, unreadable) = rows::readable(&claimed, rows::task);
        self.set_aside(unreadable, aside).await;
        Ok(tasks)
    }

    pub(super) async fn renew(&self, leases: &[(i64, i64)]) -> Result<Vec<(i64, JobState)>, QueueError> {
        let mut args = vec![millis(LEASE).to_string()];
        args.extend(leases.iter().flat_map(|(id, claim)| [id.to_string(), claim.to_string()]));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let held: Vec<(i64, String, String)> = self.run(&scripts::RENEW, &args).await?;
        Ok(held.into_iter().map(|(id, state, failure)| (id, rows::job_state(&state, &failure))).collect())
    }

    pub(super) async fn keep(&self, task: &Task) -> Result<bool, QueueError> {
        self.write_progress(&scripts::KEEP, task, LEASE, &[]).await
    }

    pub(super) async fn defer(&self, task: &Task, after: Duration) -> Result<bool, QueueError> {
        let waits_though_stopped = if task.progress.ending.is_some() { "1" } else { "0" };
        self.write_progress(&scripts::DEFER, task, after, &[waits_though_stopped]).await
    }

    async fn write_progress(
        &self,
        script: &Script,
        task: &Task,
        time: Duration,
        more: &[&str],
    ) -> Result<bool, QueueError> {
        let word = |is_so| if is_so { "1" } else { "0" };
        let (id, claim, time) = (task.id.to_string(), task.claim.to_string(), millis(time).to_string());
        let progress = serde_json::to_string(&task.progress)?;
        let (touched, needs_drive) = (task.progress.is_touched(), task.needs_drive());
        let mut args = vec![&*id, &claim, &time, word(touched), word(needs_drive), &progress];
        args.extend(more);
        self.run(script, &args).await
    }

    pub(super) async fn finish(&self, task: &Task, outcome: &FileResult) -> Result<bool, QueueError> {
        let (id, claim) = (task.id.to_string(), task.claim.to_string());
        let whole = serde_json::to_string(outcome)?;
        let brief = serde_json::to_string(&FileResult { image: None, ..outcome.clone() })?;
        let in_hand = if self.written.has_room() { millis(IN_HAND).to_string() } else { "0".to_owned() };
        let args = [&*id, &claim, &whole, &brief, &in_hand];
        let answer: Option<rows::AboutEnd> = self.run(&scripts::FINISH, &args).await?;
        let Some((state, failure, accepts_results, is_in_hand)) = answer else { return Ok(false) };
        if is_in_hand {
            let job_state = rows::job_state(&state, &failure);
            let (job, result) = (task.job.clone(), outcome.clone());
            let ending = Ending { id: task.id, job, result, job_state, accepts_results };
            self.written.add(std::iter::once(ending));
        }
        Ok(true)
    }

    pub(super) async fn stop_job(&self, job: &JobKey, state: &JobState) -> Result<u64, QueueError> {
        let (word, outcome, failure) = match state {
            JobState::Open => return Ok(0),
            JobState::Cancelled => ("cancelled", Outcome::Cancelled, String::new()),
            JobState::Failed(failure) => ("failed", Outcome::Failed, serde_json::to_string(failure)?),
        };
        let unfinished = self.run(&scripts::STOP, &[&job.0, word, &failure]).await?;
        let mut cursor = "0".to_owned();
        // in portions: a long script holds everybody up
        loop {
            let args = [job.0.as_str(), super::outcome_word(outcome), &failure, &cursor];
            cursor = self.run(&scripts::END_SOME, &args).await?;
            if cursor == "0" {
                return Ok(unfinished);
            }
        }
    }

    pub(super) async fn take_reports(&self) -> Result<Vec<Report>, QueueError> {
        self.take_back().await?;
        let (in_hand, most) = (millis(IN_HAND).to_string(), MOST_REPORTS.to_string());
        let (ended, aside): rows::Found = self.run(&scripts::TAKE_REPORTS, &[&in_hand, &most]).await?;
        let (ended, unreadable) = rows::readable(&ended, rows::outcome);
        self.set_aside(unreadable, aside).await;
        Ok(super::reports(self.written.take_with(ended)))
    }

    pub(super) fn written(&self) -> usize {
        self.written.count()
    }

    pub(super) fn take_written(&self) -> Vec<Report> {
        super::reports(self.written.take())
    }

    pub(super) async fn acknowledge(&self, ids: &[i64]) -> Result<(), QueueError> {
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        let args: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.run(&scripts::ACKNOWLEDGE, &args).await
    }

    pub(super) async fn return_reports(&self, ids: &[i64], after: Duration) -> Result<(), QueueError> {
        let after = millis(after).to_string();
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        let mut args = vec![after.as_str()];
        args.extend(ids.iter().map(String::as_str));
        self.run(&scripts::RETURN_REPORTS, &args).await
    }

    pub(super) async fn journal(&self, job: &JobKey, file: &Value) -> Result<(i64, i64), QueueError> {
        // else it would be taken for what was left from before
        self.take_back().await?;
        let (lease, file_id) = (millis(LEASE).to_string(), batch::file_id(file));
        let args = [job.0.as_str(), &lease, &file_id, &file.to_string()];
        Ok((self.run(&scripts::JOURNAL, &args).await?, 1))
    }

    pub(super) async fn forget(&self, task: &Task) -> Result<bool, QueueError> {
        self.run(&scripts::FORGET, &[&task.id.to_string(), &task.claim.to_string()]).await
    }

    pub(super) async fn open_jobs(&self) -> Result<Vec<JobKey>, QueueError> {
        let mut read = redis::cmd("SMEMBERS");
        read.arg(format!("{}open", self.prefix));
        let jobs: Vec<String> = self.redis.ask(&read).await?;
        Ok(jobs.into_iter().map(JobKey).collect())
    }

    pub(super) async fn silence(&self, job: &JobKey) -> Result<Duration, QueueError> {
        self.run::<i64>(&scripts::SILENCE, &[&job.0])
            .await
            .map(|millis| Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
    }

    pub(super) async fn figures(&self) -> Result<Figures, QueueError> {
        self.run(&scripts::FIGURES, &[]).await.map(Figures::of)
    }

    pub(super) async fn check(&self) -> Result<(), String> {
        self.redis.check().await
    }
}

#[cfg(test)]
mod test_access;
