//! The bucket: every request that this service makes to S3.
//!
//! Bodies go out as they are fed (see [`body`]), so that nobody can see an object before its last bytes are released.
//! What costs nothing to send again is tried again here; a body that came from a client is not kept for that.

mod acl;
mod body;
mod connect;
mod error;
mod etag;
mod listing;
mod look;
mod multipart;
mod questions;
mod read;
mod retry;
mod small;

use std::time::Duration;

use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
    types::ObjectCannedAcl,
};
use bytes::Bytes;

#[cfg(test)]
pub(crate) use self::body::channel;
use self::{acl::AclChoice, body::transfer, error::Refusal, retry::retrying, small::OneByOne};
pub(crate) use self::{
    body::{FedBody, Feeder},
    error::S3Error,
    multipart::{MultipartUpload, Part},
    questions::Look,
    read::{About, Opened, Reading, Span},
    small::SmallObject,
};
use crate::{
    config::{BucketConfig, ObjectAcl},
    digest::Md5Digest,
    object_key::ObjectKey,
    object_url::ObjectUrls,
};

/// Objects never change under their key: browsers and caches may keep them.
pub(crate) const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// A key of our shape whose uuid no object gets.
const NOBODYS_KEY: &str = "00000000-0000-0000-0000-000000000000_nothing";

/// One bucket, reachable.
#[derive(Debug)]
pub(crate) struct Bucket {
    client: Client,
    name: String,
    urls: ObjectUrls,
    acl: AclChoice,
    one_by_one: OneByOne,
    silence: Duration,
}

/// An object to write, without its bytes.
#[derive(Debug, Clone)]
pub(crate) struct ObjectHead {
    /// Its key.
    pub(crate) key: ObjectKey,
    /// Its `Content-Type`.
    pub(crate) content_type: String,
    /// Its `Content-Disposition`.
    pub(crate) content_disposition: String,
}

impl Bucket {
    /// Sets everything up; nothing is sent yet. `silence` is the longest time without a sign of life from S3.
    pub(crate) async fn connect(config: &BucketConfig, acl: ObjectAcl, silence: Duration) -> Self {
        let (endpoint, public) = (config.endpoint.as_deref(), config.public_url.as_deref());
        Self {
            client: connect::client(config).await,
            name: config.name.clone(),
            urls: ObjectUrls::new(&config.name, &config.region, endpoint, public),
            acl: AclChoice::new(acl),
            one_by_one: OneByOne::default(),
            silence,
        }
    }

    /// The public URLs of the bucket's objects.
    pub(crate) fn urls(&self) -> &ObjectUrls {
        &self.urls
    }

    /// True once it is known whether the bucket takes ACLs. Until then a body must be kept for a second try.
    pub(crate) fn knows_its_acls(&self) -> bool {
        self.acl.is_settled()
    }

    /// Writes an object of `size` bytes that `feed` hands over as they come, and does not try again.
    ///
    /// The object becomes visible when `feed` has handed over the last byte. When `feed` fails before, the connection is
    /// closed short and nothing is written.
    ///
    /// # Errors
    /// What S3, or `feed`, has to say.
    pub(crate) async fn put_streamed<E: From<S3Error>>(
        &self,
        head: &ObjectHead,
        size: u64,
        md5: Option<Md5Digest>,
        feed: impl AsyncFnOnce(Feeder) -> Result<Md5Digest, E>,
    ) -> Result<Md5Digest, E> {
        let acl = self.acl.wanted();
        let (feeder, body) = body::channel("PutObject", size, self.silence);
        let mut stored_as = None;
        let request = async {
            let put = self.put(head, acl.clone(), size, md5, body).await;
            stored_as = put.map_err(|error| self.acl.explain_streamed(error, acl.is_some()))?;
            Ok(())
        };
        let sent = transfer("PutObject", request, feed(feeder), self.silence).await?;
        self.acl.accepted();
        self.compare(&head.key, stored_as, sent).await?;
        Ok(sent)
    }

    /// Writes an object whose bytes are all here, trying again where S3 is busy or gone, and without ACL where it
    /// refuses ACLs.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn put_bytes(
        &self,
        head: &ObjectHead,
        bytes: &Bytes,
        md5: Md5Digest,
    ) -> Result<(), S3Error> {
        let size = bytes.len() as u64;
        let stored_as = self
            .with_acl(|acl| async move {
                let (feeder, body) = body::channel("PutObject", size, self.silence);
                let mut stored_as = None;
                let request = async {
                    stored_as = self.put(head, acl, size, Some(md5), body).await?;
                    Ok(())
                };
                transfer("PutObject", request, feeder.send_all(bytes.clone()), self.silence).await?;
                Ok(stored_as)
            })
            .await?;
        self.compare(&head.key, stored_as, md5).await
    }

    async fn put(
        &self,
        head: &ObjectHead,
        acl: Option<ObjectCannedAcl>,
        size: u64,
        md5: Option<Md5Digest>,
        body: ByteStream,
    ) -> Result<Option<Md5Digest>, S3Error> {
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(head.key.as_str())
            .set_acl(acl)
            .content_type(&head.content_type)
            .content_disposition(&head.content_disposition)
            .cache_control(CACHE_CONTROL)
            .content_length(i64::try_from(size).unwrap_or(i64::MAX))
            .set_content_md5(md5.map(|md5| md5.base64()))
            .body(body)
            .send();
        let stored = ask("PutObject", request).await?;
        Ok(etag::md5_of(&stored, &self.name))
    }

    /// Calls with the ACL that objects get; once more without, where the bucket turns out to refuse ACLs.
    async fn with_acl<T, Calling>(
        &self,
        call: impl Fn(Option<ObjectCannedAcl>) -> Calling,
    ) -> Result<T, S3Error>
    where
        Calling: Future<Output = Result<T, S3Error>>,
    {
        let wanted = self.acl.wanted();
        let had_acl = wanted.is_some();
        let first = retrying(|| call(wanted.clone())).await;
        match first {
            Ok(done) => {
                self.acl.accepted();
                Ok(done)
            }
            Err(error) if had_acl && self.acl.gives_way_to(&error) => retrying(|| call(None)).await,
            Err(error) => Err(acl::explain(error, had_acl)),
        }
    }

    /// What S3 says it stored must be what was sent. An object that is not goes.
    async fn compare(
        &self,
        key: &ObjectKey,
        stored: Option<Md5Digest>,
        sent: Md5Digest,
    ) -> Result<(), S3Error> {
        if stored.is_none_or(|stored| stored == sent) {
            return Ok(());
        }
        tracing::error!(%key, "S3 stored other bytes than it was sent; the object is removed");
        self.delete(key.as_str()).await?;
        Err(S3Error::Corrupted)
    }

    /// Removes the object `key`; fine if there is none.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), S3Error> {
        let deleted = retrying(|| {
            let request = self.client.delete_object().bucket(&self.name).key(key).send();
            self.in_time("DeleteObject", ask("DeleteObject", request))
        });
        match deleted.await {
            Ok(_) => Ok(()),
            Err(error) if error.is_missing_key() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks S3 to delete what cannot be there, to hear what it says to deletes.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn delete_nothing(&self) -> Result<(), S3Error> {
        self.delete(NOBODYS_KEY).await
    }

    /// Asks for the bucket itself, once.
    ///
    /// # Errors
    /// When the bucket is not there, or S3 is not. A refusal to show it is no error: the right to list a bucket is not
    /// needed to write to it.
    pub(crate) async fn probe(&self) -> Result<(), S3Error> {
        const OPERATION: &str = "HeadBucket";
        let request = self.client.head_bucket().bucket(&self.name).send();
        match self.in_time(OPERATION, ask(OPERATION, request)).await {
            Ok(_) => Ok(()),
            Err(S3Error::Refused(Refusal { status: 403, .. })) => Ok(()),
            // the answer to HEAD has no body that could say so
            Err(S3Error::Refused(refusal)) if refusal.status == 404 => {
                Err(S3Error::Refused(refusal.no_such_bucket()))
            }
            Err(error) => Err(error),
        }
    }

    async fn in_time<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, S3Error>>,
    ) -> Result<T, S3Error> {
        tokio::time::timeout(self.silence, call).await.unwrap_or(Err(S3Error::Silent { operation }))
    }
}

/// Awaits an answer of the SDK. Its futures are large: each is boxed here, once.
fn ask<O, E>(
    operation: &'static str,
    request: impl Future<Output = Result<O, SdkError<E>>> + Send,
) -> impl Future<Output = Result<O, S3Error>> + Send
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let request = Box::pin(request);
    async move { request.await.map_err(|error| S3Error::of(operation, error)) }
}
