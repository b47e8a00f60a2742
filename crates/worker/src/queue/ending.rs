//! Outcomes that wait to be reported, and how they go together.

use client::import::{FileResult, Outcome};

use super::Report;
use crate::task::{JobKey, JobState};

/// Most outcomes in one report.
const MOST_IN_ONE: usize = 50;

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

/// One report for each job, or more where it has many.
pub(super) fn reports(endings: Vec<Ending>) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    for Ending { id, job, result, job_state, accepts_results } in endings {
        let open =
            reports.iter_mut().rev().find(|report| report.job == job && report.ids.len() < MOST_IN_ONE);
        if let Some(report) = open {
            report.ids.push(id);
            report.results.push(result);
            continue;
        }
        let job_failure = match job_state {
            JobState::Failed(failure) => Some(failure),
            JobState::Open | JobState::Cancelled => None,
        };
        reports.push(Report { job, accepts_results, job_failure, ids: vec![id], results: vec![result] });
    }
    reports
}

/// As it is written in JSON.
pub(super) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Imported => "imported",
        Outcome::Known => "known",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
    }
}
