//! One row per answer that Drive is known to give: status, body, meaning.

use serde_json::json;

use super::*;

fn reason_of(status: u16, body: &str) -> Reason {
    classify(StatusCode::from_u16(status).unwrap(), body.as_bytes()).0
}

/// Drive's own errors.
fn legacy(status: u16, reason: &str, message: &str) -> String {
    json!({"error": {"code": status, "message": message,
        "errors": [{"message": message, "domain": "global", "reason": reason}]}})
    .to_string()
}

/// The front end's: with both.
fn front_end(status: u16, reason: &str, message: &str, info: &str) -> String {
    json!({"error": {"code": status, "message": message, "status": "PERMISSION_DENIED",
        "errors": [{"message": message, "domain": "global", "reason": reason}],
        "details": [{"@type": "type.googleapis.com/google.rpc.Help"}, {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": info}]}})
    .to_string()
}

/// Its errors in format 2: without `errors`.
fn format_two(status: u16, name: &str, message: &str, info: &str) -> String {
    json!({"error": {"code": status, "message": message, "status": name, "details": [{"reason": info}]}})
        .to_string()
}

const EXPIRED: &str = "API key expired. Please renew the API key.";
const NOT_VALID: &str = "API key not valid. Please pass a valid API key.";
const UNREGISTERED: &str =
    "Method doesn't allow unregistered callers (callers without established identity).";
const DISABLED: &str = "Google Drive API has not been used in project 1 before or it is disabled.";
const REFERRER: &str = "Requests from referer <empty> are blocked.";
const METHOD: &str = "Requests to this API drive method google.apps.drive.v3.DriveFiles.List are blocked.";
const ADDRESS: &str =
    "The provided API key has an IP address restriction. The originating IP address violates it.";
const QUERIES: &str = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'drive.googleapis.com' for consumer 'project_number:1'.";

#[test]
fn drives_own_reasons_are_told_apart() {
    for (status, reason, message, meaning) in [
        (400, "keyInvalid", "Bad Request", Reason::KeyInvalid),
        (400, "badRequest", EXPIRED, Reason::KeyInvalid),
        (400, "badRequest", NOT_VALID, Reason::KeyInvalid),
        (400, "badRequest", "something", Reason::BadRequest),
        (400, "invalid", "Invalid Value", Reason::BadRequest),
        (400, "invalidParameter", "Invalid field selection x", Reason::BadRequest),
        (401, "required", "Login Required.", Reason::KeyMissing),
        (401, "authError", "Invalid Credentials", Reason::Forbidden),
        (403, "forbidden", UNREGISTERED, Reason::KeyMissing),
        (403, "forbidden", "The request is missing a valid API key.", Reason::KeyMissing),
        (403, "forbidden", REFERRER, Reason::KeyRestricted),
        (403, "forbidden", METHOD, Reason::KeyRestricted),
        (403, "forbidden", ADDRESS, Reason::KeyRestricted),
        (403, "forbidden", "no", Reason::Forbidden),
        (403, "ipRefererBlocked", "x", Reason::KeyRestricted),
        (403, "dailyLimitExceededUnreg", "x", Reason::KeyMissing),
        (403, "accessNotConfigured", DISABLED, Reason::ApiDisabled),
        (403, "userRateLimitExceeded", "User Rate Limit Exceeded", Reason::RateLimited),
        (403, "rateLimitExceeded", "Rate Limit Exceeded", Reason::RateLimited),
        (403, "sharingRateLimitExceeded", "Rate limit exceeded. User message: …", Reason::RateLimited),
        (429, "rateLimitExceeded", "Rate Limit Exceeded", Reason::RateLimited),
        (403, "dailyLimitExceeded", "Daily Limit Exceeded", Reason::DailyLimit),
        (403, "downloadQuotaExceeded", "The download quota for this file …", Reason::DownloadQuota),
        (403, "quotaExceeded", "The download quota for this file …", Reason::DownloadQuota),
        (403, "cannotDownloadAbusiveFile", "x", Reason::Abusive),
        (403, "cannotDownloadFile", "x", Reason::DownloadForbidden),
        (403, "fileNotDownloadable", "x", Reason::NotDownloadable),
        (403, "insufficientFilePermissions", "x", Reason::Forbidden),
        (403, "domainPolicy", "x", Reason::Forbidden),
        (404, "notFound", "File not found: .", Reason::NotFound),
        (416, "requestedRangeNotSatisfiable", "x", Reason::RangeNotSatisfiable),
        (500, "internalError", "Internal Error", Reason::ServerError),
        (500, "neverSeen", "x", Reason::ServerError),
        (503, "backendError", "Backend Error", Reason::ServerError),
    ] {
        assert_eq!(
            reason_of(status, &legacy(status, reason, message)),
            meaning,
            "{status} {reason} {message}"
        );
    }
}

#[test]
fn the_front_end_is_more_precise_in_its_details() {
    for (status, reason, message, info, meaning) in [
        (400, "badRequest", NOT_VALID, "API_KEY_INVALID", Reason::KeyInvalid),
        (400, "badRequest", EXPIRED, "API_KEY_INVALID", Reason::KeyInvalid),
        (401, "required", "Login Required.", "CREDENTIALS_MISSING", Reason::KeyMissing),
        (403, "accessNotConfigured", DISABLED, "SERVICE_DISABLED", Reason::ApiDisabled),
        (403, "forbidden", "x", "API_KEY_HTTP_REFERRER_BLOCKED", Reason::KeyRestricted),
        (403, "forbidden", "x", "API_KEY_SERVICE_BLOCKED", Reason::KeyRestricted),
        (403, "forbidden", "x", "API_KEY_IP_ADDRESS_BLOCKED", Reason::KeyRestricted),
        (403, "rateLimitExceeded", QUERIES, "RATE_LIMIT_EXCEEDED", Reason::RateLimited),
        (403, "rateLimitExceeded", "x", "NEVER_SEEN", Reason::RateLimited),
    ] {
        let (one, two) = (
            front_end(status, reason, message, info),
            format_two(status, "PERMISSION_DENIED", message, info),
        );
        assert_eq!(reason_of(status, &one), meaning, "{info}");
        if info != "NEVER_SEEN" {
            assert_eq!(reason_of(status, &two), meaning, "{info} without errors");
        }
    }
}

#[test]
fn without_errors_names_messages_and_states_count() {
    for (status, name, message, info, meaning) in [
        (403, "PERMISSION_DENIED", "x", "DOWNLOAD_QUOTA_EXCEEDED", Reason::DownloadQuota),
        (403, "PERMISSION_DENIED", "x", "USER_RATE_LIMIT_EXCEEDED", Reason::RateLimited),
        (403, "PERMISSION_DENIED", "x", "CANNOT_DOWNLOAD_ABUSIVE_FILE", Reason::Abusive),
        (403, "PERMISSION_DENIED", DISABLED, "", Reason::ApiDisabled),
        (403, "PERMISSION_DENIED", UNREGISTERED, "", Reason::KeyMissing),
        (403, "PERMISSION_DENIED", QUERIES, "", Reason::RateLimited),
        (403, "PERMISSION_DENIED", "x", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", Reason::Forbidden),
        (400, "INVALID_ARGUMENT", NOT_VALID, "", Reason::KeyInvalid),
        (403, "RESOURCE_EXHAUSTED", "x", "", Reason::RateLimited),
        (429, "RESOURCE_EXHAUSTED", "x", "", Reason::RateLimited),
        (404, "NOT_FOUND", "File not found: x.", "NOT_FOUND", Reason::NotFound),
        (503, "UNAVAILABLE", "x", "", Reason::ServerError),
    ] {
        let body = format_two(status, name, message, info);
        assert_eq!(reason_of(status, &body), meaning, "{status} {name} {message} {info}");
    }
}

#[test]
fn a_quota_per_day_is_no_rate() {
    let metadata = |unit: &str| {
        json!({"error": {"code": 429, "message": QUERIES, "details": [
            {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_unit": unit}}]}})
        .to_string()
    };
    assert_eq!(reason_of(429, &metadata("1/min/{project}")), Reason::RateLimited);
    assert_eq!(reason_of(429, &metadata("1/d/{project}")), Reason::DailyLimit);
}

#[test]
fn pages_and_empty_bodies_are_judged_by_their_words_and_then_by_their_status() {
    let sorry = "<html><title>Sorry...</title><p>We're sorry... but your computer or network may be sending \
        automated queries.</p></html>";
    let unusual = "<html>Our systems have detected unusual traffic from your computer network.</html>";
    for (status, body, meaning) in [
        (403, sorry, Reason::AutomatedQueries),
        (403, unusual, Reason::AutomatedQueries),
        (429, sorry, Reason::AutomatedQueries),
        (503, sorry, Reason::AutomatedQueries),
        (403, "<html><h1>403 Forbidden</h1><hr>nginx</html>", Reason::Unexplained),
        (403, "", Reason::Unexplained),
        (403, "\"text\"", Reason::Unexplained),
        (403, "{}", Reason::Forbidden),
        (401, "", Reason::Forbidden),
        (404, "<html>not here</html>", Reason::NotFound),
        (408, "", Reason::ServerError),
        (416, "", Reason::RangeNotSatisfiable),
        (418, "", Reason::UnexpectedStatus),
        (429, "", Reason::RateLimited),
        (500, r#"{"error":{"code":500,"message":null}}"#, Reason::ServerError),
        (502, "<html>Bad Gateway</html>", Reason::ServerError),
        (503, "", Reason::ServerError),
        (504, "", Reason::ServerError),
    ] {
        assert_eq!(reason_of(status, body), meaning, "{status} {body}");
    }
}

#[test]
fn what_came_of_a_cut_body_still_says_why() {
    for (status, whole, meaning) in [
        (403, legacy(403, "downloadQuotaExceeded", "x"), Reason::DownloadQuota),
        (403, legacy(403, "rateLimitExceeded", "x"), Reason::RateLimited),
        (403, format_two(403, "PERMISSION_DENIED", "x", "API_KEY_SERVICE_BLOCKED"), Reason::KeyRestricted),
        (404, legacy(404, "notFound", "x"), Reason::NotFound),
    ] {
        let cut = &whole[..whole.rfind(']').unwrap()];
        assert_eq!(reason_of(status, cut), meaning, "{cut}");
    }
    assert_eq!(reason_of(403, r#"{"error":{"co"#), Reason::Unexplained);
    assert_eq!(reason_of(404, r#"{"error":{"co"#), Reason::NotFound);
}

#[test]
fn a_refused_page_token_is_not_just_a_bad_request() {
    let body =
        r#"{"error":{"errors":[{"reason":"invalid","location":"pageToken","message":"Invalid Value"}]}}"#;
    assert_eq!(reason_of(400, body), Reason::PageTokenRefused);
}

#[test]
fn messages_are_passed_on_but_not_pages() {
    let long = "x".repeat(10_000);
    let says = |status: u16, body: &str| classify(StatusCode::from_u16(status).unwrap(), body.as_bytes()).1;
    assert_eq!(says(404, &legacy(404, "notFound", "File not found: 1A.")), "File not found: 1A.");
    assert_eq!(says(404, &legacy(404, "notFound", &long)).len(), MAX_MESSAGE);
    assert_eq!(says(403, "<html>secrets</html>"), "Forbidden");
    assert_eq!(says(500, r#"{"error":{"code":500,"message":null}}"#), "Internal Server Error");
}
