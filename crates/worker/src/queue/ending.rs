//! Outcomes that wait to be reported, and how they go together.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use client::import::{FileResult, Outcome};

use super::Report;
use crate::task::{JobKey, JobState};

/// Most outcomes in one report.
const MOST_IN_ONE: usize = 50;
/// Most outcomes that are kept at hand until they are reported.
const MOST_AT_HAND: usize = 1000;

/// An outcome as it stands in the queue.
#[derive(Debug)]
pub(super) struct Ending {
    /// Number of the task.
    pub(super) id: i64,
    /// Its job.
    pub(super) job: JobKey,
    /// Its outcome.
    pub(super) result: FileResult,
    /// Whether the job goes on.
    pub(super) job_state: JobState,
    /// Whether its sender understands outcomes by file.
    pub(super) accepts_results: bool,
}

/// Outcomes that this worker has written down and reports next: they need not be read again. In the queue they are in its
/// hands, and come again when it has not reported them for a while.
#[derive(Debug, Default)]
pub(super) struct Written {
    endings: Mutex<Vec<Ending>>,
}

impl Written {
    /// False when nobody takes them: more are found in the queue.
    pub(super) fn has_room(&self) -> bool {
        self.count() < MOST_AT_HAND
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.endings().len()
    }

    /// These were written down.
    pub(super) fn add(&self, endings: impl Iterator<Item = Ending>) {
        self.endings().extend(endings);
    }

    /// All of them.
    pub(super) fn take(&self) -> Vec<Ending> {
        std::mem::take(&mut *self.endings())
    }

    /// All of them, with those that were taken from the queue: one that waited here for long is among both. What the
    /// queue says is newer.
    pub(super) fn take_with(&self, queued: Vec<Ending>) -> Vec<Ending> {
        let mut all = self.take();
        let ids: HashSet<i64> = queued.iter().map(|ending| ending.id).collect();
        all.retain(|ending| !ids.contains(&ending.id));
        all.extend(queued);
        all
    }

    fn endings(&self) -> MutexGuard<'_, Vec<Ending>> {
        self.endings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One report for each job, or more where it has many.
pub(super) fn reports(endings: Vec<Ending>) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    for Ending { id, job, result, job_state, accepts_results } in endings {
        let job_failure = match job_state {
            JobState::Failed(failure) => Some(failure),
            JobState::Open | JobState::Cancelled => None,
        };
        let open =
            reports.iter_mut().rev().find(|report| report.job == job && report.ids.len() < MOST_IN_ONE);
        if let Some(report) = open {
            report.ids.push(id);
            report.results.push(result);
            // an outcome knows its job as it was when it was written down
            report.job_failure = report.job_failure.take().or(job_failure);
            continue;
        }
        reports.push(Report { job, accepts_results, job_failure, ids: vec![id], results: vec![result] });
    }
    reports
}

/// As it is written in JSON.
pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Imported => "imported",
        Outcome::Known => "known",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
    }
}
