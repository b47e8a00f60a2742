//! One task from its lease to what follows: its outcome is written down, or it waits for another try.

use std::{sync::Arc, time::Duration};

use client::import::{Failure, FileResult, Outcome};
use tokio::sync::watch;
use tracing::Instrument;

use super::{Runner, Stop};
use crate::{
    outcome::{Circumstances, Decision, decide},
    pipeline::Known,
    task::{JobState, Task},
    trouble::Trouble,
};

/// The least wait before a task runs again.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);

impl Runner {
    /// Runs a claimed task to its end, to its next try, or until it is told to stop.
    pub(super) async fn run_one(
        &self,
        task: Task,
        known: Result<Known, Arc<Trouble>>,
        stopped: watch::Receiver<Option<Stop>>,
    ) {
        let _in_work = self.inner.reporter.working_on(&task.job);
        let (id, claim) = (task.id, task.claim);
        let span = tracing::info_span!("task", job.id = %task.job, file.id = %task.file_id);
        let request_id = client::request_id::accept(task.request_id.as_deref());
        let work = Box::pin(self.try_once(task, known, stopped).instrument(span));
        client::request_id::scope(request_id, work).await;
        let mut running = self.running();
        if running.get(&id).is_some_and(|task| task.claim == claim) {
            running.remove(&id);
        }
    }

    async fn try_once(
        &self,
        mut task: Task,
        known: Result<Known, Arc<Trouble>>,
        mut stopped: watch::Receiver<Option<Stop>>,
    ) {
        if let Some(end) = task.progress.ending.clone() {
            return self.end(task, end).await;
        }
        let work = async {
            match known {
                Ok(known) => self.inner.pipeline.import(&mut task, known).await.map_err(Arc::new),
                Err(trouble) => Err(trouble),
            }
        };
        let done = tokio::select! {
            biased;
            stop = told(&mut stopped) => Err(stop),
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

    async fn after_trouble(&self, mut task: Task, trouble: &Trouble) {
        let now = self.circumstances(&task).await;
        match decide(trouble, &mut task.progress, now) {
            Decision::TryAgain { after, waiting_for } => {
                tracing::debug!(reason = trouble.reason(), message = %trouble.message(), ?after, "trying again");
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
            Decision::TryAgain { after, .. } => self.defer(&task, after.max(SHORTEST_WAIT)).await,
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
        if let Err(error) = self.inner.queue.defer(task, after).await {
            // the lease ends by itself
            tracing::error!(error = %service::error::chain(&error), "a task cannot be given back");
        }
    }

    async fn finish(&self, task: &Task, end: &FileResult) {
        match self.inner.queue.finish(task, end).await {
            Ok(true) => self.inner.reporter.outcome_written(&task.job),
            Ok(false) => tracing::debug!("somebody else has the task"),
            Err(error) => {
                // the lease ends by itself, and the task runs again
                tracing::error!(error = %service::error::chain(&error), "an outcome cannot be written");
            }
        }
    }

    /// Beside the task: an import service that hangs must not hold its slot.
    fn tell_waiting(&self, task: &Task, after: Duration, reason: String) {
        let (reporter, job) = (self.inner.reporter.clone(), task.job.clone());
        self.inner.tasks.spawn(async move { reporter.waiting(&job, after, &reason).await });
    }
}

async fn told(stopped: &mut watch::Receiver<Option<Stop>>) -> Stop {
    match stopped.wait_for(Option::is_some).await.map(|stop| stop.clone()) {
        Ok(Some(stop)) => stop,
        // nobody is left who could say so
        Ok(None) | Err(_) => std::future::pending().await,
    }
}
