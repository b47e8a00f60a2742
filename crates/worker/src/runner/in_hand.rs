//! What this worker has in hand: its leases are renewed, and it is told when it must stop.

use std::{collections::HashMap, time::Duration};

use tokio_util::sync::CancellationToken;

use super::Runner;
use crate::{
    hold::{Hold, Stop},
    queue::RENEW_EVERY,
    task::{JobKey, JobState, Task},
};

/// The same after the queue did not answer: that may have taken ten seconds, and a lease lasts thirty.
const RENEW_AGAIN: Duration = Duration::from_secs(1);

/// A task in work.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) claim: i64,
    pub(super) job: JobKey,
    pub(super) hold: Hold,
}

/// A task in work: its lease is renewed until this is dropped, however that comes about.
#[derive(Debug)]
pub(crate) struct InHand {
    runner: Runner,
    id: i64,
    claim: i64,
    /// Its lease.
    pub(crate) hold: Hold,
}

impl Drop for InHand {
    fn drop(&mut self) {
        let mut running = self.runner.running();
        if running.get(&self.id).is_some_and(|task| task.claim == self.claim) {
            running.remove(&self.id);
        }
    }
}

impl Runner {
    /// Keeps the lease of a claimed task from now on. `stop` says that it must not even begin.
    pub(crate) fn take_in_hand(&self, task: &Task, stop: Option<Stop>) -> InHand {
        let hold = Hold::new(self.inner.queue.clone(), stop);
        let entry = Running { claim: task.claim, job: task.job.clone(), hold: hold.clone() };
        if let Some(before) = self.running().insert(task.id, entry) {
            // its lease had ended, or it could not have been claimed again
            before.hold.tell(&Stop::LeaseLost);
        }
        InHand { runner: self.clone(), id: task.id, claim: task.claim, hold }
    }

    /// Renews the leases of what runs, and stops what it must not go on with.
    pub(crate) async fn keep_leases(self, tasks_ended: CancellationToken) {
        let mut wait = RENEW_EVERY;
        loop {
            tokio::select! {
                () = tasks_ended.cancelled() => break,
                () = tokio::time::sleep(wait) => {}
            }
            wait = if self.renew_leases().await { RENEW_EVERY } else { RENEW_AGAIN };
        }
    }

    /// False when the queue did not answer.
    pub(super) async fn renew_leases(&self) -> bool {
        let leases: Vec<(i64, i64)> = self.running().iter().map(|(id, task)| (*id, task.claim)).collect();
        if leases.is_empty() {
            return true;
        }
        let held: HashMap<i64, JobState> = match self.inner.queue.renew(&leases).await {
            Ok(held) => held.into_iter().collect(),
            Err(error) => {
                error.log("leases cannot be renewed");
                return false;
            }
        };
        let running = self.running();
        for (id, claim) in leases {
            let Some(task) = running.get(&id).filter(|task| task.claim == claim) else { continue };
            if let Some(stop) = held.get(&id).map_or(Some(Stop::LeaseLost), Stop::for_state) {
                task.hold.tell(&stop);
            }
        }
        true
    }
}
