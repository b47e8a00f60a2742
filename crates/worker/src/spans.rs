//! What the worker does as spans: each try of an image is one, a part of its job, whenever and by whichever worker it is
//! made.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use client::{
    import::FileResult,
    trace::{self, Active, Context, Kind, Open, Origin, Tracer},
};

use crate::task::{JobKey, Task};

/// Jobs of which it is known which span is theirs, the ones that were in work last.
const JOBS: usize = 64;

/// Makes spans, if anybody wants them. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Spans(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    tracer: Tracer,
    jobs: Mutex<VecDeque<(JobKey, Context)>>,
}

impl Spans {
    /// Made by this tracer.
    pub(crate) fn new(tracer: Option<Tracer>) -> Self {
        Self(tracer.map(|tracer| Arc::new(Inner { tracer, jobs: Mutex::default() })))
    }

    /// Begins a try of an image.
    pub(crate) fn image(&self, task: &Task) -> Option<Open> {
        let inner = self.0.as_ref()?;
        let Some(job) = span_of(task) else { return Some(inner.tracer.silent_span()) };
        inner.remember(&task.job, job);
        let image = inner.tracer.start(Kind::Internal, "image", Some(job));
        image.active().set("job.id", &*task.job.for_logs());
        image.active().set("file.id", task.file_id.as_str());
        image.active().set("image.attempts.before", u64::from(task.progress.attempts));
        Some(image)
    }

    /// What is asked for several images at once is a part of the first one's job.
    pub(crate) fn of_group<'a>(&self, mut tasks: impl Iterator<Item = &'a Task>) -> Option<Active> {
        let tracer = &self.0.as_ref()?.tracer;
        Some(tasks.find_map(span_of).map_or_else(|| tracer.silent(), |job| tracer.resume(job)))
    }

    /// What is said of a job is a part of it. What an earlier process has left to be said is a part of nothing.
    pub(crate) fn of_job(&self, job: &JobKey) -> Option<Active> {
        let inner = self.0.as_ref()?;
        let span = inner.jobs().iter().find(|(known, _)| known == job).map(|(_, span)| *span);
        Some(span.map_or_else(|| inner.tracer.silent(), |span| inner.tracer.resume(span)))
    }
}

impl Inner {
    fn remember(&self, job: &JobKey, span: Context) {
        let mut jobs = self.jobs();
        if !jobs.iter().any(|(known, _)| known == job) {
            jobs.truncate(JOBS - 1);
            jobs.push_front((job.clone(), span));
        }
    }

    fn jobs(&self) -> std::sync::MutexGuard<'_, VecDeque<(JobKey, Context)>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn span_of(task: &Task) -> Option<Context> {
    Origin::parse(task.request_id.as_deref()).span
}

/// The try in hand has an outcome.
pub(crate) fn ended(end: &FileResult) {
    trace::set("image.outcome", crate::queue::outcome_word(end.outcome));
    if let Some(failure) = &end.failure {
        trace::set("image.reason", failure.reason.as_str());
        trace::fail(&failure.reason);
    }
}

/// The try in hand has failed, and another one follows.
pub(crate) fn tries_again(reason: &str) {
    trace::set("image.outcome", "again");
    trace::set("image.reason", reason);
    trace::fail(reason);
}
