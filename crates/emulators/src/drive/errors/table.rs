//! Every reason that Drive and its front end are known to give, with status, domain and text.

use super::DriveError;
use serde_json::{Value, json};

/// The project number in messages that name one.
const PROJECT: &str = "123456789";

/// Name in a fault rule, status, `reason`, domain, message.
type Row = (&'static str, u16, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const ROWS: [Row; 31] = [
    ("API_KEY_INVALID", 400, "badRequest", "global", "API key not valid. Please pass a valid API key."),
    ("API_KEY_EXPIRED", 400, "badRequest", "global", "API key expired. Please renew the API key."),
    ("keyInvalid", 400, "keyInvalid", "usageLimits", "Bad Request"),
    ("badRequest", 400, "badRequest", "global", "Bad Request"),
    ("invalid", 400, "invalid", "global", "Invalid Value"),
    ("invalidParameter", 400, "invalidParameter", "global", "Invalid field selection x"),
    ("CREDENTIALS_MISSING", 401, "required", "global", "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."),
    ("authError", 401, "authError", "global", "Invalid Credentials"),
    ("forbidden", 403, "forbidden", "global", "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API."),
    ("missingKey", 403, "forbidden", "global", "The request is missing a valid API key."),
    ("dailyLimitExceededUnreg", 403, "dailyLimitExceededUnreg", "usageLimits", "Daily Limit for Unauthenticated Use Exceeded. Continued use requires signup."),
    ("accessNotConfigured", 403, "accessNotConfigured", "usageLimits", "Google Drive API has not been used in project 123456789 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/drive.googleapis.com/overview?project=123456789 then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."),
    ("API_KEY_HTTP_REFERRER_BLOCKED", 403, "forbidden", "global", "Requests from referer <empty> are blocked."),
    ("API_KEY_IP_ADDRESS_BLOCKED", 403, "forbidden", "global", "The provided API key has an IP address restriction. The originating IP address of the call violates this restriction."),
    ("API_KEY_SERVICE_BLOCKED", 403, "forbidden", "global", "Requests to this API drive method google.apps.drive.v3.DriveFiles.List are blocked."),
    ("userRateLimitExceeded", 403, "userRateLimitExceeded", "usageLimits", "User Rate Limit Exceeded"),
    ("rateLimitExceeded", 403, "rateLimitExceeded", "usageLimits", "Rate Limit Exceeded"),
    ("RATE_LIMIT_EXCEEDED", 403, "rateLimitExceeded", "usageLimits", "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'drive.googleapis.com' for consumer 'project_number:123456789'."),
    ("sharingRateLimitExceeded", 403, "sharingRateLimitExceeded", "global", "Rate limit exceeded. User message: \"These item(s) could not be shared because a rate limit was exceeded: {file}\""),
    ("dailyLimitExceeded", 403, "dailyLimitExceeded", "usageLimits", "Daily Limit Exceeded"),
    ("downloadQuotaExceeded", 403, "downloadQuotaExceeded", "usageLimits", "The download quota for this file has been exceeded."),
    ("quotaExceeded", 403, "quotaExceeded", "usageLimits", "The download quota for this file has been exceeded."),
    ("cannotDownloadAbusiveFile", 403, "cannotDownloadAbusiveFile", "global", "This file has been identified as malware or spam and cannot be downloaded."),
    ("cannotDownloadFile", 403, "cannotDownloadFile", "global", "This file cannot be downloaded by the user."),
    ("fileNotDownloadable", 403, "fileNotDownloadable", "global", "Only files with binary content can be downloaded. Use Export with Docs Editors files."),
    ("insufficientFilePermissions", 403, "insufficientFilePermissions", "global", "The user does not have sufficient permissions for file {file}."),
    ("domainPolicy", 403, "domainPolicy", "global", "The domain administrators have disabled Drive apps."),
    ("notFound", 404, "notFound", "global", "File not found: {file}."),
    ("requestedRangeNotSatisfiable", 416, "requestedRangeNotSatisfiable", "global", "Request range not satisfiable"),
    ("internalError", 500, "internalError", "global", "Internal Error"),
    ("backendError", 503, "backendError", "global", "Backend Error"),
];

/// Whether a rule may name this reason.
pub(crate) fn is_known(reason: &str) -> bool {
    ROWS.iter().any(|row| row.0 == reason)
}

/// All names of the table.
pub(crate) fn known_reasons() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.0)
}

/// The answer for a name of the table.
pub(super) fn error(name: &str, file: &str) -> DriveError {
    let row = ROWS.iter().find(|row| row.0 == name);
    let (name, status, reason, domain, message) = *row.unwrap_or(&ROWS[ROWS.len() - 2]);
    let mut error = DriveError::new(status, reason, message.replace("{file}", file));
    error.domain = domain;
    error.location = location(name);
    error.info = info(name);
    error.from_front_end = error.info.is_some() || name == "forbidden";
    error.extended_help = match name {
        "accessNotConfigured" => Some("https://console.developers.google.com"),
        "dailyLimitExceededUnreg" => Some("https://code.google.com/apis/console"),
        _ => None,
    };
    error
}

fn location(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "notFound" => Some(("fileId", "parameter")),
        "invalid" => Some(("q", "parameter")),
        "invalidParameter" => Some(("fields", "parameter")),
        "quotaExceeded" => Some(("quota.download", "other")),
        "CREDENTIALS_MISSING" | "authError" => Some(("Authorization", "header")),
        "requestedRangeNotSatisfiable" => Some(("Range", "header")),
        _ => None,
    }
}

/// The spelling in `details`, where the front end gives one.
fn info(name: &str) -> Option<&'static str> {
    match name {
        "API_KEY_INVALID" | "API_KEY_EXPIRED" => Some("API_KEY_INVALID"),
        "CREDENTIALS_MISSING" => Some("CREDENTIALS_MISSING"),
        "accessNotConfigured" => Some("SERVICE_DISABLED"),
        "API_KEY_HTTP_REFERRER_BLOCKED" => Some("API_KEY_HTTP_REFERRER_BLOCKED"),
        "API_KEY_IP_ADDRESS_BLOCKED" => Some("API_KEY_IP_ADDRESS_BLOCKED"),
        "API_KEY_SERVICE_BLOCKED" => Some("API_KEY_SERVICE_BLOCKED"),
        "RATE_LIMIT_EXCEEDED" => Some("RATE_LIMIT_EXCEEDED"),
        _ => None,
    }
}

/// Links to where a person can switch the service on.
pub(super) fn help(reason: &str) -> Option<Value> {
    let url = metadata(reason).get("activationUrl")?.clone();
    Some(json!({
        "@type": "type.googleapis.com/google.rpc.Help",
        "links": [{ "description": "Google developers console API activation", "url": url }],
    }))
}

/// The metadata beside a reason in `details`.
pub(super) fn metadata(reason: &str) -> Value {
    let mut metadata = json!({ "service": "drive.googleapis.com" });
    let consumer = format!("projects/{PROJECT}");
    match reason {
        "SERVICE_DISABLED" => {
            let url = "https://console.developers.google.com/apis/api/drive.googleapis.com/overview?project=";
            metadata["consumer"] = json!(consumer);
            metadata["activationUrl"] = json!(format!("{url}{PROJECT}"));
        }
        "RATE_LIMIT_EXCEEDED" => {
            metadata["consumer"] = json!(consumer);
            metadata["quota_limit"] = json!("defaultPerMinutePerProject");
            metadata["quota_limit_value"] = json!("12000");
            metadata["quota_metric"] = json!("drive.googleapis.com/default");
            metadata["quota_unit"] = json!("1/min/{project}");
        }
        _ => {}
    }
    metadata
}
