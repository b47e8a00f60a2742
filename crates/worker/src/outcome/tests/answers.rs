//! From an answer of Drive, as it comes over the wire, to what follows: one row per answer.

use http::StatusCode;
use serde_json::json;

use super::*;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Follows {
    /// Tried again, and counted.
    Counted,
    /// Tried again; counted only if others succeed.
    Rate,
    /// Tried again when the pacer says so.
    Blocked,
    Fail,
    FailJob,
}
use Follows::{Blocked, Counted, Fail, FailJob, Rate};

/// Drive's own errors.
fn own(status: u16, reason: &str, message: &str) -> (u16, String) {
    let body = json!({"error": {"code": status, "message": message,
        "errors": [{"message": message, "domain": "global", "reason": reason}]}});
    (status, body.to_string())
}

/// Those of the API front end, with and without `errors`.
fn front(status: u16, reason: Option<&str>, info: &str, message: &str) -> (u16, String) {
    let mut body = json!({"error": {"code": status, "message": message, "details": [{"reason": info}]}});
    if let Some(reason) = reason {
        body["error"]["errors"] = json!([{"message": message, "reason": reason}]);
    }
    (status, body.to_string())
}

fn raw(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

fn follows(trouble: &Trouble) -> Follows {
    let mut progress = Progress::default();
    match decide(trouble, &mut progress, calm()) {
        Decision::Fail(_) => Fail,
        Decision::FailJob(_) => FailJob,
        Decision::TryAgain { .. } if progress.failed_tries == 1 => Counted,
        Decision::TryAgain { after, .. } => {
            assert!(after >= HELD_BACK && after <= calm().drive_pause, "about as long as the pacer says");
            if progress.successes_seen.is_some() { Rate } else { Blocked }
        }
    }
}

/// What came, what follows, the reason, and a word of the advice.
type Row = ((u16, String), Follows, &'static str, &'static str);

fn rows() -> Vec<Row> {
    let quota = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'";
    let disabled = "Google Drive API has not been used in project 1 before or it is disabled.";
    let sorry =
        "<html><b>We're sorry...</b> your computer or network may be sending automated queries</html>";
    vec![
        (own(400, "keyInvalid", "Bad Request"), FailJob, "api-key-invalid", "valid key"),
        (own(400, "badRequest", "API key not valid. Please …"), FailJob, "api-key-invalid", "valid key"),
        (front(400, Some("badRequest"), "API_KEY_INVALID", "x"), FailJob, "api-key-invalid", "valid key"),
        (front(400, None, "API_KEY_INVALID", "x"), FailJob, "api-key-invalid", "valid key"),
        (
            front(401, Some("required"), "CREDENTIALS_MISSING", "x"),
            FailJob,
            "api-key-missing",
            "GOOGLE_API_KEY",
        ),
        (own(403, "forbidden", "The request is missing a valid API key."), FailJob, "api-key-missing", "Set"),
        (own(403, "dailyLimitExceededUnreg", "x"), FailJob, "api-key-missing", "Set"),
        (own(403, "accessNotConfigured", disabled), FailJob, "drive-api-disabled", "Enable"),
        (front(403, None, "SERVICE_DISABLED", disabled), FailJob, "drive-api-disabled", "Enable"),
        (
            front(403, Some("forbidden"), "API_KEY_HTTP_REFERRER_BLOCKED", "x"),
            FailJob,
            "api-key-restricted",
            "Remove",
        ),
        (
            front(403, Some("forbidden"), "API_KEY_IP_ADDRESS_BLOCKED", "x"),
            FailJob,
            "api-key-restricted",
            "Remove",
        ),
        (front(403, None, "API_KEY_SERVICE_BLOCKED", "x"), FailJob, "api-key-restricted", "allow"),
        (own(403, "dailyLimitExceeded", "Daily Limit Exceeded"), FailJob, "daily-limit", "tomorrow"),
        (own(403, "userRateLimitExceeded", "x"), Rate, "rate-limited", "by itself"),
        (own(403, "rateLimitExceeded", "x"), Rate, "rate-limited", "by itself"),
        (own(403, "sharingRateLimitExceeded", "x"), Rate, "rate-limited", "by itself"),
        (
            front(403, Some("rateLimitExceeded"), "RATE_LIMIT_EXCEEDED", quota),
            Rate,
            "rate-limited",
            "by itself",
        ),
        (front(403, None, "RATE_LIMIT_EXCEEDED", quota), Rate, "rate-limited", "by itself"),
        (own(429, "rateLimitExceeded", "x"), Rate, "rate-limited", "by itself"),
        (raw(429, ""), Rate, "rate-limited", "by itself"),
        (raw(403, sorry), Blocked, "automated-queries", "by itself"),
        (raw(403, "<html>403 Forbidden</html>"), Counted, "refused-without-reason", "proxy"),
        (raw(403, ""), Counted, "refused-without-reason", "proxy"),
        (raw(403, "{\"error\":{\"co"), Counted, "refused-without-reason", "proxy"),
        (own(403, "downloadQuotaExceeded", "x"), Fail, "download-quota-exceeded", "24 hours"),
        (own(403, "quotaExceeded", "x"), Fail, "download-quota-exceeded", "24 hours"),
        (own(403, "cannotDownloadAbusiveFile", "x"), Fail, "flagged-as-abusive", "owner"),
        (own(403, "cannotDownloadFile", "x"), Fail, "download-forbidden", "owner"),
        (own(403, "fileNotDownloadable", "x"), Fail, "not-downloadable", "export"),
        (own(403, "insufficientFilePermissions", "x"), Fail, "forbidden", "share"),
        (own(403, "domainPolicy", "x"), Fail, "forbidden", "share"),
        (own(401, "authError", "Invalid Credentials"), Fail, "forbidden", "share"),
        (own(404, "notFound", "File not found: x."), Fail, "not-found", "shared"),
        (raw(404, ""), Fail, "not-found", "shared"),
        (own(400, "invalid", "Invalid Value"), Fail, "bad-request", "request id"),
        (own(400, "badRequest", "x"), Fail, "bad-request", "request id"),
        (own(416, "requestedRangeNotSatisfiable", "x"), Counted, "range-not-satisfiable", "Retry"),
        (own(500, "internalError", "Internal Error"), Counted, "drive-unavailable", "later"),
        (own(503, "backendError", "Backend Error"), Counted, "drive-unavailable", "later"),
        (raw(500, "{\"error\":{\"code\":500,\"message\":null}}"), Counted, "drive-unavailable", "later"),
        (raw(500, ""), Counted, "drive-unavailable", "later"),
        (raw(502, "<html>Bad Gateway</html>"), Counted, "drive-unavailable", "later"),
        (raw(503, ""), Counted, "drive-unavailable", "later"),
        (raw(504, "{\"error\":"), Counted, "drive-unavailable", "later"),
        (raw(418, ""), Fail, "unexpected-status", "later"),
    ]
}

#[test]
fn every_answer_of_drive_has_a_decision_a_reason_and_advice() {
    for ((status, body), then, reason, advice) in rows() {
        let error = drive::Error::classify(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        let trouble = Trouble::Drive(error);
        assert_eq!((follows(&trouble), trouble.reason()), (then, reason), "{status} {body}");
        let failure = trouble.failure(3);
        assert!(failure.advice.contains(advice), "{status} {body}: {}", failure.advice);
        assert!(failure.message.starts_with("Error downloading from Google Drive: "), "{}", failure.message);
        assert_eq!(failure.attempts, 3);
    }
}

#[test]
fn what_is_no_answer_is_tried_again() {
    for (error, reason) in [
        (drive::Error::unexpected_body(), "unexpected-answer"),
        (drive::Error::range_ignored(), "unexpected-answer"),
        (
            drive::Error { reason: Reason::Network, status: None, message: "cut".into(), retry_after: None },
            "connection-broken",
        ),
    ] {
        let trouble = Trouble::Drive(error);
        assert_eq!((follows(&trouble), trouble.reason()), (Counted, reason));
    }
}
