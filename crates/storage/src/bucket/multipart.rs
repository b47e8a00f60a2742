//! Objects in parts: invisible until completed, and gone without a trace when aborted.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::{Bucket, CACHE_CONTROL, ObjectHead, S3Error, ask, body, retry::retrying};
use crate::{digest::Md5Digest, object_key::is_ours};

/// Putting many parts together can take a server minutes.
const COMPLETION_SILENCE: Duration = Duration::from_secs(300);

/// Pages of unfinished uploads that are read at a time, of at most a thousand each: what is left is found the next time.
const MOST_PAGES: usize = 100;

/// An upload that has begun.
#[derive(Debug, Clone)]
pub(crate) struct MultipartUpload {
    key: String,
    id: String,
}

/// A part that S3 has.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    number: i32,
    etag: Option<String>,
    md5: Md5Digest,
}

/// An unfinished upload of ours that was found in the bucket.
#[derive(Debug, Clone)]
pub(crate) struct OldUpload {
    /// The upload.
    pub(crate) upload: MultipartUpload,
    /// When it was begun.
    pub(crate) begun: SystemTime,
}

impl Bucket {
    /// Begins an upload.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn begin_multipart(&self, head: &ObjectHead) -> Result<MultipartUpload, S3Error> {
        const OPERATION: &str = "CreateMultipartUpload";
        let begun = self.with_acl(|acl| {
            let request = self
                .client
                .create_multipart_upload()
                .bucket(&self.name)
                .key(head.key.as_str())
                .set_acl(acl)
                .content_type(&head.content_type)
                .content_disposition(&head.content_disposition)
                .cache_control(CACHE_CONTROL);
            self.in_time(OPERATION, ask(OPERATION, request.send()))
        });
        let id = begun.await?.upload_id.unwrap_or_default();
        Ok(MultipartUpload { key: head.key.as_str().to_owned(), id })
    }

    /// Sends part `number` (from 1), trying again where S3 is busy or gone.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn put_part(
        &self,
        upload: &MultipartUpload,
        number: i32,
        bytes: Bytes,
        md5: Md5Digest,
    ) -> Result<Part, S3Error> {
        const OPERATION: &str = "UploadPart";
        let etag = retrying(|| async {
            let (feeder, fed_body) = body::channel(OPERATION, bytes.len() as u64, self.silence);
            let mut etag = None;
            let send = async {
                let request = self
                    .client
                    .upload_part()
                    .bucket(&self.name)
                    .key(&upload.key)
                    .upload_id(&upload.id)
                    .part_number(number)
                    .content_length(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
                    .content_md5(md5.base64())
                    .body(fed_body);
                etag = ask(OPERATION, request.send()).await?.e_tag;
                Ok(())
            };
            body::transfer(OPERATION, send, feeder.send_all(bytes.clone()), self.silence).await?;
            Ok(etag)
        });
        Ok(Part { number, etag: etag.await?, md5 })
    }

    /// Makes the object of `parts` (in order) visible.
    ///
    /// # Errors
    /// What S3 has to say at last. An error in the body of a success is one.
    pub(crate) async fn complete_multipart(
        &self,
        upload: &MultipartUpload,
        parts: &[Part],
        size: u64,
    ) -> Result<(), S3Error> {
        const OPERATION: &str = "CompleteMultipartUpload";
        let completed = retrying(|| async {
            let parts = parts
                .iter()
                .map(|part| {
                    CompletedPart::builder().part_number(part.number).set_e_tag(part.etag.clone()).build()
                })
                .collect();
            let request = self
                .client
                .complete_multipart_upload()
                .bucket(&self.name)
                .key(&upload.key)
                .upload_id(&upload.id)
                .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
                .send();
            let answer = tokio::time::timeout(COMPLETION_SILENCE, ask(OPERATION, request));
            answer.await.unwrap_or(Err(S3Error::Silent { operation: OPERATION })).map(drop)
        });
        match completed.await {
            // the upload is gone where it was completed, but the answer was lost
            Err(error) if error.code() == Some("NoSuchUpload") => {
                if self.is_stored(upload, parts, size).await { Ok(()) } else { Err(error) }
            }
            answer => answer,
        }
    }

    /// True when the object is there and is what these parts make.
    async fn is_stored(&self, upload: &MultipartUpload, parts: &[Part], size: u64) -> bool {
        let Ok(Some(object)) = self.find(&upload.key).await else { return false };
        let same_size = object.content_length().and_then(|length| u64::try_from(length).ok()) == Some(size);
        let mut all = Md5::new();
        for part in parts {
            all.update(part.md5.bytes());
        }
        let expected = format!("{}-{}", Md5Digest::finish(all), parts.len());
        same_size && object.e_tag().is_some_and(|etag| etag.trim_matches('"') == expected)
    }

    /// Drops what was sent of an upload.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn abort_multipart(&self, upload: &MultipartUpload) -> Result<(), S3Error> {
        const OPERATION: &str = "AbortMultipartUpload";
        let aborted = retrying(|| {
            let request = self
                .client
                .abort_multipart_upload()
                .bucket(&self.name)
                .key(&upload.key)
                .upload_id(&upload.id)
                .send();
            self.in_time(OPERATION, ask(OPERATION, request))
        });
        match aborted.await {
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Unfinished uploads in the bucket, not all where there are very many, whose keys are of our shape.
    ///
    /// # Errors
    /// What S3 has to say at last; some servers cannot list them.
    pub(crate) async fn unfinished_uploads(&self) -> Result<Vec<OldUpload>, S3Error> {
        const OPERATION: &str = "ListMultipartUploads";
        let mut found = Vec::new();
        let (mut after_key, mut after_id) = (None, None);
        for _ in 0..MOST_PAGES {
            let page = retrying(|| {
                let request = self
                    .client
                    .list_multipart_uploads()
                    .bucket(&self.name)
                    .set_key_marker(after_key.clone())
                    .set_upload_id_marker(after_id.clone())
                    .send();
                self.in_time(OPERATION, ask(OPERATION, request))
            });
            let page = page.await?;
            found.extend(page.uploads().iter().filter_map(|listed| {
                let key = listed.key().filter(|key| is_ours(key))?.to_owned();
                let begun = SystemTime::try_from(*listed.initiated()?).ok()?;
                Some(OldUpload { upload: MultipartUpload { key, id: listed.upload_id()?.to_owned() }, begun })
            }));
            let more = page.is_truncated() == Some(true) && page.next_key_marker.is_some();
            let next = (page.next_key_marker, page.next_upload_id_marker);
            // a server that says "more" and does not go on would be asked for ever
            if !more || next == (after_key, after_id) {
                break;
            }
            (after_key, after_id) = next;
        }
        Ok(found)
    }
}

#[cfg(test)]
impl Bucket {
    /// Begins an upload that is not ours, for tests.
    pub(crate) async fn begin_foreign_multipart(&self, key: &str) {
        let request = self.client.create_multipart_upload().bucket(&self.name).key(key);
        request.send().await.unwrap();
    }
}
