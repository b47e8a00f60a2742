//! What is counted of thumbnails.

use std::{fmt, time::Instant};

use service::{
    Metrics,
    metrics::{
        Counter, Histogram,
        catalogue::{THUMBNAIL_SECONDS, THUMBNAILS},
    },
};

use super::Failure;

/// The numbers of thumbnails.
pub(super) struct Counts {
    kept: Counter,
    made: Counter,
    refused: Counter,
    missing: Counter,
    busy: Counter,
    failed: Counter,
    seconds: Histogram,
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counts").finish_non_exhaustive()
    }
}

impl Counts {
    /// Numbers among `metrics`, each from 0.
    pub(super) fn new(metrics: &Metrics) -> Self {
        let wished = |result| metrics.counter(&THUMBNAILS, &[result]);
        Self {
            kept: wished("kept"),
            made: wished("made"),
            refused: wished("refused"),
            missing: wished("missing"),
            busy: wished("busy"),
            failed: wished("failed"),
            seconds: metrics.histogram(&THUMBNAIL_SECONDS, &[]),
        }
    }

    /// It was there.
    pub(super) fn kept(&self) {
        self.kept.increment(1);
    }

    /// It was made.
    pub(super) fn made(&self, since: Instant) {
        self.made.increment(1);
        self.seconds.record(since.elapsed().as_secs_f64());
    }

    /// There is none.
    pub(super) fn failed(&self, why: &Failure) {
        let counter = match why {
            Failure::Refused(_) => &self.refused,
            Failure::NoSuchImage => &self.missing,
            Failure::Busy => &self.busy,
            Failure::S3(_) | Failure::Stopping | Failure::Internal(_) => &self.failed,
        };
        counter.increment(1);
    }
}
