//! One small object, looked at from all sides and removed again.

use bytes::Bytes;
use service::finding::{Finding, in_time};
use uuid::Uuid;

use super::{
    CREDENTIALS, PICTURE, PICTURE_TYPE, SILENCE,
    advice::{iam_policy, refused},
    browser,
};
use crate::{
    bucket::{Bucket, ObjectHead, S3Error},
    config::{BucketConfig, ObjectAcl},
    digest::Md5Digest,
    object_key::ObjectKey,
};

const PUT: &str = "bucket.put";
const GET: &str = "bucket.get";
const ACLS: &str = "bucket.acls";
const LIST: &str = "bucket.list";
const DELETE: &str = "bucket.delete";

/// Puts, reads, shows and deletes it.
pub(super) async fn try_one(bucket: &Bucket, settings: &BucketConfig, origin: &str) -> Vec<Finding> {
    let key = ObjectKey::new(Uuid::new_v4(), "image-import-doctor.gif", bucket.urls().base_chars());
    let (mut findings, may_be_there) = match in_time(put(bucket, &key)).await {
        Some(Ok(())) => (looks(bucket, settings, &key, origin).await, true),
        Some(Err(error)) => {
            let finding = refused(PUT, settings, &error, "write objects");
            if finding.check == CREDENTIALS {
                return vec![finding];
            }
            match without_acl(bucket, settings, &key, &error, origin).await {
                Some(findings) => (findings, true),
                None => (vec![finding], false),
            }
        }
        None => (vec![Finding::too_slow(PUT, "S3")], true),
    };
    // also where nothing was answered: it may have been written all the same
    findings.push(delete(bucket, settings, &key, may_be_there).await);
    findings
}

async fn put(bucket: &Bucket, key: &ObjectKey) -> Result<(), S3Error> {
    let head = ObjectHead {
        key: key.clone(),
        content_type: PICTURE_TYPE.to_owned(),
        content_disposition: "inline; filename=\"image-import-doctor.gif\"".to_owned(),
    };
    bucket.put_bytes(&head, &Bytes::from_static(PICTURE), Md5Digest::of(PICTURE)).await
}

/// A denied ACL looks like a denied write: tells them apart by writing without one.
async fn without_acl(
    bucket: &Bucket,
    settings: &BucketConfig,
    key: &ObjectKey,
    error: &S3Error,
    origin: &str,
) -> Option<Vec<Finding>> {
    if error.code() != Some("AccessDenied") || !bucket.writes_acls() {
        return None;
    }
    let bucket = Bucket::connect(settings, ObjectAcl::None, SILENCE).await;
    in_time(put(&bucket, key)).await?.ok()?;
    let mut findings = looks(&bucket, settings, key, origin).await;
    findings.retain(|finding| finding.check != ACLS);
    findings.push(Finding::failed(
        ACLS,
        "the bucket denies objects with the ACL public-read ('Block public access', or a key without \
         s3:PutObjectAcl), and takes them without",
        "Set S3_OBJECT_ACL=none.",
    ));
    Some(findings)
}

async fn delete(bucket: &Bucket, settings: &BucketConfig, key: &ObjectKey, may_be_there: bool) -> Finding {
    let stays = format!("The object `{key}` stays in the bucket: remove it by hand.");
    match in_time(bucket.delete(key.as_str())).await {
        Some(Ok(())) => {
            Finding::ok(DELETE, "objects can be deleted; the one that was written to try it is gone")
        }
        Some(Err(error)) => {
            let mut finding = refused(DELETE, settings, &error, "delete objects");
            if may_be_there {
                finding.fix = Some(format!("{} {stays}", finding.fix.unwrap_or_default()));
            }
            finding
        }
        None => Finding::failed(DELETE, "S3 did not answer to a delete in time", stays),
    }
}

/// What can be said about an object that is there.
async fn looks(bucket: &Bucket, settings: &BucketConfig, key: &ObjectKey, origin: &str) -> Vec<Finding> {
    let written = Md5Digest::of(PICTURE).to_string();
    let read = match in_time(bucket.checksum(key.as_str())).await {
        Some(Ok(Some(read))) if read.md5 == written => {
            Finding::ok(GET, "objects can be read back, and are what was written")
        }
        Some(Ok(None)) => Finding::failed(
            GET,
            "an object that was just written is not there",
            "Look for a rule or another program that removes objects, or a cache before S3.",
        ),
        Some(Ok(Some(_))) => Finding::failed(
            GET,
            "S3 answers other bytes than were written",
            "Look for a proxy or a gateway between this machine and S3 that changes what passes.",
        ),
        Some(Err(error)) => refused(GET, settings, &error, "read objects"),
        None => Finding::too_slow(GET, "S3"),
    };
    let list = match in_time(bucket.may_list()).await {
        Some(Ok(())) => Finding::ok(LIST, "the bucket can be listed, as `image-import verify` needs it"),
        Some(Err(error)) => Finding::warning(
            LIST,
            format!("the bucket cannot be listed ({error}): imports work, `image-import verify` does not"),
            format!(
                "Allow s3:ListBucket and s3:ListBucketMultipartUploads on the bucket: {}",
                iam_policy(settings)
            ),
        ),
        None => Finding::too_slow(LIST, "S3"),
    };
    let mut findings = vec![Finding::ok(PUT, "objects can be written"), read, list];
    let view = browser::view(bucket, settings, key, origin).await;
    findings.push(acls(bucket.writes_acls(), view.is_public));
    findings.extend(view.findings);
    findings
}

fn acls(are_written: bool, is_public: bool) -> Finding {
    match (are_written, is_public) {
        (true, _) => Finding::ok(ACLS, "objects are written with the ACL public-read"),
        (false, true) => Finding::ok(
            ACLS,
            "objects are written without an ACL, as every new bucket of AWS wants it; they are public all the same",
        ),
        (false, false) => Finding::ok(
            ACLS,
            "objects are written without an ACL (Object Ownership is 'Bucket owner enforced', or S3_OBJECT_ACL=none): \
             who may read them is for the bucket policy alone to say",
        ),
    }
}
