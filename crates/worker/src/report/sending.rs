//! Outcomes on their way to the import service: when they go, together with which, and what follows from the answer.

use std::time::Duration;

use client::{
    Error,
    import::{FileResult, Outcome, UpdateStatus},
    job_id,
    retry::Backoff,
    trace,
};
use futures::StreamExt;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Reporter, TIMEOUT};
use crate::queue::Report;

/// How long an outcome waits for others of its job.
const COMPANY: Duration = Duration::from_millis(20);
/// How often outcomes that other workers left, or that were not taken, are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Reports that are under way at once.
const AT_ONCE: usize = 8;
/// How long reports may take once the worker stops; what is left is reported at its next start.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Waits after a report that was not taken.
const RETURNED: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(10) };

/// Where outcomes are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among those that were written down here.
    Here,
    /// In the queue as well.
    Queue,
}

impl Reporter {
    /// Reports until told to stop, and then what is left.
    pub(crate) async fn run(self, tasks_ended: CancellationToken) {
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
            let sent = futures::stream::iter(reports.into_iter().map(|report| {
                let job = report.job.for_logs();
                let span = tracing::error_span!("report", job_id = %job);
                let job_span = self.inner.spans.of_job(&report.job);
                let sent = self.send(report).instrument(span);
                trace::scope(job_span, job_id::scope(job_id::accept(Some(&job)), sent))
            }));
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
        let update = update(report);
        let sent = tokio::time::timeout(TIMEOUT, self.inner.import.update_status(&update)).await;
        let settled = match &sent {
            Ok(Ok(())) => self.inner.queue.acknowledge(&ids).await,
            Ok(Err(error)) if is_refused(error) => {
                tracing::warn!(%error, "the import service refuses a report; it is not sent again");
                self.inner.queue.acknowledge(&ids).await
            }
            Ok(Err(_)) | Err(_) => self.inner.queue.return_reports(&ids, RETURNED.first).await,
        };
        if settled.is_ok() && matches!(sent, Ok(Ok(()))) {
            update.results.iter().flatten().for_each(|end| self.inner.numbers.image_ended(end));
        }
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
}

/// Our words; and those of the original where the job's sender does not understand ours.
pub(super) fn update(report: Report) -> UpdateStatus {
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
