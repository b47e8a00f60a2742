//! Jobs that run in this process or are watched here, each once, and how to wake those who care.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::store::JobNo;

/// Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wakeups {
    running: Bells,
    watched: Bells,
}

/// One bell per job.
#[derive(Debug, Clone, Default)]
struct Bells(Arc<Mutex<HashMap<JobNo, Arc<Notify>>>>);

/// Rings when something changes for a job, until it is dropped.
#[derive(Debug)]
pub(crate) struct Bell {
    bells: Bells,
    job: JobNo,
    notify: Arc<Notify>,
}

impl Wakeups {
    /// Notes that `job` runs here; `None` when it does already.
    pub(crate) fn enter(&self, job: JobNo) -> Option<Bell> {
        self.running.hang(job)
    }

    /// Notes that `job` is watched here, by one that may take the place of another that is just going.
    pub(crate) fn watch(&self, job: JobNo) -> Bell {
        self.watched.replace(job)
    }

    /// Something changed for `job`. Where it runs or is watched in another process, that one looks every second.
    pub(crate) fn wake(&self, job: JobNo) {
        self.running.ring(job);
        self.watched.ring(job);
    }
}

impl Bells {
    fn hang(&self, job: JobNo) -> Option<Bell> {
        let mut bells = self.bells();
        if bells.contains_key(&job) {
            return None;
        }
        Some(self.put(&mut bells, job))
    }

    fn replace(&self, job: JobNo) -> Bell {
        self.put(&mut self.bells(), job)
    }

    fn put(&self, bells: &mut HashMap<JobNo, Arc<Notify>>, job: JobNo) -> Bell {
        let notify = Arc::new(Notify::new());
        bells.insert(job, notify.clone());
        Bell { bells: self.clone(), job, notify }
    }

    fn ring(&self, job: JobNo) {
        if let Some(bell) = self.bells().get(&job) {
            bell.notify_one();
        }
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<JobNo, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bell {
    /// Waits until somebody wakes the job.
    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let mut bells = self.bells.bells();
        // another may have taken its place
        if bells.get(&self.job).is_some_and(|hung| Arc::ptr_eq(hung, &self.notify)) {
            bells.remove(&self.job);
        }
    }
}
