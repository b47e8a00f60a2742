//! Tells the import service what became of its images: every outcome, until it was taken.
//!
//! One call per job. An outcome is reported at once when nothing else of its job is in work, else it waits a moment
//! for company. Those that this worker has just written down are at hand; the others are taken from the queue, so a
//! stopped worker's are reported by whoever runs next.

mod sending;
mod waits;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client::{
    import::{UpdateStatus, Waiting},
    trace,
};
use serde_json::Value;
use service::Shutdown;
use tokio::{sync::Notify, time::Instant};

use self::waits::Waits;
use crate::{numbers::Numbers, queue::Queue, spans::Spans, task::JobKey};

/// So many outcomes need not wait for others of their job.
const ENOUGH: usize = 50;
/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much longer than until the next try a job is said to wait for a service, so that it is said without gaps.
const AWAY: Duration = Duration::from_secs(10);

/// Reports outcomes. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    queue: Queue,
    import: client::import::Client,
    numbers: Numbers,
    spans: Spans,
    /// Report what is in the queue too.
    look: Notify,
    /// Report at once.
    now: Notify,
    /// Report when others had a moment to join.
    soon: Notify,
    /// Tasks in work, by job.
    in_work: Mutex<HashMap<JobKey, usize>>,
    waits: Mutex<Waits>,
}

impl Reporter {
    /// One for the whole worker.
    pub(crate) fn new(queue: Queue, import: client::import::Client, numbers: Numbers, spans: Spans) -> Self {
        let inner = Inner {
            queue,
            import,
            numbers,
            spans,
            look: Notify::new(),
            now: Notify::new(),
            soon: Notify::new(),
            in_work: Mutex::default(),
            waits: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A task of `job` is in work until what this answers is dropped.
    pub(crate) fn working_on(&self, job: &JobKey) -> InWork {
        *self.counts().entry(job.clone()).or_default() += 1;
        InWork { reporter: self.clone(), job: job.clone() }
    }

    /// An outcome of `job` was written down.
    pub(crate) fn outcome_written(&self, job: &JobKey) {
        self.waits().outcome(job);
        let others_follow = self.counts().get(job).copied().unwrap_or(0) > 1;
        let may_wait = others_follow && self.inner.queue.written() < ENOUGH;
        if may_wait { self.inner.soon.notify_one() } else { self.inner.now.notify_one() }
    }

    /// Outcomes were written down by other means than a task that ran.
    pub(crate) fn wake(&self) {
        self.inner.look.notify_one();
    }

    /// Tells the import service that Drive lets nobody in, and so `job` waits.
    pub(crate) async fn waits_for_drive(&self, job: &JobKey, wait: Duration, reason: &str) {
        if self.waits().may_tell(job, Instant::now(), wait, true) {
            self.tell(job, wait, reason).await;
        }
    }

    /// Tells it that a service is away. `wait` is the time to the next try, which may not be the last.
    pub(crate) async fn waits_for_service(&self, job: &JobKey, wait: Duration, reason: &str) {
        let wait = wait + AWAY;
        if self.waits().may_tell(job, Instant::now(), wait, false) {
            self.tell(job, wait, reason).await;
        }
    }

    /// Drive lets calls through again: nobody waits for it any more.
    pub(crate) async fn drive_goes_on(&self) {
        let jobs = self.waits().drive_goes_on(Instant::now());
        for job in jobs {
            self.tell(&job, Duration::ZERO, "").await;
        }
    }

    async fn tell(&self, job: &JobKey, wait: Duration, reason: &str) {
        let until = chrono::Utc::now() + wait;
        let until = until.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let waiting = Some(Waiting { until, reason: reason.to_owned() });
        let update = UpdateStatus { job_id: job.id(), waiting, ..UpdateStatus::default() };
        let told = trace::scope(self.inner.spans.of_job(job), self.inner.import.update_status(&update));
        // the next one says it again
        let _ = tokio::time::timeout(TIMEOUT, told).await;
    }

    /// Reports one image of `/process-single` in the original's words. Its errors are nobody's, as there.
    pub(crate) async fn report_single(&self, job: Value, imported: Option<Value>) {
        let update = UpdateStatus {
            job_id: job,
            processed: Some(u64::from(imported.is_some())),
            failed: Some(u64::from(imported.is_none())),
            imported: Some(imported.into_iter().collect()),
            ..UpdateStatus::default()
        };
        let sent = tokio::time::timeout(TIMEOUT, self.inner.import.update_status(&update)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::debug!("the import service did not take the report of a single image");
        }
    }

    /// Forgets old outcomes, now and then.
    pub(crate) async fn prune(self, shutdown: Shutdown) {
        loop {
            if let Err(error) = self.inner.queue.prune().await {
                tracing::warn!(error = %service::error::chain(&error), "old tasks were not forgotten");
            }
            self.waits().prune(Instant::now());
            if !shutdown.sleep(Duration::from_secs(600)).await {
                break;
            }
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<JobKey, usize>> {
        self.inner.in_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits(&self) -> std::sync::MutexGuard<'_, Waits> {
        self.inner.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task in work.
#[derive(Debug)]
pub(crate) struct InWork {
    reporter: Reporter,
    job: JobKey,
}

impl Drop for InWork {
    fn drop(&mut self) {
        let mut counts = self.reporter.counts();
        if let Some(count) = counts.get_mut(&self.job) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.job);
            }
        }
    }
}

#[cfg(test)]
mod tests;
