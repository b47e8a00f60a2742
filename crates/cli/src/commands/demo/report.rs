//! How a demo ended.

use std::{fmt::Write, time::Duration};

use client::import::JobStatus;
use indicatif::DecimalBytes;
use serde_json::{Value, json};

use crate::progress::{self, Totals};

/// All folders in one sum.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// True when every picture of every folder is stored.
    pub(crate) all_well: bool,
    totals: Totals,
    jobs: Vec<String>,
    seconds: f64,
    error: Option<String>,
}

impl Report {
    /// Of jobs that have ended. `gallery` is the number of images that the gallery shows.
    pub(crate) fn of(ended: &[JobStatus], jobs: Vec<String>, gallery: u64, took: Duration) -> Self {
        let totals = Totals::of(ended);
        let error = if totals.total == 0 {
            Some("there was nothing to import".to_owned())
        } else if gallery < totals.processed {
            Some(format!(
                "{} images were reported as stored, and the gallery shows {gallery}",
                totals.processed
            ))
        } else {
            None
        };
        let is_whole = totals.processed == totals.total;
        let all_well = error.is_none() && is_whole && ended.iter().all(progress::went_well);
        Self { all_well, totals, jobs, seconds: took.as_secs_f64(), error }
    }

    /// Of a demo that could not go on.
    pub(crate) fn failed(error: &anyhow::Error) -> Self {
        Self { error: Some(format!("{error:#}")), ..Self::default() }
    }

    /// For a program.
    pub(crate) fn json(&self) -> Value {
        let mut line = json!({
            "status": if self.all_well { "completed" } else { "failed" },
            "processed": self.totals.processed,
            "failed": self.totals.failed,
            "cancelled": self.totals.cancelled,
            "total": self.totals.total,
            "bytes": self.totals.bytes_done,
            "seconds": (self.seconds * 1000.0).round() / 1000.0,
            "jobs": self.jobs,
        });
        if let Some(error) = &self.error {
            line["error"] = error.as_str().into();
        }
        line
    }

    /// For a person.
    pub(crate) fn text(&self) -> String {
        let totals = &self.totals;
        let mut text = format!(
            "{} of {} images stored, {} in {:.1} s",
            totals.processed,
            totals.total,
            DecimalBytes(totals.bytes_done),
            self.seconds
        );
        if totals.failed + totals.cancelled > 0 {
            let _ = write!(text, ", {} failed", totals.failed + totals.cancelled);
        }
        if let Some(error) = &self.error {
            let _ = write!(text, ": {error}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    fn report(job: &Value, gallery: u64) -> Report {
        Report::of(
            &[JobStatus::deserialize(job).unwrap()],
            vec!["j".into()],
            gallery,
            Duration::from_millis(1500),
        )
    }

    #[test]
    fn only_a_whole_import_is_a_success() {
        let whole =
            json!({"status": "completed", "state": "completed", "total": 3, "processed": 3, "failed": 0});
        assert!(report(&whole, 3).all_well);
        assert_eq!(report(&whole, 3).json()["status"], "completed");
        assert!(!report(&whole, 2).all_well, "the gallery must show them all");
        for (state, processed, failed) in
            [("completed", 2, 1), ("failed", 3, 0), ("completed", 2, 0), ("running", 3, 0)]
        {
            let job = json!({"status": "completed", "state": state, "total": 3, "processed": processed, "failed": failed});
            assert_eq!(report(&job, 9).json()["status"], "failed", "{job}");
        }
        let none = json!({"status": "completed", "total": 0, "processed": 0, "failed": 0});
        assert!(!report(&none, 0).all_well);
    }
}
