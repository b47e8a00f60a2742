//! What S3 says against the bucket or the key, and what the operator can do about it.

use service::finding::Finding;

use super::{CREDENTIALS, EXISTS};
use crate::{
    bucket::{Look, S3Error},
    config::BucketConfig,
};

/// The address of the server, without the bucket.
pub(super) fn server(settings: &BucketConfig) -> String {
    let china = if settings.region.starts_with("cn-") { ".cn" } else { "" };
    settings
        .endpoint
        .clone()
        .unwrap_or_else(|| format!("https://s3.{}.amazonaws.com{china}", settings.region))
}

/// What the answer to `HeadBucket` means: something to say or nothing, as an error where no more can be tried.
pub(super) fn of_look(settings: &BucketConfig, look: &Look) -> Result<Option<Finding>, Finding> {
    let BucketConfig { name, region, .. } = settings;
    if let Some(right) = look.region.as_ref().filter(|right| *right != region) {
        let found = format!("the bucket `{name}` is in {right}, not in {region}");
        let fix = format!("Set AWS_REGION={right}.");
        return match look.status {
            // a server of its own may take any region
            Some(200) if settings.endpoint.is_some() => Ok(Some(Finding::warning(EXISTS, found, fix))),
            _ => Err(Finding::failed(EXISTS, found, fix)),
        };
    }
    match (&look.error, look.status) {
        (None, _) => Ok(Some(Finding::ok(EXISTS, format!("the bucket `{name}` is there, in {region}")))),
        (Some(error @ S3Error::NoCredentials { .. }), _) => {
            Err(refused(CREDENTIALS, settings, error, "sign"))
        }
        (Some(_), Some(404)) => Err(Finding::failed(
            EXISTS,
            format!("there is no bucket `{name}`"),
            "Make it, or correct AWS_BUCKET_NAME; a bucket of another server needs AWS_ENDPOINT_URL.",
        )),
        // the right to look at the bucket is not needed to write to it; and the answers to other requests say more
        (Some(_), Some(400..500)) => Ok(None),
        (Some(error), _) => Err(refused(EXISTS, settings, error, "look at the bucket")),
    }
}

/// Why S3 would not do something.
pub(super) fn refused(check: &'static str, settings: &BucketConfig, error: &S3Error, what: &str) -> Finding {
    let code = error.code().unwrap_or_default();
    let (check, fix) = match code {
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "InvalidToken"
        | "TokenRefreshRequired" => (CREDENTIALS, credentials(settings, error)),
        "AccessDenied" | "403" | "AllAccessDisabled" => (
            check,
            format!(
                "Give the key the right to {what}. An IAM policy that is enough: {}",
                iam_policy(settings)
            ),
        ),
        _ => {
            let general = "If it lasts, look at the server's own log or the status page of AWS.";
            (check, error.hint().unwrap_or(general).to_owned())
        }
    };
    Finding::failed(check, error.to_string(), fix)
}

fn credentials(settings: &BucketConfig, error: &S3Error) -> String {
    // no profile: the embedded server, which has a key of its own
    if settings.profile.is_empty() {
        return "Give the embedded S3 server and the services the same EMBEDDED_S3_ACCESS_KEY and \
                EMBEDDED_S3_SECRET_KEY."
            .to_owned();
    }
    error.hint().unwrap_or("Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.").to_owned()
}

/// The rights that the storage service uses.
pub(super) fn iam_policy(settings: &BucketConfig) -> String {
    let arn = arn(settings);
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectAcl","s3:GetObject","s3:DeleteObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":"{arn}/*"}},{{"Effect":"Allow","Action":["s3:ListBucket","s3:ListBucketMultipartUploads"],"Resource":"{arn}"}}]}}"#
    )
}

/// A policy that lets everybody read objects, and nothing else.
pub(super) fn public_policy(settings: &BucketConfig) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"{}/*"}}]}}"#,
        arn(settings)
    )
}

fn arn(settings: &BucketConfig) -> String {
    let partition = if settings.region.starts_with("cn-") { "aws-cn" } else { "aws" };
    format!("arn:{partition}:s3:::{}", settings.name)
}
