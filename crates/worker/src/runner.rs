//! Claims tasks, runs them, keeps their leases, and hands back what is not done when the worker stops.

mod in_hand;
mod settle;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use client::{ids::DriveId, metadata::Image};
use service::Shutdown;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::in_hand::Running;
use crate::{
    hold::Stop,
    pacer::Pacer,
    pipeline::{Known, Pipeline},
    queue::{Queue, QueueError},
    report::Reporter,
    task::{JobKey, JobState, Task},
    trouble::Trouble,
};

/// How often tasks of other processes, and those whose wait is over, are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a free slot waits for others while work goes on, so that one look-up serves several images.
const GATHER: Duration = Duration::from_millis(5);
/// How long running tasks may take to end when the worker stops.
const FINISH: Duration = Duration::from_secs(12);
/// How long handing back may take.
const HAND_BACK: Duration = Duration::from_secs(3);
/// Drive closed for less is not worth stopping for.
const SHORT_PAUSE: Duration = Duration::from_secs(1);
/// Most ids in one question to the metadata service.
const MOST_KNOWN: usize = 500;

/// Runs tasks. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    queue: Queue,
    pipeline: Pipeline,
    pacer: Pacer,
    reporter: Reporter,
    slots: Arc<Semaphore>,
    concurrency: usize,
    running: Mutex<HashMap<i64, Running>>,
    tasks: TaskTracker,
    wake: Notify,
}

impl Runner {
    /// One for the whole worker.
    pub(crate) fn new(
        queue: Queue,
        pipeline: Pipeline,
        pacer: Pacer,
        reporter: Reporter,
        concurrency: usize,
    ) -> Self {
        let inner = Inner {
            queue,
            pipeline,
            pacer,
            reporter,
            slots: Arc::new(Semaphore::new(concurrency)),
            concurrency,
            running: Mutex::default(),
            tasks: TaskTracker::new(),
            wake: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// There may be something to do.
    pub(crate) fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Stops a job everywhere: in the queue, and what runs here. What runs elsewhere stops when its lease is renewed.
    pub(crate) async fn stop_job(&self, job: &JobKey, state: &JobState) -> Result<u64, QueueError> {
        let unfinished = self.inner.queue.stop_job(job, state).await?;
        if let Some(stop) = Stop::for_state(state) {
            let running = self.running();
            running.values().filter(|task| task.job == *job).for_each(|task| task.hold.tell(&stop));
        }
        self.inner.reporter.wake();
        self.wake();
        Ok(unfinished)
    }

    /// Runs tasks until the worker stops, then lets the running ones end or hands them back.
    pub(crate) async fn run(self, shutdown: Shutdown, tasks_ended: CancellationToken) {
        while let Some(slots) = self.free_slots(&shutdown).await {
            let drive_is_open = self.inner.pacer.pause().is_none_or(|pause| pause.next_call < SHORT_PAUSE);
            match self.inner.queue.claim(slots.len(), drive_is_open).await {
                Ok(tasks) if tasks.is_empty() => {
                    drop(slots);
                    self.nap(&shutdown, LOOK_EVERY).await;
                }
                Ok(tasks) => self.start(tasks, slots),
                Err(error) => {
                    error.log("tasks cannot be claimed");
                    drop(slots);
                    self.nap(&shutdown, Duration::from_secs(1)).await;
                    // what runs here comes first when the queue is back: else its leases seem to have ended
                    self.renew_leases().await;
                }
            }
        }
        self.inner.tasks.close();
        if tokio::time::timeout(FINISH, self.inner.tasks.wait()).await.is_err() {
            self.running().values().for_each(|task| task.hold.tell(&Stop::HandBack));
            let _ = tokio::time::timeout(HAND_BACK, self.inner.tasks.wait()).await;
        }
        tasks_ended.cancel();
    }

    /// Tells the import service while Drive lets nobody in, and when it goes on.
    pub(crate) async fn tell_pauses(self, shutdown: Shutdown) {
        let reporter = &self.inner.reporter;
        while shutdown.sleep(SHORT_PAUSE).await {
            match self.inner.pacer.pause() {
                Some(pause) if pause.since >= SHORT_PAUSE => {
                    for job in self.inner.queue.open_jobs().await.unwrap_or_default() {
                        reporter.waits_for_drive(&job, pause.expected, pause.reason).await;
                    }
                }
                Some(_) => {}
                None => reporter.drive_goes_on().await,
            }
        }
    }

    /// At least one free slot, and all that are free by then; `None` when the worker stops.
    async fn free_slots(&self, shutdown: &Shutdown) -> Option<Vec<OwnedSemaphorePermit>> {
        let slots = &self.inner.slots;
        let first = tokio::select! {
            () = shutdown.stopping() => return None,
            slot = slots.clone().acquire_owned() => slot.ok()?,
        };
        if slots.available_permits() + 1 < self.inner.concurrency && !shutdown.sleep(GATHER).await {
            return None;
        }
        let mut taken = vec![first];
        while let Ok(slot) = slots.clone().try_acquire_owned() {
            taken.push(slot);
        }
        (!shutdown.is_stopping()).then_some(taken)
    }

    async fn nap(&self, shutdown: &Shutdown, time: Duration) {
        tokio::select! {
            () = shutdown.stopping() => {}
            () = self.inner.wake.notified() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    /// Starts claimed tasks in their slots, after one question to the metadata service for all of them.
    fn start(&self, tasks: Vec<Task>, slots: Vec<OwnedSemaphorePermit>) {
        let entered: Vec<_> = tasks
            .into_iter()
            .zip(slots)
            .map(|(task, slot)| {
                // of an image beside the queue whose worker is gone, only its object is looked after
                let is_left = task.job.is_single().then_some(Stop::Cancelled);
                let in_hand = self.take_in_hand(&task, is_left.or(Stop::for_state(&task.job_state)));
                (task, slot, in_hand)
            })
            .collect();
        let runner = self.clone();
        self.inner.tasks.spawn(async move {
            let ids: Vec<&str> = entered.iter().filter_map(|(task, ..)| task.file["id"].as_str()).collect();
            let known = runner.look_up(&ids).await;
            for (task, slot, in_hand) in entered {
                let known = known.as_ref().map(|rows| rows.of(&task)).map_err(Arc::clone);
                let runner = runner.clone();
                runner.inner.tasks.clone().spawn(async move {
                    runner.run_one(task, known, &in_hand).await;
                    drop((slot, in_hand));
                    runner.wake();
                });
            }
        });
    }

    async fn look_up(&self, ids: &[&str]) -> Result<KnownRows, Arc<Trouble>> {
        let mut known = KnownRows::default();
        let ids: Vec<&str> = ids.iter().copied().filter(|id| DriveId::parse(id).is_some()).collect();
        for some in ids.chunks(MOST_KNOWN) {
            let answer = self.inner.pipeline.metadata.known_images(some).await;
            match answer.map_err(|error| Arc::new(Trouble::Metadata(error)))? {
                Some(rows) => {
                    known.rows.extend(rows.into_iter().map(|row| (row.google_drive_id.clone(), row)));
                }
                None => known.cannot_tell = true,
            }
        }
        Ok(known)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<i64, Running>> {
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the metadata service knows of a group of files.
#[derive(Debug, Default)]
struct KnownRows {
    rows: HashMap<String, Image>,
    cannot_tell: bool,
}

impl KnownRows {
    fn of(&self, task: &Task) -> Known {
        let row = task.file["id"].as_str().and_then(|id| self.rows.get(id));
        match row {
            Some(row) => Known::Row(Box::new(row.clone())),
            None if self.cannot_tell => Known::CannotTell,
            None => Known::No,
        }
    }
}
