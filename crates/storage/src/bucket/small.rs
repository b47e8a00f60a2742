//! Thumbnails in the bucket: read and written whole, private, and removed together.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::{Bytes, BytesMut};
use md5::{Digest as _, Md5};

use super::{Bucket, CACHE_CONTROL, S3Error, ask, retry::retrying};
use crate::digest::Md5Digest;

/// The metadata that tells of what an object is a thumbnail.
pub(super) const THUMBNAIL_OF: &str = "thumbnail-of";
/// No thumbnail of ours is larger.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// How long it is remembered that a server deletes objects only one by one; it may learn, or be given the right.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// Whether the server is known to delete objects only one by one.
#[derive(Debug, Default)]
pub(super) struct OneByOne(Mutex<Option<Instant>>);

impl OneByOne {
    fn is_known(&self) -> bool {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() < REMEMBERED)
    }

    fn remember(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// A thumbnail to write, without its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SmallObject<'a> {
    /// Its key.
    pub(crate) key: &'a str,
    /// What tells of which image it is, in ASCII.
    pub(crate) of: &'a str,
    /// Its media type.
    pub(crate) content_type: &'static str,
}

impl Bucket {
    /// The bytes of the thumbnail `key`; none if there is none, or not `of` this image.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn small_object(&self, key: &str, of: &str) -> Result<Option<Bytes>, S3Error> {
        match retrying(|| self.read_small(key, of)).await {
            // whoever may not list the bucket is refused what is not there
            Err(error) if error.is_missing_key() || error.is_denied() => Ok(None),
            read => read,
        }
    }

    async fn read_small(&self, key: &str, of: &str) -> Result<Option<Bytes>, S3Error> {
        let mut opened = self.open_once(key, None).await?;
        let is_another = opened.thumbnail_of.as_deref().is_some_and(|found| found != of);
        if is_another || opened.about.size > MOST_BYTES {
            return Ok(None);
        }
        let mut bytes = BytesMut::new();
        while let Some(piece) = opened.body.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(bytes.freeze()))
    }

    /// Writes a thumbnail. It gets no ACL: this service alone reads it.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn put_small(&self, small: &SmallObject<'_>, bytes: &Bytes) -> Result<(), S3Error> {
        const OPERATION: &str = "PutObject";
        let mut hash = Md5::new();
        hash.update(bytes);
        let md5 = Md5Digest::finish(hash).base64();
        let put = retrying(|| {
            let request = self
                .client
                .put_object()
                .bucket(&self.name)
                .key(small.key)
                .content_type(small.content_type)
                .cache_control(CACHE_CONTROL)
                .metadata(THUMBNAIL_OF, small.of)
                .content_md5(&md5)
                .body(bytes.clone().into())
                .send();
            self.in_time(OPERATION, ask(OPERATION, request))
        });
        put.await.map(|_| ())
    }

    /// Removes these objects, fine if there are none: in one request, or one by one where the server will not.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn delete_all(&self, keys: &[String]) -> Result<(), S3Error> {
        if self.one_by_one.is_known() {
            return self.delete_each(keys).await;
        }
        match retrying(|| self.delete_together(keys)).await {
            Ok(left) => self.delete_each(&left).await,
            Err(error) if error.is_transient() => Err(error),
            // it does not know the request, or wants a checksum of another kind with it
            Err(error) => {
                tracing::debug!(error = %error, "objects are deleted one by one");
                self.delete_each(keys).await?;
                self.one_by_one.remember();
                Ok(())
            }
        }
    }

    async fn delete_each(&self, keys: &[String]) -> Result<(), S3Error> {
        futures::future::try_join_all(keys.iter().map(|key| self.delete(key))).await.map(|_| ())
    }

    /// The keys that are left.
    async fn delete_together(&self, keys: &[String]) -> Result<Vec<String>, S3Error> {
        const OPERATION: &str = "DeleteObjects";
        let senseless = |_| S3Error::Senseless { operation: OPERATION };
        let named = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let named = named.collect::<Result<Vec<_>, _>>().map_err(senseless)?;
        let wanted = Delete::builder().set_objects(Some(named)).quiet(true).build().map_err(senseless)?;
        let request = self.client.delete_objects().bucket(&self.name).delete(wanted).send();
        let answer = self.in_time(OPERATION, ask(OPERATION, request)).await?;
        if answer.errors().is_empty() {
            return Ok(Vec::new());
        }
        // which ones failed it need not say well
        Ok(keys.to_vec())
    }
}
