//! What is to be said about the bucket before anything relies on it: for `image-import doctor`. It writes one small
//! object under a key of ours, looks at it from all sides, and removes it again whatever came between.

mod advice;
mod browser;
mod object;

use std::time::Duration;

use service::finding::{Finding, clock, in_time};

use crate::{
    bucket::Bucket,
    config::{BucketConfig, Config},
};

const REACH: &str = "bucket.reach";
const CLOCK: &str = "bucket.clock";
const CREDENTIALS: &str = "bucket.credentials";
const EXISTS: &str = "bucket.exists";

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
    let tried = object::try_one(&bucket, settings, origin).await;
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
    // who asks for the role of a machine that has none may wait for an answer for ever
    match in_time(Bucket::source_of_credentials(settings)).await.flatten() {
        Some(source) => Ok(Finding::ok(CREDENTIALS, format!("found by the AWS SDK: {source}"))),
        None => Err(Finding::failed(
            CREDENTIALS,
            "there is no access key, and no other source of credentials has any",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE with its files, or give the machine a role.",
        )),
    }
}
