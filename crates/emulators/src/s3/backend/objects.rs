//! Writing, copying and deleting objects.

use std::time::SystemTime;

use futures::future::join_all;
use s3s::{
    S3Request,
    dto::{
        CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
        DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, Error,
        MetadataDirective, PostObjectInput, PostObjectOutput, PutObjectInput, PutObjectOutput,
    },
};

use super::{Backend, place};
use crate::s3::{
    access::Acl,
    change::{Change, Place},
    checksum::{Algorithm, Checksum},
    conditions::{Names, Verdict, WriteCondition, weigh},
    expected::Expected,
    object::{Details, Object, kept_headers, now},
    refusal::Refusal,
};

/// The most keys that one request may delete.
const MAX_DELETES: usize = 1000;

impl Backend {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> Result<PutObjectOutput, Refusal> {
        let acl = self.rules.requested_acl(&request.headers)?;
        let condition = WriteCondition::from_headers(&request.headers)?;
        let details = Details { headers: kept_headers(&request.headers)?, acl, ..Details::default() };
        let mut expected = Expected::from_request(&request.headers, request.trailing_headers)?;
        let at = place(request.input.bucket, request.input.key);
        self.store.check_write(&at, &condition).await?;
        let body = request.input.body.ok_or(Refusal::IncompleteBody)?;
        expected.require_length(&body)?;
        let received = self.store.receive(body, expected).await?;
        let object = self.store.put(at, received, details, condition).await?;
        let sums = sums(object.details.checksum.as_ref());
        Ok(PutObjectOutput {
            e_tag: Some(ETag::Strong(object.etag)),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
            ..PutObjectOutput::default()
        })
    }

    /// A form's fields are not headers, and headers are what this server keeps.
    #[expect(clippy::unused_async, reason = "all operations are called alike")]
    pub(super) async fn put_by_form(
        &self,
        _: S3Request<PostObjectInput>,
    ) -> Result<PostObjectOutput, Refusal> {
        Err(Refusal::NotImplemented("Uploading by an HTML form"))
    }

    pub(super) async fn copy(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> Result<CopyObjectOutput, Refusal> {
        let acl = self.rules.requested_acl(&request.headers)?;
        let condition = WriteCondition::from_headers(&request.headers)?;
        let from = source(&request.input.copy_source)?;
        let at = place(request.input.bucket, request.input.key);
        let directive = request.input.metadata_directive.as_ref().map(MetadataDirective::as_str);
        let replace = directive == Some(MetadataDirective::REPLACE);
        if !replace && at == from {
            return Err(Refusal::InvalidRequest(
                "This copy request is illegal because it is trying to copy an object to itself without changing the \
                 object's metadata, storage class, website redirect location or encryption attributes.",
            ));
        }
        self.store.check_write(&at, &condition).await?;
        let original = self.copy_source(&from, &request.headers).await?;
        let headers =
            if replace { kept_headers(&request.headers)? } else { original.details.headers.clone() };
        let copy = self.copy_object_to(at, original, headers, acl, condition).await?;
        let result = CopyObjectResult {
            e_tag: Some(ETag::Strong(copy.etag)),
            last_modified: Some(SystemTime::from(copy.modified).into()),
            ..CopyObjectResult::default()
        };
        Ok(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
    }

    /// The object to copy from, if the conditions on it hold.
    pub(super) async fn copy_source(
        &self,
        from: &Place,
        headers: &http::HeaderMap,
    ) -> Result<Object, Refusal> {
        let object = self.store.index.object(&from.bucket, &from.key).await?;
        match weigh(headers, &Names::of_copy_source(), &object.etag, object.modified) {
            Verdict::Proceed => Ok(object),
            Verdict::NotModified | Verdict::Failed => Err(Refusal::PreconditionFailed),
        }
    }

    async fn copy_object_to(
        &self,
        at: Place,
        original: Object,
        headers: Vec<(String, String)>,
        acl: Acl,
        condition: WriteCondition,
    ) -> Result<Object, Refusal> {
        let details = Details { headers, acl, ..Details::default() };
        let &[segment] = original.details.segments.as_slice() else {
            return self.copy_joined(at, &original, details, condition).await;
        };
        if original.etag.contains('-') {
            return self.copy_joined(at, &original, details, condition).await;
        }
        let blob = self.store.duplicate(segment).await?;
        let segments = vec![crate::s3::object::Segment { blob: blob.id, size: segment.size }];
        let details = Details { segments, checksum: original.details.checksum, ..details };
        let object = Object { size: original.size, etag: original.etag, modified: now(), details };
        let change = Change::PutObject { at, object: object.clone(), condition };
        self.store.change_with(change, vec![blob]).await?;
        Ok(object)
    }

    /// The copy of a multipart object is one file, with an MD5 for its ETag.
    async fn copy_joined(
        &self,
        at: Place,
        original: &Object,
        details: Details,
        condition: WriteCondition,
    ) -> Result<Object, Refusal> {
        let bytes = self.store.read(original, 0..original.size).await?;
        let received = self.store.receive(bytes, Expected::nothing()).await?;
        self.store.put(at, received, details, condition).await
    }

    pub(super) async fn delete(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> Result<DeleteObjectOutput, Refusal> {
        let condition = WriteCondition::from_headers(&request.headers)?;
        let at = place(request.input.bucket, request.input.key);
        self.store.change(Change::DeleteObject { at, condition }).await?;
        Ok(DeleteObjectOutput::default())
    }

    pub(super) async fn delete_many(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> Result<DeleteObjectsOutput, Refusal> {
        let DeleteObjectsInput { bucket, delete, .. } = request.input;
        if delete.objects.len() > MAX_DELETES {
            return Err(Refusal::InvalidRequest("at most 1000 keys can be deleted at once"));
        }
        self.store.index.require_bucket(&bucket).await?;
        let deletions = delete.objects.into_iter().map(async |object| {
            let condition = WriteCondition {
                absent: false,
                etag: object.e_tag.map(|etag| format!("\"{}\"", etag.value())),
            };
            let at = place(bucket.clone(), object.key.clone());
            (object.key, self.store.change(Change::DeleteObject { at, condition }).await)
        });
        let mut deleted = Vec::new();
        let mut errors = Vec::new();
        for (key, outcome) in join_all(deletions).await {
            match outcome {
                Ok(()) => deleted.push(DeletedObject { key: Some(key), ..DeletedObject::default() }),
                Err(refusal) => errors.push(delete_error(key, refusal)),
            }
        }
        if delete.quiet == Some(true) {
            deleted.clear();
        }
        Ok(DeleteObjectsOutput {
            deleted: Some(deleted),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        })
    }
}

fn delete_error(key: String, refusal: Refusal) -> Error {
    let error = s3s::S3Error::from(refusal);
    Error {
        key: Some(key),
        code: Some(error.code().as_str().to_owned()),
        message: error.message().map(str::to_owned),
        version_id: None,
    }
}

/// The object that a copy is made of.
pub(super) fn source(source: &CopySource) -> Result<Place, Refusal> {
    match source {
        CopySource::Bucket { bucket, key, version_id }
            if version_id.as_deref().is_none_or(|id| id == "null") =>
        {
            Ok(place(bucket.to_string(), key.to_string()))
        }
        CopySource::Bucket { .. } => Err(Refusal::InvalidArgument("Invalid version id specified")),
        _ => Err(Refusal::NotImplemented("Copying from an access point")),
    }
}

/// A checksum as the fields that answers have for it.
pub(super) fn sums(checksum: Option<&Checksum>) -> s3s::dto::Checksum {
    let mut sums = s3s::dto::Checksum::default();
    if let Some(checksum) = checksum {
        let field = match checksum.algorithm {
            Algorithm::Crc32 => &mut sums.checksum_crc32,
            Algorithm::Crc32c => &mut sums.checksum_crc32c,
            Algorithm::Crc64nvme => &mut sums.checksum_crc64nvme,
            Algorithm::Sha1 => &mut sums.checksum_sha1,
            Algorithm::Sha256 => &mut sums.checksum_sha256,
        };
        *field = Some(checksum.value.clone());
        sums.checksum_type = Some(s3s::dto::ChecksumType::from_static(checksum.coverage.name()));
    }
    sums
}
