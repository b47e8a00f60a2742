//! One task from its lease to what follows: its outcome is written down, or it waits for another try.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use client::{
    import::{Failure, FileResult, Outcome},
    job_id,
    retry::Backoff,
    trace::{self, Open, Origin},
};
use futures::FutureExt;
use tracing::Instrument;

use super::Runner;
use crate::{
    hold::{Hold, Stop},
    outcome::{Circumstances, Decision, decide},
    pipeline::Known,
    queue::QueueError,
    spans,
    task::{JobState, Task},
    trouble::Trouble,
};

/// The least wait before a task runs again.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);

impl Runner {
    /// Runs a claimed task to its end, to its next try, or until it is told to stop. A panic is a try that failed.
    pub(super) async fn run_one(&self, task: Task, known: Result<Known, Arc<Trouble>>, hold: &Hold) {
        let _in_work = self.inner.reporter.working_on(&task.job);
        let origin = Origin::parse(task.request_id.as_deref());
        let request_id = client::request_id::accept(origin.request_id.as_deref());
        let image = self.inner.spans.image(&task);
        let image = image.as_ref().map(Open::active);
        let trace = image.and_then(|image| image.context().for_logs());
        let job = task.job.for_logs();
        // of this level, so that warnings have the ids too
        let span = tracing::error_span!("task", request_id = %request_id, job_id = %job, file_id = %task.file_id, trace_id = trace);
        // large, and else moved from one to the next
        let work = Box::pin(self.try_once(task.clone(), known, hold));
        let work = job_id::scope(job_id::accept(Some(&job)), self.guarded(task, hold, work).instrument(span));
        trace::scope(image.cloned(), client::request_id::scope(request_id, work)).await;
    }

    async fn guarded(&self, task: Task, hold: &Hold, work: impl Future<Output = ()>) {
        if survive(work).await.is_none() {
            Box::pin(self.after_panic(task, hold)).await;
        }
    }

    async fn try_once(&self, mut task: Task, known: Result<Known, Arc<Trouble>>, hold: &Hold) {
        if let Some(end) = task.progress.ending.clone() {
            return self.end(task, end).await;
        }
        let work = async {
            match known {
                Ok(known) => self.inner.pipeline.import(&mut task, known, hold).await.map_err(Arc::new),
                Err(trouble) => Err(trouble),
            }
        };
        let done = tokio::select! {
            biased;
            stop = hold.told() => Err(stop),
            done = work => Ok(done),
        };
        task.land();
        match done {
            Ok(Ok(end)) => self.finish(&task, &end).await,
            Ok(Err(trouble)) => self.after_trouble(task, &trouble).await,
            Err(Stop::LeaseLost) => tracing::debug!("somebody else has the task"),
            Err(Stop::HandBack) => self.defer(&task, Duration::ZERO).await,
            Err(Stop::Cancelled) => {
                let end = task.ended_without_image(Outcome::Cancelled, None);
                self.end(task, end).await;
            }
            Err(Stop::JobFailed(failure)) => {
                let end = task.ended_without_image(Outcome::Failed, Some(failure));
                self.end(task, end).await;
            }
        }
    }

    /// The task was dropped wherever it was.
    async fn after_panic(&self, mut task: Task, hold: &Hold) {
        tracing::error!("importing an image panicked");
        task.progress = hold.kept().unwrap_or(task.progress);
        task.progress.maybe_stored |= task.progress.stored.is_none();
        if survive(self.after_trouble(task.clone(), &Trouble::Panicked)).await.is_none() {
            tracing::error!("and clearing away after it; an object without a row may be left");
            let failure = Trouble::Panicked.failure(task.progress.attempts.saturating_add(1));
            let end = task.ended_without_image(Outcome::Failed, Some(failure));
            self.finish(&task, &end).await;
        }
    }

    async fn after_trouble(&self, mut task: Task, trouble: &Trouble) {
        let now = self.circumstances(&task).await;
        match decide(trouble, &mut task.progress, now) {
            Decision::TryAgain { after, waiting_for } => {
                tracing::debug!(reason = trouble.reason(), message = %trouble.message(), ?after, "trying again");
                self.inner.numbers.tries_again(trouble.reason());
                spans::tries_again(trouble.reason());
                self.defer(&task, after.max(SHORTEST_WAIT)).await;
                if let Some(reason) = waiting_for {
                    self.tell_waiting(&task, after, reason);
                }
            }
            Decision::Fail(failure) => self.fail(task, failure).await,
            Decision::FailJob(failure) => {
                tracing::warn!(reason = failure.reason, message = %failure.message, "no image of the job can succeed");
                let state = JobState::Failed(failure.clone());
                if let Err(error) = self.stop_job(&task.job, &state).await {
                    tracing::error!(error = %service::error::chain(&error), "the job cannot be stopped");
                }
                self.fail(task, failure).await;
            }
        }
    }

    async fn fail(&self, task: Task, failure: Failure) {
        tracing::info!(reason = failure.reason, message = %failure.message, "image failed");
        let end = task.ended_without_image(Outcome::Failed, Some(failure));
        self.end(task, end).await;
    }

    /// Ends a task whose object must not stay: first the object, then the outcome.
    async fn end(&self, mut task: Task, end: FileResult) {
        let trouble = match self.inner.pipeline.discard(&mut task).await {
            Ok(stored_after_all) => return self.finish(&task, &stored_after_all.unwrap_or(end)).await,
            Err(trouble) => trouble,
        };
        if task.progress.ending.is_none() {
            // the object's tries are counted for themselves
            task.progress.failed_tries = 0;
            task.progress.ending = Some(end.clone());
        }
        let now = self.circumstances(&task).await;
        match decide(&trouble, &mut task.progress, now) {
            Decision::TryAgain { after, .. } => {
                self.inner.numbers.tries_again(trouble.reason());
                self.defer(&task, after.max(SHORTEST_WAIT)).await;
            }
            Decision::Fail(_) | Decision::FailJob(_) => {
                tracing::warn!(message = %trouble.message(), "an object without a row could not be released");
                self.finish(&task, &end).await;
            }
        }
    }

    async fn circumstances(&self, task: &Task) -> Circumstances {
        let pacer = &self.inner.pacer;
        Circumstances {
            millis: chrono::Utc::now().timestamp_millis(),
            drive_successes: pacer.successes(),
            drive_pause: pacer.pause().map_or(Duration::ZERO, |pause| pause.next_call),
            job_silence: self.inner.queue.silence(&task.job).await.unwrap_or_default(),
        }
    }

    async fn defer(&self, task: &Task, after: Duration) {
        let queue = &self.inner.queue;
        if !insist("a task cannot be given back", || queue.defer(task, after)).await {
            tracing::debug!("somebody else has the task");
        }
    }

    /// Writes an outcome down, to be reported.
    pub(super) async fn finish(&self, task: &Task, end: &FileResult) {
        spans::ended(end);
        let queue = &self.inner.queue;
        if task.job.is_single() {
            // nobody waits for its outcome any more
            insist("a task cannot be ended", || queue.forget(task)).await;
        } else if insist("an outcome cannot be written", || queue.finish(task, end)).await {
            self.inner.reporter.outcome_written(&task.job);
        } else {
            tracing::debug!("somebody else has the task");
        }
    }

    /// Beside the task: an import service that hangs must not hold its slot.
    fn tell_waiting(&self, task: &Task, after: Duration, reason: String) {
        let (reporter, job) = (self.inner.reporter.clone(), task.job.clone());
        self.inner.tasks.spawn(async move { reporter.waits_for_service(&job, after, &reason).await });
    }
}

/// Until the queue has answered. What was done is not done again because the queue was away for a while.
async fn insist<Call>(what: &'static str, call: impl Fn() -> Call) -> bool
where
    Call: Future<Output = Result<bool, QueueError>>,
{
    let mut tries = 0;
    loop {
        match call().await {
            Ok(is_held) => return is_held,
            Err(error) => error.log(what),
        }
        tries += 1;
        tokio::time::sleep(Backoff::SERVICE.wait(tries, None)).await;
    }
}

/// What `work` comes to; `None` when it panicked.
async fn survive<T>(work: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(work).catch_unwind().await.ok()
}

#[cfg(test)]
mod tests;
