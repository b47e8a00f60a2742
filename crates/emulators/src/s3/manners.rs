//! How this server differs from one that is set up well: a clock of its own, a bucket elsewhere, no rights to write. For
//! trying what clients make of it.

use axum::response::Response;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use s3s::{S3Error, S3ErrorCode, s3_error};

/// How far the clocks of client and server may be apart, as at AWS.
const MOST_SKEW: TimeDelta = TimeDelta::minutes(15);
/// Operations that change nothing.
const READS: [&str; 4] = ["Get", "Head", "List", "Abort"];

/// What is odd about the server; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// How far its clock is ahead, in seconds; negative if it is behind.
    pub clock_ahead_secs: i64,
    /// Whether it refuses every write, as to a key that may only read.
    pub read_only: bool,
    /// The one region that requests must be signed for; without it, any will do.
    pub region: Option<String>,
}

impl Manners {
    /// Why a signed request is refused, if it is.
    pub(super) fn refusal(&self, operation: &str, headers: &HeaderMap) -> Option<S3Error> {
        if let Some(refusal) = self.wrong_region(headers) {
            return Some(refusal);
        }
        let signed_at = headers.get("x-amz-date").and_then(signing_time);
        if signed_at.is_some_and(|at| (self.now() - at).abs() > MOST_SKEW) {
            return Some(s3_error!(
                RequestTimeTooSkewed,
                "The difference between the request time and the current time is too large."
            ));
        }
        let writes = !READS.iter().any(|start| operation.starts_with(start));
        (self.read_only && writes).then(|| s3_error!(AccessDenied, "Access Denied"))
    }

    /// What every answer says about the server.
    pub(super) fn sign(&self, answer: &mut Response) {
        let headers = answer.headers_mut();
        if self.clock_ahead_secs != 0
            && let Ok(date) =
                HeaderValue::from_str(&self.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string())
        {
            headers.insert(header::DATE, date);
        }
        if let Some(region) = self.region.as_deref().and_then(|region| HeaderValue::from_str(region).ok()) {
            headers.insert(HeaderName::from_static("x-amz-bucket-region"), region);
        }
    }

    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.clock_ahead_secs)
    }

    fn wrong_region(&self, headers: &HeaderMap) -> Option<S3Error> {
        let right = self.region.as_deref()?;
        let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        // Credential=<key>/<day>/<region>/s3/aws4_request
        let wrong = authorization.split("Credential=").nth(1)?.split('/').nth(2)?;
        (wrong != right).then(|| {
            let message = format!(
                "The authorization header is malformed; the region '{wrong}' is wrong; expecting '{right}'"
            );
            S3Error::with_message(S3ErrorCode::AuthorizationHeaderMalformed, message)
        })
    }
}

fn signing_time(value: &HeaderValue) -> Option<DateTime<Utc>> {
    let time = NaiveDateTime::parse_from_str(value.to_str().ok()?, "%Y%m%dT%H%M%SZ").ok()?;
    Some(time.and_utc())
}
