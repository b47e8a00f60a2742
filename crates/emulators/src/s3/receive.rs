//! From the body of a request to a verified blob on disk, in constant memory.

use std::{fs::File, io::Write as _, pin::Pin, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use md5::{Digest as _, Md5};
use s3s::{StdError, checksum::ChecksumHasher};

use super::{
    blob::{Blobs, NewBlob},
    checksum::Checksum,
    expected::Expected,
    object::Segment,
    refusal::Refusal,
};

/// Bytes are handed to the disk in portions of this size; a smaller body takes one trip to a blocking thread.
const PORTION_BYTES: usize = 512 * 1024;
/// The longest body of one request, as S3 has it.
const MAX_BODY_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// A blob that is whole, verified and on disk, though not yet part of anything.
pub(super) struct Received {
    pub(super) blob: NewBlob,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Option<Checksum>,
}

impl Received {
    /// The blob as a part of an object.
    pub(super) fn segment(&self) -> Segment {
        Segment { blob: self.blob.id, size: self.size }
    }
}

/// Stores `body` as a new blob. Nothing is left of it if it is cut, too long, too short or not what was announced.
pub(super) async fn receive<S, E>(blobs: &Blobs, body: S, expected: Expected) -> Result<Received, Refusal>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<StdError>,
{
    let limit = expected.length.unwrap_or(MAX_BODY_BYTES);
    if limit > MAX_BODY_BYTES {
        return Err(Refusal::EntityTooLarge);
    }
    let mut body = std::pin::pin!(body);
    let mut sink = None;
    let mut received = 0;
    let mut portion = Portion::default();
    while let Some(chunk) = next(&mut body, expected.patience).await? {
        let chunk = chunk.map_err(|error| broken_body(&error.into()))?;
        received += chunk.len() as u64;
        if received > limit {
            return Err(Refusal::IncompleteBody);
        }
        portion.push(chunk);
        if portion.bytes >= PORTION_BYTES {
            sink = Some(write(blobs, sink, std::mem::take(&mut portion), &expected).await?);
        }
    }
    if expected.length.is_some_and(|length| length != received) {
        return Err(Refusal::IncompleteBody);
    }
    finish(blobs, sink, portion, expected).await
}

/// A client that has gone without a word would otherwise hold its connection for ever.
async fn next<S: Stream>(body: &mut Pin<&mut S>, patience: Duration) -> Result<Option<S::Item>, Refusal> {
    tokio::time::timeout(patience, body.next()).await.map_err(|_| Refusal::RequestTimeout)
}

#[derive(Default)]
struct Portion {
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Portion {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push(chunk);
    }
}

struct Sink {
    blob: NewBlob,
    file: File,
    md5: Md5,
    hasher: ChecksumHasher,
    size: u64,
}

impl Sink {
    fn create(blobs: &Blobs, hasher: ChecksumHasher) -> std::io::Result<Self> {
        let (blob, file) = blobs.create()?;
        Ok(Self { blob, file, md5: Md5::new(), hasher, size: 0 })
    }

    fn write(&mut self, portion: &Portion) -> std::io::Result<()> {
        for chunk in &portion.chunks {
            self.md5.update(chunk);
            self.hasher.update(chunk);
            self.file.write_all(chunk)?;
        }
        self.size += portion.bytes as u64;
        Ok(())
    }

    fn finish(self, expected: &Expected) -> Result<Received, Refusal> {
        let md5 = self.md5.finalize().into();
        let value = expected.algorithm().map(|algorithm| algorithm.value(self.hasher));
        let checksum = expected.verify(md5, value)?;
        self.file.sync_data()?;
        Ok(Received { blob: self.blob, size: self.size, md5, checksum })
    }
}

async fn write(
    blobs: &Blobs,
    sink: Option<Sink>,
    portion: Portion,
    expected: &Expected,
) -> Result<Sink, Refusal> {
    let blobs = blobs.clone();
    let hasher = hasher(expected);
    blocking(move || {
        let mut sink = sink.map_or_else(|| Sink::create(&blobs, hasher), Ok)?;
        sink.write(&portion)?;
        Ok(sink)
    })
    .await
}

async fn finish(
    blobs: &Blobs,
    sink: Option<Sink>,
    portion: Portion,
    expected: Expected,
) -> Result<Received, Refusal> {
    let blobs = blobs.clone();
    let hasher = hasher(&expected);
    blocking(move || {
        let mut sink = sink.map_or_else(|| Sink::create(&blobs, hasher), Ok)?;
        sink.write(&portion)?;
        sink.finish(&expected)
    })
    .await
}

fn hasher(expected: &Expected) -> ChecksumHasher {
    expected.algorithm().map_or_else(ChecksumHasher::default, super::checksum::Algorithm::hasher)
}

/// Runs work that waits for the disk where it holds up nobody else.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Refusal::Internal(error.into())))
}

/// What a failed body means. The protocol crate does not export the types of these errors, only their texts.
fn broken_body(error: &StdError) -> Refusal {
    match error.to_string().as_str() {
        "UploadStreamError: Sha256Mismatch" => Refusal::WrongPayloadHash,
        "AwsChunkedStreamError: SignatureMismatch" => Refusal::WrongChunkSignature,
        _ => Refusal::IncompleteBody,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use bytes::Bytes;
    use futures::{StreamExt as _, stream};

    use super::{Blobs, PORTION_BYTES, Received, Refusal, receive};
    use crate::s3::expected::Expected;

    async fn store(
        chunks: Vec<io::Result<Bytes>>,
        headers: &[(&'static str, &str)],
    ) -> (Result<Received, Refusal>, usize) {
        let directory = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(directory.path().join("objects")).unwrap();
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let expected = Expected::from_request(&headers, None).unwrap();
        let received = receive(&blobs, stream::iter(chunks), expected).await;
        let files = std::fs::read_dir(directory.path().join("objects")).unwrap();
        let left = files.map(|part| std::fs::read_dir(part.unwrap().path()).unwrap().count()).sum();
        (received, left)
    }

    fn large() -> Vec<io::Result<Bytes>> {
        (0..5).map(|_| Ok(Bytes::from(vec![7; PORTION_BYTES / 2]))).collect()
    }

    #[tokio::test]
    async fn a_body_of_many_portions_arrives_whole() {
        let (received, left) = store(large(), &[]).await;
        let received = received.unwrap();
        assert_eq!((received.size, left), ((PORTION_BYTES / 2 * 5) as u64, 1));
        let md5: [u8; 16] = <md5::Md5 as md5::Digest>::digest(vec![7; PORTION_BYTES / 2 * 5]).into();
        assert_eq!(received.md5, md5);
    }

    #[tokio::test]
    async fn a_client_that_falls_silent_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(directory.path().join("objects")).unwrap();
        let silent = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"x"))]).chain(stream::pending());
        let mut expected = Expected::nothing();
        expected.patience = std::time::Duration::from_millis(1);
        let received = receive(&blobs, silent, expected).await;
        assert!(matches!(received, Err(Refusal::RequestTimeout)));
    }

    #[tokio::test]
    async fn a_body_that_is_cut_wrong_short_or_long_leaves_nothing() {
        let length = (PORTION_BYTES / 2 * 5).to_string();
        let mut cut = large();
        cut.push(Err(io::Error::other("connection lost")));
        let mut long = large();
        long.push(Ok(Bytes::from_static(b"more")));
        for (name, chunks, headers) in [
            ("cut", cut, vec![]),
            ("wrong", large(), vec![("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")]),
            ("wrong crc", large(), vec![("x-amz-checksum-crc32", "AAAAAA==")]),
            (
                "short",
                large()[..4].iter().map(|chunk| Ok(chunk.as_ref().unwrap().clone())).collect(),
                vec![("content-length", length.as_str())],
            ),
            ("long", long, vec![("content-length", length.as_str())]),
        ] {
            let (received, left) = store(chunks, &headers).await;
            assert!(received.is_err(), "{name}");
            assert_eq!(left, 0, "{name}");
        }
    }
}
