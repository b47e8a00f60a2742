//! What watchers of jobs see: one look-out per watched job and process, however many watch.
//!
//! A look-out looks at once when something changes here, and every second for what other processes do; never more
//! often than four times a second, but when a job is near its end, which is told without delay. It ends when nobody
//! watches any more, when the job has ended, and when the service stops. Nothing here grows with a slow watcher: it
//! finds the newest state, and reads stored images at its own pace. Who is more than [`crate::job::MAX_IMPORTED`] of
//! them behind misses the oldest: also when pages of known images bring more than that between two looks.

mod ring;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use client::import as wire;
use tokio::sync::watch;

use self::ring::Ring;
pub(crate) use self::ring::StoredImage;
use crate::{
    App,
    clock::now_ms,
    store::{Error, Job, JobNo, Store},
    view,
    wakeups::Bell,
};

/// How often a job is looked at without being told of a change.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between two looks while much is left to do.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);
/// The same for the last image. In between it is a millisecond for each image that is left: as fast as a worker can be.
const LAST_LOOK_AFTER: Duration = Duration::from_millis(20);
/// Stored images that are read at a time.
const PORTION: u32 = 100;

/// The look-outs of this process. Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Feeds {
    open: Arc<Mutex<HashMap<JobNo, Feed>>>,
}

/// One look-out, as watchers find it.
#[derive(Debug)]
struct Feed {
    looks: watch::Sender<Arc<Look>>,
    ring: Arc<Ring>,
}

/// A job at one moment.
#[derive(Debug)]
pub(crate) struct Look {
    /// The job.
    pub job: wire::Job,
    /// Number of its newest stored image.
    pub newest: u64,
}

/// Somebody who watches a job.
#[derive(Debug)]
pub(crate) struct Watcher {
    looks: watch::Receiver<Arc<Look>>,
    ring: Arc<Ring>,
    job_id: String,
    store: Store,
}

impl Look {
    fn at(job: &Job) -> Self {
        Self { job: view::job(job, now_ms()), newest: job.progress.imported }
    }

    /// How long not to look again.
    fn pause(&self) -> Duration {
        let done = self.job.processed + self.job.failed + self.job.cancelled;
        let left = Duration::from_millis(self.job.total.saturating_sub(done));
        left.clamp(LAST_LOOK_AFTER, LOOK_AGAIN_AFTER)
    }

    /// True when there is more to tell than that time goes by.
    fn is_news_after(&self, before: &Self) -> bool {
        let facts = |look: &Self| wire::Job {
            images_per_second: None,
            bytes_per_second: None,
            seconds_left: None,
            ..look.job.clone()
        };
        self.newest != before.newest || facts(self) != facts(before)
    }
}

impl Feeds {
    /// Starts watching a job that was just read.
    pub(crate) fn watch(&self, app: &App, job: &Job) -> Watcher {
        let watcher = |looks, ring| Watcher { looks, ring, job_id: job.id.clone(), store: app.store.clone() };
        let look = Look::at(job);
        if look.job.state.is_final() {
            // nothing follows, so nobody needs to look out
            let ring = Arc::new(Ring::starting_at(look.newest));
            return watcher(watch::channel(Arc::new(look)).1, ring);
        }
        let mut open = self.open();
        if let Some(feed) = open.get(&job.number) {
            return watcher(feed.looks.subscribe(), feed.ring.clone());
        }
        let ring = Arc::new(Ring::starting_at(look.newest));
        let (sender, looks) = watch::channel(Arc::new(look));
        open.insert(job.number, Feed { looks: sender.clone(), ring: ring.clone() });
        let bell = app.wakeups.watch(job.number);
        let look_out = LookOut {
            app: app.clone(),
            job_id: job.id.clone(),
            number: job.number,
            sender,
            ring: ring.clone(),
        };
        app.shutdown.spawn(look_out.run(bell));
        watcher(looks, ring)
    }

    /// Takes a look-out away that nobody watches; false when somebody does.
    fn close_unwatched(&self, job: JobNo, looks: &watch::Sender<Arc<Look>>) -> bool {
        let mut open = self.open();
        // nobody can start watching it while the lock is held
        let is_unwatched = looks.receiver_count() == 0;
        if is_unwatched {
            open.remove(&job);
        }
        is_unwatched
    }

    fn open(&self) -> MutexGuard<'_, HashMap<JobNo, Feed>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many jobs are watched.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.open().len()
    }
}

impl Watcher {
    /// The newest look.
    pub(crate) fn look(&mut self) -> Arc<Look> {
        self.looks.borrow_and_update().clone()
    }

    /// Waits for news; false when none will come.
    pub(crate) async fn has_news(&mut self) -> bool {
        self.looks.changed().await.is_ok()
    }

    /// Some of the stored images after the `after`th, oldest first; none when there are none, or none are kept.
    pub(crate) async fn images(&self, after: u64) -> Result<Vec<StoredImage>, Error> {
        if let Some(images) = self.ring.after(after, PORTION as usize) {
            return Ok(images);
        }
        let kept = self.store.stored_since(&self.job_id, after, PORTION).await?;
        Ok(kept.into_iter().map(StoredImage::from).collect())
    }
}

/// Looks at one job for all that watch it.
struct LookOut {
    app: App,
    job_id: String,
    number: JobNo,
    sender: watch::Sender<Arc<Look>>,
    ring: Arc<Ring>,
}

impl LookOut {
    async fn run(self, bell: Bell) {
        loop {
            tokio::select! {
                () = self.app.shutdown.stopping() => break,
                () = self.sender.closed() => {}
                () = bell.woken() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if self.app.feeds.close_unwatched(self.number, &self.sender) {
                return;
            }
            let mut pause = LOOK_AGAIN_AFTER;
            match self.look().await {
                Ok(Some(look)) if !look.job.state.is_final() => {
                    pause = look.pause();
                    self.tell(look);
                }
                Ok(Some(last)) => {
                    self.tell(last);
                    break;
                }
                // it has expired
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(error = %service::error::chain(&error), "look at a watched job");
                }
            }
            tokio::select! {
                () = self.app.shutdown.stopping() => break,
                () = self.sender.closed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.app.feeds.open().remove(&self.number);
    }

    async fn look(&self) -> Result<Option<Look>, Error> {
        let Some(job) = self.app.store.job(&self.job_id).await? else { return Ok(None) };
        loop {
            let known = self.ring.newest();
            if known >= job.progress.imported {
                break;
            }
            let new = self.app.store.stored_since(&self.job_id, known, PORTION).await?;
            if new.is_empty() {
                break;
            }
            self.ring.push(new.into_iter().map(StoredImage::from));
        }
        Ok(Some(Look::at(&job)))
    }

    fn tell(&self, look: Look) {
        let look = Arc::new(look);
        // whoever comes later finds the newest rates in any case
        self.sender.send_if_modified(|last| {
            let is_news = look.is_news_after(last);
            *last = look;
            is_news
        });
    }
}
