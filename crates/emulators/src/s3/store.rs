//! A directory of buckets: blobs, the index over them, and the one writer of that index.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use anyhow::Context as _;
use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use s3s::StdError;
use sqlx::ConnectOptions as _;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::{
    blob::{Blobs, NewBlob},
    change::{self, Change, Place},
    commit::Committer,
    conditions::WriteCondition,
    expected::Expected,
    index::{self, Index},
    object::{Details, MAX_KEY_BYTES, Object, Segment, now},
    receive::{Received, receive},
    refusal::Refusal,
};

/// How long a completed multipart upload is remembered.
const COMPLETED_UPLOADS_SECS: i64 = 24 * 60 * 60;
/// How much is read from disk at a time.
const READ_BYTES: usize = 256 * 1024;

/// An open store. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) index: Index,
    blobs: Blobs,
    committer: Committer,
}

impl Store {
    /// Opens the store in `directory`, making it where missing, and clears away what a crash left behind.
    pub(super) async fn open(directory: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(directory).with_context(|| format!("create {}", directory.display()))?;
        let lock = lock(directory)?;
        let file = directory.join("index.db");
        let found_index = file.exists();
        let blobs = Blobs::open(directory.join("objects")).context("open the directory of objects")?;
        let index = Index::open(&file).await.context("open the object index")?;
        let mut db = index::options(&file).connect().await.context("open the object index")?;
        let before = now().timestamp() - COMPLETED_UPLOADS_SECS;
        change::forget_completed(&mut db, before).await.context("tidy the object index")?;
        sweep(&index, &blobs, found_index).await?;
        Ok(Self { index, committer: Committer::start(db, blobs.clone(), lock), blobs })
    }

    /// Commits what waits and closes the files. Later writes are refused.
    pub(super) async fn close(&self) {
        self.committer.close().await;
        self.index.close().await;
    }

    /// Whether the store can be read and written.
    pub(super) async fn is_healthy(&self) -> bool {
        self.committer.is_alive() && self.index.buckets().await.is_ok()
    }

    /// Makes a change that names no new blobs.
    pub(super) async fn change(&self, change: Change) -> Result<(), Refusal> {
        self.committer.commit(change, Vec::new()).await
    }

    /// Makes a change together with the blobs that it names.
    pub(super) async fn change_with(&self, change: Change, blobs: Vec<NewBlob>) -> Result<(), Refusal> {
        self.committer.commit(change, blobs).await
    }

    /// Stores a body as a blob that nothing names yet.
    pub(super) async fn receive<S, E>(&self, body: S, expected: Expected) -> Result<Received, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: Into<StdError>,
    {
        receive(&self.blobs, body, expected).await
    }

    /// Makes a received blob an object; `details` lacks only what the blob itself brings.
    pub(super) async fn put(
        &self,
        at: Place,
        received: Received,
        details: Details,
        condition: WriteCondition,
    ) -> Result<Object, Refusal> {
        let details =
            Details { checksum: received.checksum.clone(), segments: vec![received.segment()], ..details };
        let object =
            Object { size: received.size, etag: hex::encode(received.md5), modified: now(), details };
        self.change_with(Change::PutObject { at, object: object.clone(), condition }, vec![received.blob])
            .await?;
        Ok(object)
    }

    /// Refuses early, before any byte is sent, what the commit would refuse.
    pub(super) async fn check_write(&self, at: &Place, condition: &WriteCondition) -> Result<(), Refusal> {
        if at.key.len() > MAX_KEY_BYTES {
            return Err(Refusal::KeyTooLong);
        }
        let current = match self.index.object(&at.bucket, &at.key).await {
            Ok(object) => Some(object.etag),
            Err(Refusal::NoSuchKey) => None,
            Err(refusal) => return Err(refusal),
        };
        condition.check(current.as_deref())
    }

    /// A second blob with the bytes of the first.
    pub(super) async fn duplicate(&self, original: Segment) -> Result<NewBlob, Refusal> {
        let blobs = self.blobs.clone();
        super::receive::blocking(move || Ok(blobs.duplicate(original.blob)?)).await
    }

    /// The bytes of an object from `range.start` up to `range.end`. The first file is opened at once: an object that
    /// was replaced since it was looked up is an error here, not in the middle of an answer.
    pub(super) async fn read(
        &self,
        object: &Object,
        range: std::ops::Range<u64>,
    ) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
        let mut slices = slices(&object.details.segments, range).into_iter();
        let first = match slices.next() {
            Some(slice) => Some(self.read_slice(slice).await?),
            None => None,
        };
        let store = self.clone();
        Ok(async_stream::try_stream! {
            if let Some(mut bytes) = first {
                while let Some(chunk) = bytes.try_next().await? {
                    yield chunk;
                }
            }
            for slice in slices {
                let mut bytes = store.read_slice(slice).await?;
                while let Some(chunk) = bytes.try_next().await? {
                    yield chunk;
                }
            }
        })
    }

    async fn read_slice(&self, slice: Slice) -> io::Result<ReaderStream<tokio::io::Take<tokio::fs::File>>> {
        let mut file = self.blobs.read(slice.segment.blob).await?;
        if slice.skip > 0 {
            file.seek(io::SeekFrom::Start(slice.skip)).await?;
        }
        Ok(ReaderStream::with_capacity(file.take(slice.take), READ_BYTES))
    }

    /// Feeds the bytes of a segment to `hash`. Blocks.
    pub(super) fn hash_segment(&self, segment: Segment, mut hash: impl FnMut(&[u8])) -> io::Result<()> {
        let mut file = self.blobs.read_blocking(segment.blob)?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match io::Read::read(&mut file, &mut buffer)? {
                0 => return Ok(()),
                read => hash(&buffer[..read]),
            }
        }
    }
}

/// A piece of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slice {
    segment: Segment,
    skip: u64,
    take: u64,
}

/// The pieces of an object's segments that make up a range of its bytes.
fn slices(segments: &[Segment], range: std::ops::Range<u64>) -> Vec<Slice> {
    let mut start = 0;
    let mut slices = Vec::new();
    for segment in segments {
        let end = start + segment.size;
        let (from, to) = (range.start.max(start), range.end.min(end));
        if from < to {
            slices.push(Slice { segment: *segment, skip: from - start, take: to - from });
        }
        start = end;
    }
    slices
}

/// Two servers on one directory would sweep away each other's unfinished writes.
fn lock(directory: &Path) -> anyhow::Result<File> {
    let path = directory.join("lock");
    let file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            anyhow::bail!("{} is in use by another S3 server", directory.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("lock {}", path.display())),
    }
}

async fn sweep(index: &Index, blobs: &Blobs, found_index: bool) -> anyhow::Result<()> {
    let named = index.blobs().await.context("read the object index")?;
    let blobs = blobs.clone();
    let removed = tokio::task::spawn_blocking(move || {
        // a lost index must not cost the bytes too
        anyhow::ensure!(
            found_index || blobs.is_empty()?,
            "there are objects but no index.db: put it back, or empty the directory"
        );
        blobs.sweep(&named).context("clear unfinished writes away")
    })
    .await??;
    if removed > 0 {
        tracing::info!(removed, "cleared away what unfinished writes had left");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Slice, slices};
    use crate::s3::object::Segment;

    fn segment(size: u64) -> Segment {
        let id = serde_json::from_str(&format!("\"{size:032x}\"")).unwrap();
        Segment { blob: id, size }
    }

    #[test]
    fn a_range_is_cut_out_of_the_right_files() {
        let [a, b, c] = [segment(10), segment(5), segment(20)];
        let slice = |segment, skip, take| Slice { segment, skip, take };
        assert_eq!(slices(&[a, b, c], 0..35), [slice(a, 0, 10), slice(b, 0, 5), slice(c, 0, 20)]);
        assert_eq!(slices(&[a, b, c], 9..16), [slice(a, 9, 1), slice(b, 0, 5), slice(c, 0, 1)]);
        assert_eq!(slices(&[a, b, c], 11..12), [slice(b, 1, 1)]);
        assert_eq!(slices(&[a, b, c], 34..35), [slice(c, 19, 1)]);
        assert_eq!(slices(&[segment(0)], 0..0), []);
    }
}
