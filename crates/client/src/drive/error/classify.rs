//! From a status and a body to a reason. Pure.
//!
//! What is most precise counts: `details[].reason` of the API front end (it knows about keys), then Drive's own
//! `errors[0].reason`, then the words of the message, then the name of the status, and only then the code.

use http::StatusCode;
use serde_json::Value;

use super::Reason;

/// Longest message of Drive's that is passed on.
const MAX_MESSAGE: usize = 500;

/// The reason, and Drive's own words.
pub(super) fn classify(status: StatusCode, body: &[u8]) -> (Reason, String) {
    let json = serde_json::from_slice::<Value>(body).ok();
    let Some(json) = json.filter(Value::is_object) else { return without_json(status, body) };
    let error = &json["error"];
    let first = &error["errors"][0];
    let message = [&error["message"], &first["message"]]
        .into_iter()
        .find_map(Value::as_str)
        .filter(|text| !text.is_empty())
        .map_or_else(|| in_general(status), |text| text.chars().take(MAX_MESSAGE).collect());
    let mut details = error["details"].as_array().into_iter().flatten();
    let reason = details
        .find_map(by_detail)
        .or_else(|| by_reason(first["reason"].as_str()?, first, &message))
        .or_else(|| by_message(&message))
        .or_else(|| by_status_name(error["status"].as_str()?))
        .unwrap_or_else(|| by_code(status, true));
    (reason, message)
}

/// HTML, nothing, or JSON that was cut.
fn without_json(status: StatusCode, body: &[u8]) -> (Reason, String) {
    let text = String::from_utf8_lossy(body);
    if is_block_page(&text) {
        return (Reason::AutomatedQueries, in_general(status));
    }
    // what came of a cut answer may still say why
    let cut = quoted(&text, "\"reason\"").and_then(|reason| {
        let message = quoted(&text, "\"message\"").unwrap_or_default();
        by_info(reason).or_else(|| by_reason(reason, &Value::Null, message))
    });
    (cut.unwrap_or_else(|| by_code(status, false)), in_general(status))
}

fn in_general(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("no reason given").to_owned()
}

/// Google's page, in any of its wordings; other servers have pages too.
fn is_block_page(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("automated queries")
        || text.contains("unusual traffic")
        || text.contains("google.com/sorry")
}

/// The text after a name in what may be a piece of JSON.
fn quoted<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let after = text.split_once(name)?.1.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    after.split_once('"').map(|(value, _)| value)
}

fn by_detail(detail: &Value) -> Option<Reason> {
    let reason = detail["reason"].as_str()?;
    let is_daily = detail["metadata"]["quota_unit"].as_str().is_some_and(|unit| unit.starts_with("1/d"));
    match by_info(reason)? {
        Reason::RateLimited if is_daily => Some(Reason::DailyLimit),
        meaning => Some(meaning),
    }
}

/// Names as the front end writes them. It writes Drive's own ones in capitals too.
fn by_info(info: &str) -> Option<Reason> {
    Some(match info {
        "API_KEY_INVALID" | "API_KEY_EXPIRED" => Reason::KeyInvalid,
        "SERVICE_DISABLED" => Reason::ApiDisabled,
        "RATE_LIMIT_EXCEEDED" => Reason::RateLimited,
        "CREDENTIALS_MISSING" => Reason::KeyMissing,
        text if text.starts_with("API_KEY_") && text.ends_with("_BLOCKED") => Reason::KeyRestricted,
        text if text.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
            return by_reason(&camel(text), &Value::Null, "");
        }
        _ => return None,
    })
}

/// `NOT_FOUND` as `notFound`.
fn camel(capitals: &str) -> String {
    let mut words = capitals.split('_');
    let first = words.next().unwrap_or_default().to_lowercase();
    words.fold(first, |text, word| match word.split_at_checked(1) {
        Some((initial, rest)) => text + initial + &rest.to_lowercase(),
        None => text,
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
        // the latter with the location `quota.download`; without a user no other quota can be meant
        "downloadQuotaExceeded" | "quotaExceeded" => Reason::DownloadQuota,
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
        // `badRequest` and `forbidden` say nothing: the message does
        "badRequest" | "forbidden" => return by_message(message),
        _ => return None,
    })
}

/// The words of the front end, where it leaves out its details.
fn by_message(message: &str) -> Option<Reason> {
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    Some(match () {
        () if message.starts_with("API key") => Reason::KeyInvalid,
        () if says(&["unregistered callers", "missing a valid API key"]) => Reason::KeyMissing,
        () if says(&["are blocked", "address restriction"]) => Reason::KeyRestricted,
        () if says(&["has not been used in project"]) => Reason::ApiDisabled,
        () if says(&["Quota exceeded for quota metric"]) => Reason::RateLimited,
        () => return None,
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
        // Drive always says why: this may be anybody's answer, and need not be the next one
        403 if !is_json => Reason::Unexplained,
        401 | 403 => Reason::Forbidden,
        404 => Reason::NotFound,
        408 => Reason::ServerError,
        416 => Reason::RangeNotSatisfiable,
        429 => Reason::RateLimited,
        500..=599 => Reason::ServerError,
        _ => Reason::UnexpectedStatus,
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
