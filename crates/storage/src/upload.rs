//! From a body to an object: one pass over the bytes, and nothing visible before they are known to be right.
//!
//! Three ways, by size: what is small, or may have to be sent twice, is read into memory first; more is streamed through
//! in one request whose last bytes are held back; above 16 MiB it goes in parts.

mod error;
mod memory;
mod multipart;
mod parts;
mod source;
mod streamed;

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use service::{Shutdown, metrics::Counter};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tracing::Instrument as _;
use uuid::Uuid;

pub(crate) use self::{
    error::{UploadError, refused_by_s3},
    memory::store_bytes,
    source::{Source, impatient},
};
use crate::{
    bucket::{Bucket, MultipartUpload, ObjectHead, S3Error},
    budget::{Budget, Busy},
    digest::{Hashers, Md5Digest},
    disposition::content_disposition,
    object_key::ObjectKey,
    sniff::{HEAD_BYTES, sniff},
};

/// The largest object that goes in one request.
pub(crate) const MAX_SINGLE: u64 = 16 * 1024 * 1024;
/// The largest object that is read into memory first, so that it can be sent again.
const MAX_IN_MEMORY: u64 = 256 * 1024;
/// Larger objects that are, to learn how the bucket takes them.
pub(crate) const FIRSTS_AT_ONCE: usize = 2;

/// What is needed to store objects.
#[derive(Debug, Clone)]
pub(crate) struct Uploads {
    /// Objects that were stored.
    pub(crate) stored_objects: Counter,
    /// Their bytes.
    pub(crate) stored_bytes: Counter,
    /// Where to.
    pub(crate) bucket: Arc<Bucket>,
    /// The memory to do it in.
    pub(crate) budget: Budget,
    /// Who computes their MD5s.
    pub(crate) hashers: Hashers,
    /// Turns to be among the first.
    pub(crate) firsts: Arc<Semaphore>,
    /// The largest image that is stored, if there is a limit.
    pub(crate) most_bytes: Option<u64>,
    /// Longest silence of a client, and longest wait for memory.
    pub(crate) silence: Duration,
    /// Uploads run to their end, or clean up, also when nobody waits for the answer any more.
    pub(crate) tasks: Shutdown,
}

/// What a client says about its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Announced {
    /// First half of the key.
    pub(crate) uuid: Uuid,
    /// The name of the file.
    pub(crate) name: String,
    /// Its type, as whoever made it claims.
    pub(crate) media_type: String,
    /// Its length, where it is known before.
    pub(crate) size: Option<u64>,
    /// Its MD5, where it is known before.
    pub md5: Option<Md5Digest>,
}

/// An object that is stored, whole and verified.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// Its public URL.
    pub(crate) url: String,
    /// Its key.
    pub(crate) key: ObjectKey,
    /// Its length in bytes.
    pub(crate) size: u64,
    /// Its MD5.
    pub md5: Md5Digest,
    /// What it is.
    pub(crate) content_type: String,
    /// Width and height as a viewer sees them, where the bytes passed one by one and told.
    pub(crate) dimensions: Option<(u32, u32)>,
}

impl Uploads {
    /// Stores `body` as announced. The same uuid and name write the same object again.
    ///
    /// # Errors
    /// When the client, S3 or a check fails; nothing is visible then.
    pub(crate) async fn store_body(&self, announced: Announced, body: Body) -> Result<Stored, UploadError> {
        let uploads = self.clone();
        // a task of its own: when the client hangs up, an unfinished upload is still aborted
        let work = async move { uploads.store(announced, body).await };
        let work = client::trace::scope(client::trace::current(), work);
        self.tasks.spawn(work.in_current_span()).await.unwrap_or(Err(UploadError::Internal))
    }

    async fn store(&self, announced: Announced, body: Body) -> Result<Stored, UploadError> {
        self.check_size(announced.size)?;
        let source = Source::new(body, announced.size, self.silence, &self.hashers);
        let mut source = source.with_limit(self.most_bytes);
        let stored = self.store_source(&announced, &mut source).await;
        self.release_waiters();
        if let Ok(stored) = &stored {
            self.stored_objects.increment(1);
            self.stored_bytes.increment(stored.size);
        }
        Ok(Stored { dimensions: source.dimensions(), ..stored? })
    }

    /// Refuses what is known to be too large.
    ///
    /// # Errors
    /// [`UploadError::OverLimit`].
    pub(crate) fn check_size(&self, announced: Option<u64>) -> Result<(), UploadError> {
        match (announced, self.most_bytes) {
            (Some(announced), Some(limit)) if announced > limit => Err(UploadError::OverLimit { limit }),
            _ => Ok(()),
        }
    }

    async fn store_source(&self, announced: &Announced, source: &mut Source) -> Result<Stored, UploadError> {
        match announced.size {
            Some(size) if size > MAX_SINGLE => self.store_large(announced, source, size).await,
            Some(size) if size > MAX_IN_MEMORY => {
                if let Some(_turn) = self.turn_to_be_first().await? {
                    return self.store_buffered(announced, source).await;
                }
                let _share = self.budget.take(streamed::MEMORY, self.silence).await?;
                let head = self.peek(announced, source).await?;
                streamed::store(&self.bucket, announced, head, size, source).await
            }
            _ => self.store_buffered(announced, source).await,
        }
    }

    /// Until it is known whether the bucket takes ACLs, a body must be kept for a second try. The others wait for the
    /// first ones, so that their bodies need not be kept too; none once it is known.
    async fn turn_to_be_first(&self) -> Result<Option<OwnedSemaphorePermit>, UploadError> {
        if self.bucket.knows_its_acls() {
            return Ok(None);
        }
        match timeout(self.silence, Arc::clone(&self.firsts).acquire_owned()).await {
            Ok(Ok(turn)) => Ok((!self.bucket.knows_its_acls()).then_some(turn)),
            // closed: it became known meanwhile
            Ok(Err(_)) => Ok(None),
            Err(_) if self.bucket.knows_its_acls() => Ok(None),
            Err(_) => Err(Busy.into()),
        }
    }

    /// Once it is known whether the bucket takes ACLs, nobody waits for a turn, however slow those are that have one.
    fn release_waiters(&self) {
        if self.bucket.knows_its_acls() {
            self.firsts.close();
        }
    }

    /// Begins an upload in parts. It alone tells whether the bucket takes ACLs, long before the last part.
    async fn begin_multipart(&self, head: &ObjectHead) -> Result<MultipartUpload, S3Error> {
        let begun = self.bucket.begin_multipart(head).await;
        self.release_waiters();
        begun
    }

    /// A large object in parts; in one request where the server knows no parts.
    async fn store_large(
        &self,
        announced: &Announced,
        source: &mut Source,
        size: u64,
    ) -> Result<Stored, UploadError> {
        let first = self.budget.take(streamed::MEMORY, self.silence).await?;
        let head = self.peek(announced, source).await?;
        match self.begin_multipart(&head).await {
            Ok(upload) => {
                drop(first);
                let parts = parts::Parts::streamed(source, self.budget.clone(), Some(size))?;
                multipart::store(self, announced, head, &upload, parts).await
            }
            Err(error) if error.is_unknown_operation() => {
                streamed::store(&self.bucket, announced, head, size, source).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A small object, or one of unknown length: in memory, unless it turns out to be large.
    async fn store_buffered(
        &self,
        announced: &Announced,
        source: &mut Source,
    ) -> Result<Stored, UploadError> {
        let most = announced.size.unwrap_or(MAX_SINGLE).min(MAX_SINGLE);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let share = self.budget.take(most, self.silence).await?;
        let bytes = source.read_up_to(most).await?;
        if source.is_at_end().await? {
            let digest = source.check(announced).await?;
            let head = self.head(announced, &bytes);
            self.bucket.put_bytes(&head, &bytes, digest.md5).await?;
            return Ok(self.stored(head, digest.size, digest.md5));
        }
        let head = self.head(announced, &bytes);
        let upload = self.begin_multipart(&head).await?;
        let parts = parts::Parts::streamed(source, self.budget.clone(), None)?.after(bytes, share);
        multipart::store(self, announced, head, &upload, parts).await
    }

    /// Reads enough of the bytes to tell what they are; they stay in the source.
    async fn peek(&self, announced: &Announced, source: &mut Source) -> Result<ObjectHead, UploadError> {
        let first = source.peek(HEAD_BYTES).await?;
        Ok(self.head(announced, &first))
    }

    fn head(&self, announced: &Announced, first: &[u8]) -> ObjectHead {
        head(&self.bucket, announced, first)
    }

    fn stored(&self, head: ObjectHead, size: u64, md5: Md5Digest) -> Stored {
        stored(&self.bucket, head, size, md5)
    }
}

fn head(bucket: &Bucket, announced: &Announced, first: &[u8]) -> ObjectHead {
    let content = sniff(&first[..first.len().min(HEAD_BYTES)], &announced.media_type);
    ObjectHead {
        key: ObjectKey::new(announced.uuid, &announced.name, bucket.urls().base_chars()),
        content_disposition: content_disposition(&announced.name, content.is_raster),
        content_type: content.media_type,
    }
}

fn stored(bucket: &Bucket, head: ObjectHead, size: u64, md5: Md5Digest) -> Stored {
    let url = bucket.urls().url(&head.key);
    Stored { url, key: head.key, size, md5, content_type: head.content_type, dimensions: None }
}

#[cfg(test)]
mod tests {
    use futures::poll;
    use service::Env;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::{App, config::Config};

    #[tokio::test]
    async fn nobody_waits_for_a_turn_once_the_bucket_is_known() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let env = Env::from_pairs([
            ("AWS_BUCKET_NAME", "b"),
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ]);
        let app = App::build(Config::from_env(&env).unwrap(), Shutdown::new()).await;
        let uploads = app.uploads().unwrap();

        let slow = (uploads.turn_to_be_first().await.unwrap(), uploads.turn_to_be_first().await.unwrap());
        assert!(slow.0.is_some() && slow.1.is_some());
        let mut waiting = std::pin::pin!(uploads.turn_to_be_first());
        assert!(poll!(waiting.as_mut()).is_pending());

        let announced = Announced {
            uuid: Uuid::new_v4(),
            name: "a".to_owned(),
            media_type: String::new(),
            size: Some(4),
            md5: None,
        };
        let answer = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(b"\r\n\r\nbody") {
                socket.read_buf(&mut seen).await.unwrap();
            }
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        };
        let (stored, ()) = tokio::join!(uploads.store(announced, Body::from("body")), answer);
        stored.unwrap();
        assert!(matches!(poll!(waiting.as_mut()), std::task::Poll::Ready(Ok(None))));
        drop(slow);
    }
}
