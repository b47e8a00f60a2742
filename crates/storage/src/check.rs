//! What is to be said about the bucket before anything relies on it: for `image-import doctor`. It writes one small
//! object under a key of ours, looks at it from all sides, and removes it again whatever came between.

mod advice;
mod browser;

use std::time::Duration;

use bytes::Bytes;
use service::finding::{Finding, clock, in_time};
use uuid::Uuid;

use self::advice::{iam_policy, refused};
use crate::{
    bucket::{Bucket, ObjectHead, S3Error},
    config::{BucketConfig, Config},
    digest::Md5Digest,
    object_key::ObjectKey,
};

const REACH: &str = "bucket.reach";
const CLOCK: &str = "bucket.clock";
const CREDENTIALS: &str = "bucket.credentials";
const EXISTS: &str = "bucket.exists";
const PUT: &str = "bucket.put";
const GET: &str = "bucket.get";
const ACLS: &str = "bucket.acls";
const LIST: &str = "bucket.list";
const DELETE: &str = "bucket.delete";

/// The longest time without a sign of life from S3.
const SILENCE: Duration = Duration::from_secs(8);
/// The smallest picture that there is: a GIF of one pixel.
const PICTURE: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
    \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
const PICTURE_TYPE: &str = "image/gif";

/// Looks at the bucket of the settings. `origin` is where web pages come from that show its objects.
pub async fn check(config: &Config, origin: &str) -> Vec<Finding> {
    let Some(settings) = &config.bucket else {
        return vec![Finding::failed(
            EXISTS,
            "no bucket is set: nothing can be stored",
            "Set AWS_BUCKET_NAME, or start everything with `image-import up`, which brings an S3 server of its own.",
        )];
    };
    let mut findings = Vec::new();
    if config.provider != "aws" {
        findings.push(Finding::failed(
            "bucket.provider",
            "STORAGE_PROVIDER names a provider that there is not: uploads are refused",
            "Set STORAGE_PROVIDER=aws, which means S3 and every server that speaks it.",
        ));
    }
    match greet(settings).await {
        Ok(date) => findings.push(clock(CLOCK, "S3", date.as_deref())),
        Err(finding) => {
            findings.push(finding);
            return findings;
        }
    }
    let bucket = Bucket::connect(settings, config.object_acl, SILENCE).await;
    match credentials(settings).await {
        Ok(finding) => findings.push(finding),
        Err(finding) => {
            findings.push(finding);
            return findings;
        }
    }
    let Some(look) = in_time(bucket.look()).await else {
        findings.push(Finding::too_slow(EXISTS, "S3"));
        return findings;
    };
    match advice::of_look(settings, &look) {
        Ok(finding) => findings.extend(finding),
        Err(finding) => {
            findings.push(finding);
            return findings;
        }
    }
    let tried = try_an_object(&bucket, settings, origin).await;
    if tried.iter().any(|finding| finding.check == CREDENTIALS) {
        // they were found, and turn out to be of no use
        findings.retain(|finding| finding.check != CREDENTIALS);
    }
    findings.extend(tried);
    findings
}

/// Asks the server for anything at all, as nobody: says whether it is there, and what time it has.
async fn greet(settings: &BucketConfig) -> Result<Option<String>, Finding> {
    let url = advice::server(settings);
    let answer = in_time(client::http::service_client(SILENCE).head(&url).send()).await;
    let why = match answer {
        Some(Ok(answer)) => {
            return Ok(answer.headers().get("date").and_then(|date| date.to_str().ok()).map(str::to_owned));
        }
        Some(Err(error)) => client::http::failure_kind(&error),
        None => "no answer in time",
    };
    let setting = if settings.endpoint.is_some() {
        "Check the address in AWS_ENDPOINT_URL (EMBEDDED_S3_URL for the embedded server), and that the server runs."
    } else {
        "Check AWS_REGION, and that this machine may open connections to AWS; the services use no proxy."
    };
    Err(Finding::failed(REACH, format!("S3 does not answer at {url} ({why})"), setting))
}

/// Which credentials are used. Those of the settings are judged by what S3 says to them later.
async fn credentials(settings: &BucketConfig) -> Result<Finding, Finding> {
    if let Some(key) = &settings.credentials {
        let temporary = if key.session_token.is_some() { ", with a session token" } else { "" };
        return Ok(Finding::ok(CREDENTIALS, format!("the access key of the settings is used{temporary}")));
    }
    let source = in_time(Bucket::source_of_credentials(settings)).await;
    let source = source.ok_or_else(|| Finding::too_slow(CREDENTIALS, "the source of the credentials"))?;
    match source {
        Some(source) => Ok(Finding::ok(CREDENTIALS, format!("found by the AWS SDK: {source}"))),
        None => Err(Finding::failed(
            CREDENTIALS,
            "there is no access key, and no other source of credentials has any",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE with its files, or give the machine a role.",
        )),
    }
}

/// Puts, reads, shows and deletes one object.
async fn try_an_object(bucket: &Bucket, settings: &BucketConfig, origin: &str) -> Vec<Finding> {
    let key = ObjectKey::new(Uuid::new_v4(), "image-import-doctor.gif", bucket.urls().base_chars());
    let put = in_time(put(bucket, &key)).await;
    let (mut findings, is_there) = match put {
        Some(Ok(())) => (looks(bucket, settings, &key, origin).await, true),
        Some(Err(error)) => {
            let finding = refused(PUT, settings, &error, "write objects");
            if finding.check == CREDENTIALS {
                return vec![finding];
            }
            (vec![finding], false)
        }
        None => (vec![Finding::too_slow(PUT, "S3")], true),
    };
    // also where nothing was answered: it may have been written all the same
    let deleted = in_time(bucket.delete(key.as_str())).await;
    let stays = format!("The object `{key}` stays in the bucket: remove it by hand.");
    findings.push(match deleted {
        Some(Ok(())) => {
            Finding::ok(DELETE, "objects can be deleted; the one that was written to try it is gone")
        }
        Some(Err(error)) => {
            let mut finding = refused(DELETE, settings, &error, "delete objects");
            if is_there {
                finding.fix = Some(format!("{} {stays}", finding.fix.unwrap_or_default()));
            }
            finding
        }
        None => Finding::failed(DELETE, "S3 did not answer to a delete in time", stays),
    });
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
