//! Claims tasks, runs them, keeps their leases, and hands back what is not done when the worker stops.

mod in_hand;
mod load;
mod settle;
mod start;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use service::Shutdown;
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{in_hand::Running, load::Load};
use crate::{
    hold::Stop,
    numbers::Numbers,
    pacer::Pacer,
    pipeline::Pipeline,
    queue::{Queue, QueueError},
    report::Reporter,
    spans::Spans,
    task::{JobKey, JobState},
};

/// How often tasks of other processes, and those whose wait is over, are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a free slot waits for others while work goes on, so that one look-up serves several images.
const GATHER: Duration = Duration::from_millis(5);
/// How long it is, once a task has ended, until it is looked for those that waited for its file, or for its bytes.
const FREED: Duration = Duration::from_millis(20);
/// How long running tasks may take to end when the worker stops.
const FINISH: Duration = Duration::from_secs(12);
/// How long handing back may take.
const HAND_BACK: Duration = Duration::from_secs(3);
/// Drive closed for less is not worth stopping for.
const SHORT_PAUSE: Duration = Duration::from_secs(1);

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
    numbers: Numbers,
    spans: Spans,
    concurrency: usize,
    /// One for each task that may run at once.
    slots: Arc<Semaphore>,
    load: Mutex<Load>,
    running: Mutex<HashMap<i64, Running>>,
    tasks: TaskTracker,
    /// There may be something to do.
    wake: Notify,
    /// A task has ended, and there is room for more.
    room: Notify,
}

impl Runner {
    /// One for the whole worker.
    pub(crate) fn new(
        queue: Queue,
        pipeline: Pipeline,
        pacer: Pacer,
        reporter: Reporter,
        numbers: Numbers,
        spans: Spans,
        concurrency: usize,
    ) -> Self {
        let inner = Inner {
            queue,
            pipeline,
            pacer,
            reporter,
            numbers,
            spans,
            concurrency,
            slots: Arc::new(Semaphore::new(concurrency)),
            load: Mutex::new(Load::new(concurrency, Instant::now())),
            running: Mutex::default(),
            tasks: TaskTracker::new(),
            wake: Notify::new(),
            room: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Says how many slots are taken, and how many there are; it keeps nothing else alive.
    pub(crate) fn slots(&self) -> impl Fn() -> (usize, usize) + Send + Sync + 'static {
        let (slots, all) = (Arc::clone(&self.inner.slots), self.inner.concurrency);
        move || (all.saturating_sub(slots.available_permits()), all)
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
        while let Some(room) = self.room(&shutdown).await {
            let drive_is_open = self.inner.pacer.pause().is_none_or(|pause| pause.next_call < SHORT_PAUSE);
            match self.inner.queue.claim(room, drive_is_open).await {
                Ok(tasks) => {
                    let are_all = tasks.len() < room;
                    if !tasks.is_empty() {
                        self.start(tasks, &shutdown);
                    }
                    if are_all {
                        self.nap(&shutdown, LOOK_EVERY).await;
                    }
                }
                Err(error) => {
                    error.log("tasks cannot be claimed");
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

    /// How many tasks to claim, once it is worth it; `None` when the worker stops.
    async fn room(&self, shutdown: &Shutdown) -> Option<usize> {
        loop {
            // listen before looking: an end in between must not be missed
            let ended = self.inner.room.notified();
            if shutdown.is_stopping() {
                return None;
            }
            if self.load().room(Instant::now()).is_some() {
                if self.load().in_hand() > 0 && !shutdown.sleep(GATHER).await {
                    return None;
                }
                if let Some(room) = self.load().room(Instant::now()) {
                    return Some(room);
                }
            }
            tokio::select! {
                () = shutdown.stopping() => return None,
                () = ended => {}
            }
        }
    }

    async fn nap(&self, shutdown: &Shutdown, time: Duration) {
        tokio::select! {
            () = shutdown.stopping() => {}
            () = self.inner.wake.notified() => {}
            () = self.inner.room.notified() => {
                let _ = tokio::time::timeout(FREED, self.inner.wake.notified()).await;
            }
            () = tokio::time::sleep(time) => {}
        }
    }

    fn load(&self) -> MutexGuard<'_, Load> {
        self.inner.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<i64, Running>> {
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
