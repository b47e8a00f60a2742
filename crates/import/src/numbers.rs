//! What import counts of its work, and what it can say when it is asked.

use service::{
    Metrics,
    metrics::{
        Counter,
        catalogue::{IMAGES, JOBS, OPEN_JOBS},
    },
};

use crate::{job::End, store::Store};

/// The numbers. Clones are one.
#[derive(Clone)]
pub(crate) struct Numbers {
    known: Counter,
    completed: Counter,
    cancelled: Counter,
    failed: Counter,
}

impl std::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Numbers").finish_non_exhaustive()
    }
}

impl Numbers {
    /// Numbers among `metrics`, each from 0; what `store` holds is said on demand.
    pub(crate) fn new(metrics: &Metrics, store: &Store) -> Self {
        let ended = |state| metrics.counter(&JOBS, &[state]);
        let numbers = Self {
            known: metrics.counter(&IMAGES, &["known", ""]),
            completed: ended("completed"),
            cancelled: ended("cancelled"),
            failed: ended("failed"),
        };
        show_open_jobs(metrics, store);
        metrics.has_event_streams();
        numbers
    }

    /// A page was written down, of which so many images are stored already: the worker never hears of them.
    pub(crate) fn found_known(&self, images: usize) {
        self.known.increment(images as u64);
    }

    /// A job has ended.
    pub(crate) fn job_ended(&self, end: End) {
        let counter = match end {
            End::Completed => &self.completed,
            End::Cancelled => &self.cancelled,
            End::Failed => &self.failed,
        };
        counter.increment(1);
    }
}

fn show_open_jobs(metrics: &Metrics, store: &Store) {
    let open = metrics.gauge(&OPEN_JOBS, &[]);
    // a number that is not known must not look like one
    open.set(f64::NAN);
    let store = store.clone();
    metrics.when_read(move || {
        let (store, open) = (store.clone(), open.clone());
        async move {
            let jobs = store.running_jobs().await.inspect_err(|error| {
                tracing::debug!(error = %service::error::chain(error), "the jobs cannot be counted");
            });
            open.set(jobs.ok().and_then(|jobs| u32::try_from(jobs).ok()).map_or(f64::NAN, f64::from));
        }
    });
}
