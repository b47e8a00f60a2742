//! Multipart uploads.

use std::time::SystemTime;

use s3s::{
    S3Request,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
        CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyPartResult,
        CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput,
        ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, UploadPartCopyInput,
        UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
    },
};

use super::{
    Backend,
    listings::{Spelling, url_path},
    objects::{source, sums},
    page_size, place,
};
use crate::s3::{
    access::owner,
    change::Change,
    checksum::Plan,
    conditions::WriteCondition,
    expected::Expected,
    multipart::{MAX_PARTS, Promised},
    object::{Part, Upload},
    range::{Slice, slice},
    refusal::Refusal,
};

impl Backend {
    pub(super) async fn begin_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> Result<CreateMultipartUploadOutput, Refusal> {
        let acl = self.rules.requested_acl(&request.headers)?;
        let at = place(request.input.bucket.clone(), request.input.key);
        let upload = self.store.create_upload(at, &request.headers, acl).await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(request.input.bucket),
            key: Some(upload.key),
            upload_id: Some(upload.id),
            checksum_algorithm: upload.details.checksum.map(algorithm),
            checksum_type: upload.details.checksum.map(coverage),
            ..CreateMultipartUploadOutput::default()
        })
    }

    pub(super) async fn put_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> Result<UploadPartOutput, Refusal> {
        let number = part_number(request.input.part_number)?;
        let mut expected = Expected::from_request(&request.headers, request.trailing_headers)?;
        let at = place(request.input.bucket, request.input.key);
        let upload = self.store.open_upload(&at, &request.input.upload_id).await?;
        expected.compute(upload.details.checksum.map(|plan| plan.algorithm));
        let body = request.input.body.ok_or(Refusal::IncompleteBody)?;
        expected.require_length(&body)?;
        let received = self.store.receive(body, expected).await?;
        let part = self.store.put_part(at, upload.id, number, received).await?;
        let sums = sums(part.details.checksum.as_ref());
        Ok(UploadPartOutput {
            e_tag: Some(ETag::Strong(part.details.md5)),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
            ..UploadPartOutput::default()
        })
    }

    pub(super) async fn copy_part(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> Result<UploadPartCopyOutput, Refusal> {
        let number = part_number(request.input.part_number)?;
        let from = source(&request.input.copy_source)?;
        let at = place(request.input.bucket, request.input.key);
        let upload = self.store.open_upload(&at, &request.input.upload_id).await?;
        let original = self.copy_source(&from, &request.headers).await?;
        let range = match slice(request.input.copy_source_range.as_deref(), original.size) {
            Slice::Whole => 0..original.size,
            Slice::Bytes(range) => range,
            Slice::Unsatisfiable => return Err(Refusal::InvalidRange { size: original.size }),
        };
        let bytes = self.store.read(&original, range).await?;
        let mut expected = Expected::nothing();
        expected.compute(upload.details.checksum.map(|plan| plan.algorithm));
        let received = self.store.receive(bytes, expected).await?;
        let part = self.store.put_part(at, upload.id, number, received).await?;
        let result = CopyPartResult {
            e_tag: Some(ETag::Strong(part.details.md5)),
            last_modified: Some(SystemTime::from(part.modified).into()),
            ..CopyPartResult::default()
        };
        Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
    }

    pub(super) async fn parts(&self, request: S3Request<ListPartsInput>) -> Result<ListPartsOutput, Refusal> {
        let input = request.input;
        let most = page_size(input.max_parts)?;
        let after = input.part_number_marker.unwrap_or(0);
        let at = place(input.bucket, input.key);
        let upload = self.store.open_upload(&at, &input.upload_id).await?;
        let mut parts = self.store.index.parts(&upload.id, after, most + 1).await?;
        let truncated = parts.len() > most;
        parts.truncate(most);
        Ok(ListPartsOutput {
            bucket: Some(at.bucket),
            key: Some(at.key),
            upload_id: Some(upload.id),
            owner: Some(owner()),
            checksum_algorithm: upload.details.checksum.map(algorithm),
            checksum_type: upload.details.checksum.map(coverage),
            part_number_marker: Some(after),
            next_part_number_marker: parts.last().map(|part| part.number),
            max_parts: i32::try_from(most).ok(),
            is_truncated: Some(truncated),
            parts: Some(parts.into_iter().map(listed_part).collect()),
            ..ListPartsOutput::default()
        })
    }

    pub(super) async fn uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> Result<ListMultipartUploadsOutput, Refusal> {
        let input = request.input;
        if input.delimiter.is_some() {
            return Err(Refusal::NotImplemented("Listing multipart uploads with a delimiter"));
        }
        let spelling = Spelling::asked(input.encoding_type.as_ref())?;
        let most = page_size(input.max_uploads)?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let key_marker = input.key_marker.clone().unwrap_or_default();
        // a key marker alone stands for all uploads of that key: no id sorts after this
        let id_marker =
            if key_marker.is_empty() { "" } else { input.upload_id_marker.as_deref().unwrap_or("~") };
        let mut uploads =
            self.store.index.uploads(&input.bucket, &prefix, (&key_marker, id_marker), most + 1).await?;
        let truncated = uploads.len() > most;
        uploads.truncate(most);
        let last = uploads.last().filter(|_| truncated);
        Ok(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: Some(spelling.spell(prefix)),
            key_marker: Some(spelling.spell(key_marker)),
            upload_id_marker: input.upload_id_marker,
            next_key_marker: last.map(|upload| spelling.spell(upload.key.clone())),
            next_upload_id_marker: last.map(|upload| upload.id.clone()),
            max_uploads: i32::try_from(most).ok(),
            is_truncated: Some(truncated),
            encoding_type: input.encoding_type,
            uploads: Some(uploads.into_iter().map(|upload| listed_upload(upload, spelling)).collect()),
            ..ListMultipartUploadsOutput::default()
        })
    }

    pub(super) async fn complete_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> Result<CompleteMultipartUploadOutput, Refusal> {
        let input = request.input;
        let condition = WriteCondition::from_headers(&request.headers)?;
        let promised = Promised::from_headers(&request.headers);
        let listed = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let host =
            request.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let location = format!("http://{host}/{}/{}", input.bucket, url_path(&input.key));
        let at = place(input.bucket.clone(), input.key.clone());
        let (etag, checksum) =
            self.store.complete_upload(at, &input.upload_id, &listed, promised, condition).await?;
        let sums = sums(checksum.as_ref());
        Ok(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            location: Some(location),
            e_tag: Some(ETag::Strong(etag)),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
            checksum_type: sums.checksum_type,
            ..CompleteMultipartUploadOutput::default()
        })
    }

    pub(super) async fn abort_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> Result<AbortMultipartUploadOutput, Refusal> {
        let at = place(request.input.bucket, request.input.key);
        self.store.index.require_bucket(&at.bucket).await?;
        self.store.change(Change::AbortUpload { at, upload: request.input.upload_id }).await?;
        Ok(AbortMultipartUploadOutput::default())
    }
}

fn part_number(number: i32) -> Result<i32, Refusal> {
    if (1..=MAX_PARTS).contains(&number) {
        Ok(number)
    } else {
        Err(Refusal::InvalidArgument("Part number must be an integer between 1 and 10000, inclusive"))
    }
}

fn algorithm(plan: Plan) -> ChecksumAlgorithm {
    ChecksumAlgorithm::from_static(plan.algorithm.name())
}

fn coverage(plan: Plan) -> ChecksumType {
    ChecksumType::from_static(plan.coverage.name())
}

fn listed_part(part: Part) -> s3s::dto::Part {
    let sums = sums(part.details.checksum.as_ref());
    s3s::dto::Part {
        part_number: Some(part.number),
        size: i64::try_from(part.details.segment.size).ok(),
        e_tag: Some(ETag::Strong(part.details.md5)),
        last_modified: Some(SystemTime::from(part.modified).into()),
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
    }
}

fn listed_upload(upload: Upload, spelling: Spelling) -> MultipartUpload {
    MultipartUpload {
        key: Some(spelling.spell(upload.key)),
        upload_id: Some(upload.id),
        initiated: Some(SystemTime::from(upload.initiated).into()),
        owner: Some(owner()),
        checksum_algorithm: upload.details.checksum.map(algorithm),
        checksum_type: upload.details.checksum.map(coverage),
        ..MultipartUpload::default()
    }
}
