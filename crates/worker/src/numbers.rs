//! What the worker counts of its work, and what it can say when it is asked.

use client::import::{FileResult, Outcome};
use service::{Metrics, metrics::catalogue};

use crate::{pacer::Pacer, queue::Queue};

/// The reason of what did not fail.
const NONE: &str = "";

/// The worker's numbers. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    metrics: Metrics,
}

impl Numbers {
    /// Numbers among these.
    pub(crate) fn new(metrics: Metrics) -> Self {
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
        let reason = end.failure.as_ref().map_or(NONE, |failure| &failure.reason);
        self.metrics.counter(&catalogue::IMAGES, &[outcome, reason]).increment(1);
        if end.outcome == Outcome::Imported {
            self.metrics.counter(&catalogue::IMAGE_BYTES, &[]).increment(end.bytes);
        }
    }

    /// An image that a caller waited for has failed.
    pub(crate) fn image_failed(&self, reason: &str) {
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
                    // a number that is not known must not look like one
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
        self.metrics.when_read(move || {
            let pause = pacer.pause();
            paused.set(pause.map_or(0.0, |pause| pause.since.as_secs_f64()));
            rate.set(if pause.is_some() { 0.0 } else { pacer.units_per_second().unwrap_or(f64::INFINITY) });
            std::future::ready(())
        });
    }
}
