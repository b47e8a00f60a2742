//! Jobs that run in this process, each once, and how to wake their dispatch.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::store::JobNo;

/// Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wakeups {
    running: Arc<Mutex<HashMap<JobNo, Arc<Notify>>>>,
}

/// A job that runs here, until it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    wakeups: Wakeups,
    job: JobNo,
    bell: Arc<Notify>,
}

impl Wakeups {
    /// Notes that `job` runs here; `None` when it does already.
    pub(crate) fn enter(&self, job: JobNo) -> Option<Running> {
        let mut running = self.running();
        if running.contains_key(&job) {
            return None;
        }
        let bell = Arc::new(Notify::new());
        running.insert(job, bell.clone());
        Some(Running { wakeups: self.clone(), job, bell })
    }

    /// Something changed for `job`. Where it runs in another process, that one looks every second.
    pub(crate) fn wake(&self, job: JobNo) {
        if let Some(bell) = self.running().get(&job) {
            bell.notify_one();
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<JobNo, Arc<Notify>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Waits until somebody wakes the job.
    pub(crate) async fn woken(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.wakeups.running().remove(&self.job);
    }
}
