//! Small pictures of images: looked up in the bucket, made when they are not there, and kept there until the image goes.
//!
//! They are made in other processes (see [`process`]), few at a time, so that they slow nothing else and a hostile image
//! harms nobody. Read [`Thumbnails::get`] first.

mod answer;
mod child;
mod clock;
mod counts;
pub(crate) mod engine;
mod failure;
mod flights;
mod pool;
mod process;
mod refused;
mod wire;
mod wish;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use md5::{Digest as _, Md5};
use service::{Metrics, Shutdown};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

pub use self::process::thumbnailer;
pub(crate) use self::{
    answer::answer,
    failure::Failure,
    wish::{Size, Wish, format_for, media_type, places},
};
use self::{
    child::Fall,
    counts::Counts,
    engine::{Limits, Refusal},
    failure::Refused,
    flights::Flights,
    pool::{All, Pool, Turn},
    refused::Memory,
    wire::Order,
};
use crate::{
    bucket::{Bucket, Opened, SmallObject},
    config::ThumbnailConfig,
    digest::Md5Digest,
    sniff::sniff,
};

/// The argument that makes this program one that makes thumbnails.
pub const COMMAND: &str = "thumbnailer";

/// How often an image is tried: a process may die, or S3's answer break, for reasons that have nothing to do with it.
const TRIES: u32 = 2;
/// Thumbnails that are looked for in the bucket at once; whoever comes then waits.
const LOOKS_AT_ONCE: usize = 64;
/// How long work goes on once stopping begins.
const GRACE: Duration = Duration::from_secs(8);

/// A thumbnail.
#[derive(Debug, Clone)]
pub(crate) struct Thumbnail {
    /// Its bytes.
    pub(crate) bytes: Bytes,
    /// Its entity tag, quotes included: of its bytes, however it was come by.
    pub(crate) etag: String,
}

impl Thumbnail {
    fn new(bytes: Bytes) -> Self {
        let mut hash = Md5::new();
        hash.update(&bytes);
        Self { etag: format!("\"{}\"", Md5Digest::finish(hash)), bytes }
    }
}

/// All thumbnails of a bucket. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Thumbnails(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bucket: Arc<Bucket>,
    pool: Pool,
    looks: Semaphore,
    flights: Flights<Wish, Result<Thumbnail, Failure>>,
    refused: Memory,
    /// Whether it was said that thumbnails cannot be kept.
    is_warned: AtomicBool,
    counts: Counts,
    shutdown: Shutdown,
}

/// Which process is to make a thumbnail.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Any,
    New,
}

impl Thumbnails {
    pub(crate) fn new(
        bucket: Arc<Bucket>,
        config: ThumbnailConfig,
        metrics: &Metrics,
        shutdown: Shutdown,
    ) -> Self {
        Self(Arc::new(Inner {
            bucket,
            pool: Pool::new(config),
            looks: Semaphore::new(LOOKS_AT_ONCE),
            flights: Flights::new(),
            refused: Memory::default(),
            is_warned: AtomicBool::new(false),
            counts: Counts::new(metrics),
            shutdown,
        }))
    }

    /// The thumbnail. All who wish for the same at the same time wait for one; who leaves stops nothing.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn get(&self, wish: Wish) -> Result<Thumbnail, Failure> {
        let inner = Arc::clone(&self.0);
        let work = {
            let wish = wish.clone();
            async move { inner.get(&wish).await.inspect_err(|failure| inner.counts.failed(failure)) }
                .in_current_span()
        };
        let flight = self.0.flights.join(wish, work, |work| self.0.shutdown.spawn(work));
        // a task breaks off when it panics
        flight
            .await
            .unwrap_or_else(|| Err(Failure::Internal(Arc::new(std::io::Error::other("it broke off")))))
    }

    /// Forgets that nothing could be made of an image.
    pub(crate) fn forget(&self, image: &str) {
        self.0.refused.forget(image);
    }

    /// Ends processes without work until `shutdown`, and then all.
    pub(crate) async fn tidy(self) {
        let Inner { pool, shutdown, .. } = &*self.0;
        while shutdown.sleep(pool.look_every()).await {
            pool.end_idle(All::No);
        }
        pool.end_idle(All::Yes);
    }
}

impl Inner {
    async fn get(&self, wish: &Wish) -> Result<Thumbnail, Failure> {
        let place = wish.place().ok_or(Failure::NoSuchImage)?;
        if let Some(refused) = self.refused.of(&wish.image) {
            // it may be gone by now, through another process
            return Err(if self.is_there(&wish.image).await? {
                Failure::Refused(refused)
            } else {
                Failure::NoSuchImage
            });
        }
        let kept = {
            // nobody closes the semaphore
            let _look = self.looks.acquire().await.ok();
            self.bucket.small_object(&place, &wish.of()).await?
        };
        if let Some(bytes) = kept {
            self.counts.kept();
            return Ok(Thumbnail::new(bytes));
        }
        let began = Instant::now();
        let late = async {
            self.shutdown.stopping().await;
            tokio::time::sleep(GRACE).await;
        };
        let bytes = tokio::select! {
            made = self.make(wish) => made.inspect_err(|failure| {
                if let Failure::Refused(refused) = failure {
                    self.refused.keep(&wish.image, refused.clone());
                }
            })?,
            () = late => return Err(Failure::Stopping),
        };
        self.keep(wish, &place, &bytes).await?;
        self.counts.made(began);
        Ok(Thumbnail::new(bytes))
    }

    /// Whether the image is there: whoever may not list the bucket is refused what is not.
    async fn is_there(&self, image: &str) -> Result<bool, Failure> {
        match self.bucket.about(image).await {
            Err(error) if error.is_denied() => Ok(false),
            about => Ok(about?.is_some()),
        }
    }

    async fn make(&self, wish: &Wish) -> Result<Bytes, Failure> {
        let turn = tokio::select! {
            turn = self.pool.turn() => turn.ok_or(Failure::Busy)?,
            () = self.shutdown.stopping() => return Err(Failure::Stopping),
        };
        let mut tries = 1;
        loop {
            let image = self.bucket.open(&wish.image, None).await?.ok_or(Failure::NoSuchImage)?;
            // one that has worked before may have ended since, which says nothing about the image
            let child = if tries == 1 { Choice::Any } else { Choice::New };
            let fall = match self.attempt(&turn, wish, image, child).await {
                Ok(made) => return made.map_err(Failure::Refused),
                Err(fall) => fall,
            };
            if self.shutdown.is_stopping() {
                // a terminal's Ctrl-C reaches the processes too
                return Err(Failure::Stopping);
            }
            tries += 1;
            match fall {
                Fall::Cut(_) | Fall::Died(_) if tries <= TRIES => {}
                Fall::Cut(error) => return Err(error.into()),
                Fall::NotStarted(error) => return Err(Failure::Internal(Arc::new(error))),
                Fall::Died(error) => {
                    tracing::warn!(image = wish.image, %error, "the process that made a thumbnail died of it");
                    return Err(Failure::Refused(Refusal::Broken.into()));
                }
                Fall::Late => {
                    tracing::warn!(image = wish.image, "a thumbnail took too long");
                    return Err(Failure::Refused(Refusal::TookTooLong.into()));
                }
            }
        }
    }

    async fn attempt(
        &self,
        turn: &Turn<'_>,
        wish: &Wish,
        mut image: Opened,
        child: Choice,
    ) -> Result<Result<Bytes, Refused>, Fall> {
        let media_type = sniff(image.body.head(), "").media_type;
        if !engine::reads(&media_type) {
            return Ok(Err(Refusal::Unsupported { media_type }.into()));
        }
        let size = image.about.size;
        let most = Limits::default().bytes;
        if size > most {
            return Ok(Err(Refusal::TooManyBytes { bytes: size, most }.into()));
        }
        let order = Order::new(size, wish.size.longest_side(), wish.format);
        let mut child = match child {
            Choice::Any => turn.child().await?,
            Choice::New => turn.new_child().await?,
        };
        let made = child.make(&order, &mut image.body, self.pool.patience(), self.pool.heavy()).await?;
        turn.give_back(child);
        Ok(made)
    }

    /// Keeps a thumbnail as long as its image is there. What cannot be kept is shown all the same.
    async fn keep(&self, wish: &Wish, place: &str, bytes: &Bytes) -> Result<(), Failure> {
        let of = wish.of();
        let small = SmallObject { key: place, of: &of, content_type: media_type(wish.format) };
        if let Err(error) = self.bucket.put_small(&small, bytes).await {
            if !self.is_warned.swap(true, Relaxed) {
                tracing::warn!(error = %error, "thumbnails cannot be kept in the bucket; each is made anew");
            }
        } else {
            self.is_warned.store(false, Relaxed);
        }
        // whoever deleted the image meanwhile may have looked for thumbnails before this one was there
        if !self.is_there(&wish.image).await? {
            self.bucket.delete(place).await?;
            return Err(Failure::NoSuchImage);
        }
        Ok(())
    }
}
