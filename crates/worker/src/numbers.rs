//! What the worker counts of its work, and what it can say when it is asked.

use client::{
    drive::Reason,
    import::{FileResult, Outcome},
};
use service::{Metrics, metrics::catalogue};

use crate::{pacer::Pacer, queue::Queue};

/// The reason of what did not fail.
const NONE: &str = "";
/// A reason that another version of the worker has written into the queue.
const OTHER: &str = "other";
/// Why an image may fail, beside Google Drive's own reasons.
const REASONS: [&str; 12] = [
    "bad-listing",
    "checksum-mismatch",
    "internal",
    "interrupted",
    "metadata-error",
    "no-progress",
    "not-known",
    "queue-unavailable",
    "size-mismatch",
    "storage-error",
    "timed-out",
    "too-large",
];

/// The worker's numbers. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    metrics: Metrics,
}

impl Numbers {
    /// Numbers among these, each from 0.
    pub(crate) fn new(metrics: Metrics) -> Self {
        let ends = ["imported", "known", "cancelled"].map(|outcome| [outcome, NONE]);
        let failures = reasons().chain([OTHER]).map(|reason| ["failed", reason]);
        metrics.from_zero(&catalogue::IMAGES, ends.into_iter().chain(failures));
        metrics.from_zero(&catalogue::IMAGE_BYTES, [[]]);
        metrics.from_zero(&catalogue::RETRIES, reasons().map(|reason| [reason]));
        Self { metrics }
    }

    /// The outcome of an image was taken.
    pub(crate) fn image_ended(&self, end: &FileResult) {
        let outcome = match end.outcome {
            Outcome::Imported => "imported",
            Outcome::Known => "known",
            Outcome::Failed => "failed",
            Outcome::Cancelled => "cancelled",
        };
        let reason = match &end.failure {
            Some(failure) => reasons().find(|known| *known == failure.reason).unwrap_or(OTHER),
            None if end.outcome == Outcome::Failed => OTHER,
            None => NONE,
        };
        self.metrics.counter(&catalogue::IMAGES, &[outcome, reason]).increment(1);
        if end.outcome == Outcome::Imported {
            self.metrics.counter(&catalogue::IMAGE_BYTES, &[]).increment(end.bytes);
        }
    }

    /// An image that a caller waited for has failed.
    pub(crate) fn image_failed(&self, reason: &'static str) {
        self.metrics.counter(&catalogue::IMAGES, &["failed", reason]).increment(1);
    }

    /// A try failed, and another one follows.
    pub(crate) fn tries_again(&self, reason: &'static str) {
        self.metrics.counter(&catalogue::RETRIES, &[reason]).increment(1);
    }

    /// Says on demand what is in the queue.
    pub(crate) fn show_queue(&self, queue: &Queue) {
        let states = ["ready", "delayed", "leased", "ended"];
        let gauges = states.map(|state| self.metrics.gauge(&catalogue::QUEUE_TASKS, &[state]));
        let oldest = self.metrics.gauge(&catalogue::QUEUE_OLDEST, &[]);
        let queue = queue.clone();
        // a number that is not known must not look like one
        gauges.iter().chain([&oldest]).for_each(|gauge| gauge.set(f64::NAN));
        self.metrics.when_read(move || {
            let (queue, gauges, oldest) = (queue.clone(), gauges.clone(), oldest.clone());
            async move {
                match queue.figures().await {
                    Ok(figures) => {
                        let counts = [figures.ready, figures.delayed, figures.leased, figures.ended];
                        for (gauge, count) in gauges.iter().zip(counts) {
                            gauge.set(f64::from(count));
                        }
                        oldest.set(figures.oldest.as_secs_f64());
                    }
                    Err(error) => {
                        error.log("the queue cannot be counted");
                        gauges.iter().chain([&oldest]).for_each(|gauge| gauge.set(f64::NAN));
                    }
                }
            }
        });
    }

    /// Says on demand how fast Drive is asked.
    pub(crate) fn show_pacer(&self, pacer: &Pacer) {
        let rate = self.metrics.gauge(&catalogue::PACER_RATE, &[]);
        let paused = self.metrics.gauge(&catalogue::DRIVE_PAUSED, &[]);
        let pacer = pacer.clone();
        self.metrics.when_seen(move || {
            let pause = pacer.pause();
            paused.set(pause.map_or(0.0, |pause| pause.since.as_secs_f64()));
            rate.set(if pause.is_some() { 0.0 } else { pacer.units_per_second().unwrap_or(f64::INFINITY) });
        });
    }
}

/// Every reason that this worker knows.
fn reasons() -> impl Iterator<Item = &'static str> {
    REASONS.into_iter().chain(Reason::ALL.map(Reason::code))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// The texts in kebab-case that stand after `before` in the program's part of a file, from `start` on.
    fn named_after(file: &str, start: &str, before: &str) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
        let source = fs::read_to_string(path).unwrap();
        let program = source.split("#[cfg(test)]").next().unwrap();
        // what is compared is no reason
        let program = program[program.find(start).unwrap()..].replace("Some(", "");
        let after = program.match_indices(before).map(|(at, _)| program[at + before.len()..].trim_start());
        let quoted = after.filter_map(|rest| rest.strip_prefix('"')?.split_once('"'));
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        quoted.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)).collect()
    }

    #[test]
    fn every_reason_that_the_worker_gives_is_counted_under_its_name() {
        let mut given = BTreeSet::from([crate::single::QUEUE_UNAVAILABLE.to_owned()]);
        given.extend(named_after("trouble.rs", "fn reason_and_advice", "("));
        for file in ["outcome.rs", "single.rs"] {
            given.extend(named_after(file, "", "reason: "));
        }
        let known: BTreeSet<_> = REASONS.map(str::to_owned).into();
        assert_eq!(given, known);
    }
}
