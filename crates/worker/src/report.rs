//! Tells the import service what became of its images: every outcome, until it was taken.
//!
//! One call per job. An outcome is reported at once when nothing else of its job is in work, else it waits a moment
//! for company. Those that this worker has just written down are at hand; the others are taken from the queue, so a
//! stopped worker's are reported by whoever runs next.

mod waits;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client::{
    Error,
    import::{FileResult, Outcome, UpdateStatus, Waiting},
    retry::Backoff,
};
use futures::StreamExt;
use serde_json::Value;
use service::Shutdown;
use tokio::{sync::Notify, time::Instant};

use self::waits::Waits;
use crate::{
    queue::{Queue, Report},
    task::JobKey,
};

/// How long an outcome waits for others of its job, unless so many are there.
const COMPANY: Duration = Duration::from_millis(20);
const ENOUGH: usize = 50;
/// How often outcomes that other workers left, or that were not taken, are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Reports that are under way at once.
const AT_ONCE: usize = 8;
/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long reports may take once the worker stops; what is left is reported at its next start.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How much longer than until the next try a job is said to wait for a service, so that it is said without gaps.
const AWAY: Duration = Duration::from_secs(10);
/// Waits after a report that was not taken.
const RETURNED: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(10) };

/// Reports outcomes. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    queue: Queue,
    import: client::import::Client,
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
    pub(crate) fn new(queue: Queue, import: client::import::Client) -> Self {
        let inner = Inner {
            queue,
            import,
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
        // the next one says it again
        let _ = tokio::time::timeout(TIMEOUT, self.inner.import.update_status(&update)).await;
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

    /// Reports until told to stop, and then what is left.
    pub(crate) async fn run(self, tasks_ended: tokio_util::sync::CancellationToken) {
        let mut failures = 0;
        let mut place = Place::Queue;
        let mut looked = Instant::now();
        loop {
            let is_last = tasks_ended.is_cancelled();
            // also while there is always something at hand
            if is_last || looked.elapsed() >= LOOK_EVERY {
                place = Place::Queue;
            }
            if place == Place::Queue {
                looked = Instant::now();
            }
            let too_late = async {
                tasks_ended.cancelled().await;
                tokio::time::sleep(LAST_WORDS).await;
            };
            let all_taken = tokio::select! {
                all_taken = self.report_all(place) => all_taken,
                () = too_late => break,
            };
            failures = if all_taken { 0 } else { failures + 1 };
            if is_last {
                break;
            }
            let idle = if failures == 0 { LOOK_EVERY } else { RETURNED.wait(failures, None) };
            place = tokio::select! {
                () = tasks_ended.cancelled() => Place::Queue,
                place = self.woken(), if failures == 0 => place,
                () = tokio::time::sleep(idle) => Place::Queue,
            };
        }
    }

    /// Where to look, when there is something.
    async fn woken(&self) -> Place {
        tokio::select! {
            () = self.inner.look.notified() => Place::Queue,
            () = self.inner.now.notified() => Place::Here,
            () = self.inner.soon.notified() => {
                let _ = tokio::time::timeout(COMPANY, self.inner.now.notified()).await;
                Place::Here
            }
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

    /// True when everything that waited was taken.
    async fn report_all(&self, place: Place) -> bool {
        loop {
            let reports = match place {
                Place::Here => self.inner.queue.take_written(),
                Place::Queue => match self.inner.queue.take_reports().await {
                    Ok(reports) => reports,
                    Err(error) => {
                        error.log("outcomes cannot be read");
                        return false;
                    }
                },
            };
            if reports.is_empty() {
                return true;
            }
            let sent = futures::stream::iter(reports.into_iter().map(|report| self.send(report)));
            let taken: Vec<bool> = sent.buffer_unordered(AT_ONCE).collect().await;
            if taken.contains(&false) {
                return false;
            }
            // what came meanwhile has called by itself
            if place == Place::Here {
                return true;
            }
        }
    }

    async fn send(&self, report: Report) -> bool {
        let ids = report.ids.clone();
        let sent = tokio::time::timeout(TIMEOUT, self.inner.import.update_status(&update(report))).await;
        let settled = match &sent {
            Ok(Ok(())) => self.inner.queue.acknowledge(&ids).await,
            Ok(Err(error)) if is_refused(error) => {
                tracing::warn!(%error, "the import service refuses a report; it is not sent again");
                self.inner.queue.acknowledge(&ids).await
            }
            Ok(Err(_)) | Err(_) => self.inner.queue.return_reports(&ids, RETURNED.first).await,
        };
        if let Err(error) = settled {
            // they come again when their time in hand is over
            error.log("a report cannot be acknowledged");
        }
        match sent {
            Ok(Ok(())) => true,
            Ok(Err(error)) => is_refused(&error),
            Err(_) => false,
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<JobKey, usize>> {
        self.inner.in_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits(&self) -> std::sync::MutexGuard<'_, Waits> {
        self.inner.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where outcomes are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among those that were written down here.
    Here,
    /// In the queue as well.
    Queue,
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

/// Our words; and those of the original where the job's sender does not understand ours.
fn update(report: Report) -> UpdateStatus {
    let mut update =
        UpdateStatus { job_id: report.job.id(), job_failed: report.job_failure, ..UpdateStatus::default() };
    if !report.accepts_results {
        let imported: Vec<Value> = report
            .results
            .iter()
            .filter(|result| is_processed(result))
            .filter_map(|r| r.image.clone())
            .collect();
        let processed = report.results.iter().filter(|result| is_processed(result)).count() as u64;
        update.processed = Some(processed);
        update.failed = Some(report.results.len() as u64 - processed);
        update.imported = Some(imported);
    }
    update.results = Some(report.results);
    update
}

fn is_processed(result: &FileResult) -> bool {
    matches!(result.outcome, Outcome::Imported | Outcome::Known)
}

/// The same report will not be taken another time either. Its batch will be sent again, and its outcomes with it.
fn is_refused(error: &Error) -> bool {
    matches!(error.status().map(|status| status.as_u16()), Some(400 | 413 | 422))
}

#[cfg(test)]
mod tests;
