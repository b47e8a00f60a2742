//! The bytes of one file from Drive, as a body that can be sent on. A download that breaks goes on by `Range` at the
//! byte where it broke, while the receiver waits; nothing is held, and no byte comes twice.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use client::{
    drive::{Download, DriveRef, Error, File, Reason},
    retry::Backoff,
};
use futures::{Stream, StreamExt};
use md5::{Digest, Md5};
use service::metrics::CountedDrive;
use tokio::time::Instant;

use crate::{
    pacer::{Cost, Pacer},
    trouble::Trouble,
};

/// Waits between tries to go on; together less than [`LONGEST_GAP`].
const GAPS: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(3) };
/// How long a broken download may rest while its receiver waits.
const LONGEST_GAP: Duration = Duration::from_secs(10);
/// Breaks of one download after which the task starts over.
const MOST_BREAKS: u32 = 20;

/// Drive, through the pacer.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    client: CountedDrive,
    has_key: bool,
    pacer: Pacer,
}

impl Source {
    /// Drive as `client` reaches it; every call fails where there is no key, and Google is not even asked.
    pub(crate) fn new(client: CountedDrive, has_key: bool, pacer: Pacer) -> Self {
        Self { client, has_key, pacer }
    }

    /// Lists one file again.
    pub(crate) async fn get(&self, file: &DriveRef) -> Result<File, Error> {
        self.check_key()?;
        self.pacer.call(Cost::Record, || Box::pin(self.client.get(file))).await
    }

    /// Opens a download at a byte.
    pub(crate) async fn open(&self, file: &DriveRef, offset: u64) -> Result<Download, Error> {
        self.check_key()?;
        let cost = if offset == 0 { Cost::Download } else { Cost::Rest };
        self.pacer.call(cost, || Box::pin(self.client.download(file, offset))).await
    }

    fn check_key(&self) -> Result<(), Error> {
        if self.has_key {
            return Ok(());
        }
        let message = "No Google API key is set".to_owned();
        Err(Error { reason: Reason::KeyMissing, status: None, message, retry_after: None })
    }
}

/// What is known of a download while it runs, and after.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    trouble: Mutex<Option<Trouble>>,
    started: Instant,
    last_byte_millis: AtomicU64,
    is_complete: AtomicBool,
    md5: Mutex<Option<String>>,
}

impl Watch {
    fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                trouble: Mutex::default(),
                started: Instant::now(),
                last_byte_millis: AtomicU64::new(0),
                is_complete: AtomicBool::new(false),
                md5: Mutex::default(),
            }),
        }
    }

    /// Why the download ended early, if it did.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// MD5 of a download that was hashed and came to its end.
    pub(crate) fn md5(&self) -> Option<String> {
        self.shared.md5.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True once all bytes were handed on, or are about to be.
    pub(crate) fn is_complete(&self) -> bool {
        self.shared.is_complete.load(Ordering::Relaxed)
    }

    /// How long nobody has taken a byte.
    pub(crate) fn idle(&self) -> Duration {
        let last = Duration::from_millis(self.shared.last_byte_millis.load(Ordering::Relaxed));
        self.shared.started.elapsed().saturating_sub(last)
    }

    fn touch(&self) {
        let now = u64::try_from(self.shared.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.shared.last_byte_millis.store(now, Ordering::Relaxed);
    }

    fn complete(&self, hasher: Option<Md5>) {
        if let Some(hasher) = hasher {
            let digest = hex::encode(hasher.finalize());
            *self.shared.md5.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
        }
        self.shared.is_complete.store(true, Ordering::Relaxed);
        self.touch();
    }

    fn fail(&self, trouble: Trouble) -> io::Error {
        *self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
        io::Error::other("the download ended early")
    }
}

/// A download to be read.
#[derive(Debug)]
pub(crate) struct Order {
    /// The file.
    pub(crate) file: DriveRef,
    /// Bytes it must have, where that is known.
    pub(crate) size_bytes: Option<u64>,
    /// Bytes that it may have at most, if there is a limit.
    pub(crate) most_bytes: Option<u64>,
    /// Whether to compute its MD5.
    pub(crate) hash: bool,
}

/// The bytes of `first` and of what follows when it breaks. Ends with an error unless exactly the bytes that are due came.
pub(crate) fn stream(
    source: Source,
    order: Order,
    first: Download,
) -> (impl Stream<Item = io::Result<bytes::Bytes>> + Send + 'static, Watch) {
    let watch = Watch::new();
    let seen = watch.clone();
    let due = order.size_bytes.or(first.total);
    let mut hasher = order.hash.then(Md5::new);
    if due == Some(0) {
        // whoever reads a body of no bytes may never ask for its end
        watch.complete(hasher.take());
    }
    let bytes = async_stream::stream! {
        let mut came = 0_u64;
        let mut breaks = 0;
        // the last bytes are handed on only when Drive has nothing more: a reader that counts would stop before
        let mut held = None;
        let mut part = Box::pin(first.into_stream());
        loop {
            let broke = match part.next().await {
                Some(Ok(chunk)) => {
                    came += chunk.len() as u64;
                    if due.is_some_and(|due| came > due) {
                        yield Err(watch.fail(size_mismatch(due, came)));
                        return;
                    }
                    if let Some(limit) = order.most_bytes
                        && came > limit
                    {
                        yield Err(watch.fail(Trouble::OverLimit { limit }));
                        return;
                    }
                    if let Some(hasher) = &mut hasher {
                        hasher.update(&chunk);
                    }
                    watch.touch();
                    if let Some(before) = held.replace(chunk) {
                        yield Ok(before);
                    }
                    continue;
                }
                None if due.is_none_or(|due| due == came) => break,
                None => short_body(),
                Some(Err(error)) => error,
            };
            // the last byte came before the connection broke
            if due == Some(came) {
                break;
            }
            breaks += 1;
            if breaks > MOST_BREAKS {
                yield Err(watch.fail(Trouble::Drive(broke)));
                return;
            }
            match reopen(&source, &order.file, came, due, broke).await {
                Ok(next) => part = Box::pin(next.into_stream()),
                Err(trouble) => {
                    yield Err(watch.fail(trouble));
                    return;
                }
            }
        }
        watch.complete(hasher.take());
        if let Some(last) = held {
            yield Ok(last);
        }
    };
    (bytes, seen)
}

/// The rest of a file after `came` bytes, if it can be had soon.
async fn reopen(
    source: &Source,
    file: &DriveRef,
    came: u64,
    due: Option<u64>,
    broke: Error,
) -> Result<Download, Trouble> {
    let deadline = Instant::now() + LONGEST_GAP;
    let mut last = broke;
    for tries in 1_u32.. {
        let resume = async {
            tokio::time::sleep(GAPS.wait(tries, last.retry_after)).await;
            source.open(file, came).await
        };
        let Ok(answer) = tokio::time::timeout_at(deadline, resume).await else { break };
        match answer {
            Ok(next) => {
                let total = next.total.or(next.remaining.map(|rest| came + rest));
                if let (Some(due), Some(total)) = (due, total)
                    && due != total
                {
                    return Err(Trouble::SizeMismatch { announced: due, delivered: total });
                }
                return Ok(next);
            }
            // nothing lies behind the bytes that came: the file is shorter than announced
            Err(error) if error.reason == Reason::RangeNotSatisfiable => {
                return Err(size_mismatch(due, came));
            }
            Err(error)
                if matches!(error.reason, Reason::Network | Reason::ServerError | Reason::RateLimited) =>
            {
                last = error;
            }
            Err(error) => return Err(Trouble::Drive(error)),
        }
    }
    Err(Trouble::Drive(last))
}

fn size_mismatch(due: Option<u64>, came: u64) -> Trouble {
    Trouble::SizeMismatch { announced: due.unwrap_or_default(), delivered: came }
}

fn short_body() -> Error {
    let message = "the download ended before all bytes came".to_owned();
    Error { reason: Reason::Network, status: None, message, retry_after: None }
}
