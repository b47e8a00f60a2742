//! What Drive's errors mean: one [`Reason`] out of three shapes of JSON, HTML pages, empty and cut bodies.
//!
//! A code alone says too little: a 403 may be a quota that passes in a minute, or a file that will never be readable.

use std::{fmt, time::Duration};

use http::StatusCode;
use serde_json::Value;

use crate::{Secret, http::failure_kind};

/// Longest error body that is read.
const MAX_BODY: usize = 64 * 1024;
/// Longest message of Drive's that is passed on.
const MAX_MESSAGE: usize = 500;

/// Why Drive did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The API key is wrong or expired.
    KeyInvalid,
    /// No API key was sent.
    KeyMissing,
    /// The API key is restricted to other sites, addresses or APIs.
    KeyRestricted,
    /// The Drive API is not switched on in the key's project.
    ApiDisabled,
    /// Too many calls just now.
    RateLimited,
    /// The project's own daily cap is reached.
    DailyLimit,
    /// Google's page against "automated queries": this address is blocked for a while.
    AutomatedQueries,
    /// This file was downloaded too often by everybody; frees in about a day.
    DownloadQuota,
    /// Google calls the file malware or spam.
    Abusive,
    /// The owner has switched downloads off.
    DownloadForbidden,
    /// A folder, a shortcut or a Google document: there are no bytes.
    NotDownloadable,
    /// No permission, by the file or by its domain.
    Forbidden,
    /// Does not exist, or is not shared with everybody: Drive does not tell which.
    NotFound,
    /// The asked-for range starts at or after the end.
    RangeNotSatisfiable,
    /// The page token is not accepted (any more): the listing must start over.
    PageTokenRefused,
    /// The call itself was wrong.
    BadRequest,
    /// Drive's own trouble (5xx).
    ServerError,
    /// Any other status.
    UnexpectedStatus,
    /// An answer that is not what Drive answers: no JSON, a wrong range.
    UnexpectedBody,
    /// Refused, reset, timed out, or cut.
    Network,
}

impl Reason {
    /// Stable name in kebab-case.
    pub fn code(self) -> &'static str {
        match self {
            Self::KeyInvalid => "api-key-invalid",
            Self::KeyMissing => "api-key-missing",
            Self::KeyRestricted => "api-key-restricted",
            Self::ApiDisabled => "drive-api-disabled",
            Self::RateLimited => "rate-limited",
            Self::DailyLimit => "daily-limit",
            Self::AutomatedQueries => "automated-queries",
            Self::DownloadQuota => "download-quota-exceeded",
            Self::Abusive => "flagged-as-abusive",
            Self::DownloadForbidden => "download-forbidden",
            Self::NotDownloadable => "not-downloadable",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::RangeNotSatisfiable => "range-not-satisfiable",
            Self::PageTokenRefused => "page-token-refused",
            Self::BadRequest => "bad-request",
            Self::ServerError => "drive-unavailable",
            Self::UnexpectedStatus => "unexpected-status",
            Self::UnexpectedBody => "unexpected-answer",
            Self::Network => "connection-broken",
        }
    }

    /// What a person can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::KeyInvalid => {
                "Set GOOGLE_API_KEY to a valid key (Google Cloud console, APIs & Services, Credentials)."
            }
            Self::KeyMissing => "Set GOOGLE_API_KEY (Google Cloud console, APIs & Services, Credentials).",
            Self::KeyRestricted => {
                "Remove the key's website or address restriction, and allow the Google Drive API in its API restrictions."
            }
            Self::ApiDisabled => {
                "Enable the Google Drive API for the key's project in the Google Cloud console."
            }
            Self::RateLimited | Self::AutomatedQueries => {
                "Nothing: it goes on by itself when Google allows. A higher quota can be asked for in the Google Cloud console."
            }
            Self::DailyLimit => "Raise the daily cap in the Google Cloud console, or retry tomorrow.",
            Self::DownloadQuota => "Retry in about 24 hours, or ask the owner for a copy of the file.",
            Self::Abusive => "Google refuses to hand out this file; ask the owner about it.",
            Self::DownloadForbidden => "Ask the owner to allow viewers to download the file.",
            Self::NotDownloadable => "It is no image file; export it by hand if it is needed.",
            Self::Forbidden => "Ask the owner to share it with 'Anyone with the link'.",
            Self::NotFound => "Check the link, and that it is shared with 'Anyone with the link'.",
            Self::RangeNotSatisfiable | Self::PageTokenRefused | Self::BadRequest | Self::UnexpectedBody => {
                "Retry; if it fails again, report it with the request id."
            }
            Self::ServerError | Self::UnexpectedStatus | Self::Network => "Retry later.",
        }
    }

    /// True when the same call may succeed later by itself.
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::AutomatedQueries
                | Self::ServerError
                | Self::UnexpectedBody
                | Self::Network
                // seen when a file changes while it is read: the next try starts at its beginning
                | Self::RangeNotSatisfiable
        )
    }

    /// True when no call with this key can succeed until somebody changes the settings.
    pub fn is_configuration(self) -> bool {
        matches!(
            self,
            Self::KeyInvalid | Self::KeyMissing | Self::KeyRestricted | Self::ApiDisabled | Self::DailyLimit
        )
    }
}

/// A call to Drive that failed. `Display` is fit for a browser: no URL, no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What it means.
    pub reason: Reason,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// Drive's own words, or ours where it had none.
    pub message: String,
    /// How long Drive asks to wait.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{status} {} ({})", self.message, self.reason.code()),
            None => write!(f, "{} ({})", self.message, self.reason.code()),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// No answer, or one that broke.
    pub fn network(error: &reqwest::Error) -> Self {
        Self::local(Reason::Network, format!("Google Drive did not answer: {}", failure_kind(error)))
    }

    /// A success that is not what was asked for.
    pub fn unexpected_body() -> Self {
        Self::local(Reason::UnexpectedBody, "Google Drive sent an answer that cannot be read".to_owned())
    }

    /// A 200 to a request for the rest of a file.
    pub fn range_ignored() -> Self {
        Self::local(Reason::UnexpectedBody, "Google Drive did not continue the broken download".to_owned())
    }

    /// A page that names itself as the next one.
    pub(super) fn same_page() -> Self {
        Self::local(Reason::UnexpectedBody, "Google Drive sent a page that never ends".to_owned())
    }

    pub(super) fn too_many_redirects() -> Self {
        Self::local(Reason::UnexpectedStatus, "Google Drive redirected too often".to_owned())
    }

    fn local(reason: Reason, message: String) -> Self {
        Self { reason, status: None, message, retry_after: None }
    }

    /// Reads and classifies an answer outside 2xx. `key` is removed from its words, should they quote it.
    pub(super) async fn from_response(response: reqwest::Response, key: Option<&Secret>) -> Self {
        let status = response.status();
        let retry_after = response
            .headers()
            .get(http::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(crate::retry::parse_retry_after);
        let mut body = Vec::new();
        let mut response = response;
        // a cut body is as good as a short one: what came may still say why
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                break;
            }
        }
        let mut error = Self::classify(status, &body);
        error.retry_after = retry_after;
        if let Some(key) = key.filter(|key| !key.expose().is_empty()) {
            error.message = error.message.replace(key.expose(), "***");
        }
        error
    }

    /// The meaning of an answer, from its status and body.
    pub fn classify(status: StatusCode, body: &[u8]) -> Self {
        let json = serde_json::from_slice::<Value>(body).ok();
        let error = json.as_ref().map_or(&Value::Null, |json| &json["error"]);
        let first = &error["errors"][0];
        let message = [&error["message"], &first["message"]]
            .into_iter()
            .find_map(Value::as_str)
            .filter(|text| !text.is_empty())
            .map_or_else(
                || status.canonical_reason().unwrap_or("no reason given").to_owned(),
                |text| text.chars().take(MAX_MESSAGE).collect(),
            );
        // the details are more precise than the legacy reason: `forbidden` may be a restricted key
        let detail =
            error["details"].as_array().into_iter().flatten().find_map(|detail| detail["reason"].as_str());
        let reason = detail
            .and_then(by_detail)
            .or_else(|| first["reason"].as_str().and_then(|reason| by_reason(reason, first, &message)))
            .or_else(|| error["status"].as_str().and_then(by_status_name))
            .unwrap_or_else(|| by_code(status, json.is_some()));
        Self { reason, status: Some(status.as_u16()), message, retry_after: None }
    }
}

fn by_detail(detail: &str) -> Option<Reason> {
    Some(match detail {
        "API_KEY_INVALID" | "API_KEY_EXPIRED" => Reason::KeyInvalid,
        "SERVICE_DISABLED" => Reason::ApiDisabled,
        "RATE_LIMIT_EXCEEDED" => Reason::RateLimited,
        "CREDENTIALS_MISSING" => Reason::KeyMissing,
        text if text.starts_with("API_KEY_") && text.ends_with("_BLOCKED") => Reason::KeyRestricted,
        _ => return None,
    })
}

fn by_reason(reason: &str, error: &Value, message: &str) -> Option<Reason> {
    Some(match reason {
        "keyInvalid" | "keyExpired" => Reason::KeyInvalid,
        "accessNotConfigured" => Reason::ApiDisabled,
        "dailyLimitExceededUnreg" | "required" => Reason::KeyMissing,
        "ipRefererBlocked" => Reason::KeyRestricted,
        "userRateLimitExceeded" | "rateLimitExceeded" | "sharingRateLimitExceeded" => Reason::RateLimited,
        "dailyLimitExceeded" => Reason::DailyLimit,
        "downloadQuotaExceeded" => Reason::DownloadQuota,
        "quotaExceeded" if error["location"] == "quota.download" => Reason::DownloadQuota,
        "cannotDownloadAbusiveFile" => Reason::Abusive,
        "cannotDownloadFile" => Reason::DownloadForbidden,
        "fileNotDownloadable" => Reason::NotDownloadable,
        "insufficientFilePermissions" | "domainPolicy" | "authError" | "insufficientPermissions" => {
            Reason::Forbidden
        }
        "notFound" => Reason::NotFound,
        "requestedRangeNotSatisfiable" => Reason::RangeNotSatisfiable,
        "invalid" if error["location"] == "pageToken" => Reason::PageTokenRefused,
        "invalid" | "invalidParameter" => Reason::BadRequest,
        "internalError" | "backendError" => Reason::ServerError,
        "badRequest" if message.starts_with("API key") => Reason::KeyInvalid,
        "forbidden"
            if message.contains("unregistered callers") || message.contains("missing a valid API key") =>
        {
            Reason::KeyMissing
        }
        "forbidden" if message.contains("are blocked") => Reason::KeyRestricted,
        _ => return None,
    })
}

fn by_status_name(status: &str) -> Option<Reason> {
    Some(match status {
        "RESOURCE_EXHAUSTED" => Reason::RateLimited,
        "UNAVAILABLE" | "INTERNAL" => Reason::ServerError,
        "NOT_FOUND" => Reason::NotFound,
        _ => return None,
    })
}

fn by_code(status: StatusCode, is_json: bool) -> Reason {
    match status.as_u16() {
        400 => Reason::BadRequest,
        401 => Reason::Forbidden,
        // the anti-abuse page is HTML; an empty or cut 403 says nothing else either
        403 if !is_json => Reason::AutomatedQueries,
        403 => Reason::Forbidden,
        404 => Reason::NotFound,
        408 => Reason::ServerError,
        416 => Reason::RangeNotSatisfiable,
        429 => Reason::RateLimited,
        500..=599 => Reason::ServerError,
        _ => Reason::UnexpectedStatus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason_of(status: u16, body: &str) -> Reason {
        Error::classify(StatusCode::from_u16(status).unwrap(), body.as_bytes()).reason
    }

    fn legacy(status: u16, reason: &str, message: &str) -> Reason {
        let body = serde_json::json!({"error": {"code": status, "message": message,
            "errors": [{"message": message, "domain": "global", "reason": reason}]}});
        reason_of(status, &body.to_string())
    }

    #[test]
    fn legacy_reasons_are_told_apart() {
        for (status, reason, message, meaning) in [
            (400, "keyInvalid", "Bad Request", Reason::KeyInvalid),
            (400, "badRequest", "API key expired. Please renew the API key.", Reason::KeyInvalid),
            (400, "badRequest", "something", Reason::BadRequest),
            (403, "forbidden", "The request is missing a valid API key.", Reason::KeyMissing),
            (403, "forbidden", "Requests from referer <empty> are blocked.", Reason::KeyRestricted),
            (403, "forbidden", "no", Reason::Forbidden),
            (403, "accessNotConfigured", "x", Reason::ApiDisabled),
            (403, "userRateLimitExceeded", "x", Reason::RateLimited),
            (403, "dailyLimitExceeded", "x", Reason::DailyLimit),
            (403, "downloadQuotaExceeded", "x", Reason::DownloadQuota),
            (403, "cannotDownloadAbusiveFile", "x", Reason::Abusive),
            (403, "cannotDownloadFile", "x", Reason::DownloadForbidden),
            (403, "fileNotDownloadable", "x", Reason::NotDownloadable),
            (403, "insufficientFilePermissions", "x", Reason::Forbidden),
            (404, "notFound", "File not found: .", Reason::NotFound),
            (429, "rateLimitExceeded", "x", Reason::RateLimited),
            (500, "internalError", "x", Reason::ServerError),
            (500, "neverSeen", "x", Reason::ServerError),
        ] {
            assert_eq!(legacy(status, reason, message), meaning, "{status} {reason} {message}");
        }
    }

    #[test]
    fn details_and_status_names_count_where_errors_are_missing() {
        let detail = |status: u16, reason: &str| {
            let body = serde_json::json!({"error": {"code": status, "message": "x", "details": [{"reason": reason}]}});
            reason_of(status, &body.to_string())
        };
        assert_eq!(detail(400, "API_KEY_INVALID"), Reason::KeyInvalid);
        assert_eq!(detail(403, "API_KEY_IP_ADDRESS_BLOCKED"), Reason::KeyRestricted);
        assert_eq!(detail(403, "SERVICE_DISABLED"), Reason::ApiDisabled);
        assert_eq!(detail(403, "RATE_LIMIT_EXCEEDED"), Reason::RateLimited);
        let named = r#"{"error":{"code":403,"message":"x","status":"RESOURCE_EXHAUSTED"}}"#;
        assert_eq!(reason_of(403, named), Reason::RateLimited);
    }

    #[test]
    fn pages_empty_and_cut_bodies_are_judged_by_their_status() {
        assert_eq!(reason_of(403, "<html>automated queries</html>"), Reason::AutomatedQueries);
        assert_eq!(reason_of(403, "{}"), Reason::Forbidden);
        assert_eq!(reason_of(502, "<html>"), Reason::ServerError);
        assert_eq!(reason_of(503, ""), Reason::ServerError);
        assert_eq!(reason_of(404, "{\"error\":{\"co"), Reason::NotFound);
        assert_eq!(reason_of(500, r#"{"error":{"code":500,"message":null}}"#), Reason::ServerError);
    }

    #[test]
    fn a_refused_page_token_is_not_just_a_bad_request() {
        let body =
            r#"{"error":{"errors":[{"reason":"invalid","location":"pageToken","message":"Invalid Value"}]}}"#;
        assert_eq!(reason_of(400, body), Reason::PageTokenRefused);
    }
}
