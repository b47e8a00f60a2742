//! The error answers of Drive, and the one place where they become bytes.
//!
//! Three shapes exist: with `errors` (Drive itself), with `errors`, `status` and `details` (the front end: key,
//! quota and enablement checks), and without `errors` (error format 2, asked for with `$.xgafv=2`).

mod table;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use std::ops::{Deref, DerefMut};
pub(crate) use table::{is_known, known_reasons};

/// How an error is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// With `errors`.
    #[default]
    One,
    /// Without `errors`: `status` and `details` only.
    Two,
}

/// An error answer, as data. Boxed, because it is the rare end of every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DriveError(Box<Parts>);

/// What an error answer consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    pub(crate) domain: &'static str,
    pub(crate) message: String,
    /// The parameter or header at fault, and which of the two it is.
    location: Option<(&'static str, &'static str)>,
    /// The reason in `details`, in the front end's own spelling.
    info: Option<&'static str>,
    /// Whether `status` and `details` are written in format 1 as well.
    from_front_end: bool,
    extended_help: Option<&'static str>,
    pub(crate) retry_after: Option<String>,
    content_range: Option<String>,
}

impl Deref for DriveError {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for DriveError {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl DriveError {
    fn new(status: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            reason,
            domain: "global",
            message: message.into(),
            location: None,
            info: None,
            from_front_end: false,
            extended_help: None,
            retry_after: None,
            content_range: None,
        }))
    }

    /// 404 for a file that does not exist, or that the caller may not see: Drive does not tell which.
    pub(crate) fn file_not_found(id: &str) -> Self {
        Self::new(404, "notFound", format!("File not found: {id}.")).at_parameter("fileId")
    }

    /// 404 for a parent in `q`; the id is not in the message.
    pub(crate) fn parent_not_found() -> Self {
        Self::file_not_found("")
    }

    /// 400 for a value that cannot be understood.
    pub(crate) fn invalid_value(location: &'static str) -> Self {
        Self::new(400, "invalid", "Invalid Value").at_parameter(location)
    }

    /// 400 for a parameter outside its range, or of the wrong kind.
    pub(crate) fn invalid_parameter(location: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, "invalidParameter", message).at_parameter(location)
    }

    /// 400 for a sort order that this search does not allow.
    pub(crate) fn order_with_full_text() -> Self {
        let message = "Sorting is not supported for queries with fullText terms. Results are always in descending \
                       relevance order.";
        Self::new(400, "badRequest", message).at_parameter("orderBy")
    }

    /// 416, with the size, so that a client can tell an empty file from a mistake.
    pub(crate) fn range_not_satisfiable(size: u64) -> Self {
        let mut error = Self::of_reason("requestedRangeNotSatisfiable", "");
        error.content_range = Some(format!("bytes */{size}"));
        error
    }

    /// 403 for folders, shortcuts and Docs editors files.
    pub(crate) fn not_downloadable() -> Self {
        Self::of_reason("fileNotDownloadable", "").at_parameter("alt")
    }

    /// 404 for a shared drive that does not exist.
    pub(crate) fn shared_drive_not_found(id: &str) -> Self {
        Self::new(404, "notFound", format!("Shared drive not found: {id}")).at_parameter("driveId")
    }

    /// The answer for a reason of the table; `file` goes into messages that name it.
    ///
    /// A reason outside the table is `internalError`; rules are checked before they come here.
    pub(crate) fn of_reason(reason: &str, file: &str) -> Self {
        table::error(reason, file)
    }

    fn at_parameter(mut self, name: &'static str) -> Self {
        self.location = Some((name, "parameter"));
        self
    }

    /// Leaves out `status` and `details`, as some recorded answers do.
    pub(crate) fn without_details(mut self) -> Self {
        self.from_front_end = false;
        self
    }

    /// The canonical code that belongs to the HTTP status.
    fn canonical(&self) -> &'static str {
        match self.status {
            400 | 416 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            _ => "INTERNAL",
        }
    }

    /// The body of the answer.
    pub(crate) fn body(&self, format: Format) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), json!(self.status));
        error.insert("message".into(), json!(self.message));
        if format == Format::One {
            error.insert("errors".into(), json!([self.entry()]));
        }
        if self.from_front_end || format == Format::Two {
            error.insert("status".into(), json!(self.canonical()));
            let details = self.details(format);
            if !details.is_empty() {
                error.insert("details".into(), Value::Array(details));
            }
        }
        json!({ "error": error })
    }

    fn entry(&self) -> Value {
        let mut entry = Map::new();
        let message = if self.reason == "required" { "Login Required." } else { &self.message };
        entry.insert("message".into(), json!(message));
        entry.insert("domain".into(), json!(self.domain));
        entry.insert("reason".into(), json!(self.reason));
        if let Some((location, kind)) = self.location {
            entry.insert("location".into(), json!(location));
            entry.insert("locationType".into(), json!(kind));
        }
        entry.extend(self.extended_help.map(|help| ("extendedHelp".to_owned(), json!(help))));
        Value::Object(entry)
    }

    /// In format 2 this is the only place where the reason can be read.
    fn details(&self, format: Format) -> Vec<Value> {
        let spelled = self.info.map(str::to_owned);
        let Some(reason) = spelled.or_else(|| (format == Format::Two).then(|| shouted(self.reason))) else {
            return Vec::new();
        };
        let info = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "googleapis.com",
            "metadata": table::metadata(&reason),
        });
        let message = json!({
            "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
            "locale": "en-US",
            "message": self.message,
        });
        let message = (self.status == 400).then_some(message);
        [Some(info), message, table::help(&reason)].into_iter().flatten().collect()
    }

    /// The whole answer.
    pub(crate) fn response(&self, format: Format) -> Response {
        let mut response = super::answer::json(self.status, &self.body(format));
        let extra = [(header::RETRY_AFTER, &self.retry_after), (header::CONTENT_RANGE, &self.content_range)];
        for (name, text) in extra {
            if let Some(value) = text.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// `userRateLimitExceeded` → `USER_RATE_LIMIT_EXCEEDED`.
fn shouted(reason: &str) -> String {
    let mut text = String::new();
    for c in reason.chars() {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}

/// An answer that is not JSON: error pages, empty bodies, plain text.
pub(crate) fn page(status: u16, content_type: &'static str, body: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What Google shows to an address that it takes for a robot.
pub(crate) const AUTOMATED_QUERIES: &str = "<html><head><meta http-equiv=\"content-type\" content=\"text/html; \
charset=utf-8\"/><title>Sorry...</title></head><body><div><b>We're sorry...</b><p>... but your computer or network \
may be sending automated queries. To protect our users, we can't process your request right now.</p></div></body>\
</html>";

/// What a broken proxy in between says.
pub(crate) const BAD_GATEWAY: &str = "<html><title>502</title><body>Bad Gateway</body></html>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_own_errors_have_the_first_shape() {
        let message = "File not found: 1AAA.";
        let expected = json!({"error": {"code": 404, "message": message, "errors": [{"message": message,
            "domain": "global", "reason": "notFound", "location": "fileId", "locationType": "parameter"}]}});
        assert_eq!(DriveError::file_not_found("1AAA").body(Format::One), expected);
        assert_eq!(DriveError::parent_not_found().message, "File not found: .");
    }

    #[test]
    fn the_front_ends_errors_have_the_second_shape() {
        let message = "API key not valid. Please pass a valid API key.";
        let expected = json!({"error": {"code": 400, "message": message,
            "errors": [{"message": message, "domain": "global", "reason": "badRequest"}],
            "status": "INVALID_ARGUMENT",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                 "domain": "googleapis.com", "metadata": {"service": "drive.googleapis.com"}},
                {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": message}]}});
        assert_eq!(DriveError::of_reason("API_KEY_INVALID", "").body(Format::One), expected);
    }

    #[test]
    fn format_two_tells_the_reason_in_the_details_only() {
        let body = DriveError::of_reason("downloadQuotaExceeded", "x").body(Format::Two);
        assert_eq!(body["error"].get("errors"), None);
        assert_eq!(body["error"]["status"], "PERMISSION_DENIED");
        assert_eq!(body["error"]["details"][0]["reason"], "DOWNLOAD_QUOTA_EXCEEDED");
    }

    #[test]
    fn every_reason_of_the_table_makes_an_answer_that_names_it() {
        for reason in known_reasons() {
            let body = DriveError::of_reason(reason, "FILE").body(Format::One).to_string();
            assert!(is_known(reason));
            // These two are told apart by their text alone.
            assert!(
                body.contains(reason) || ["missingKey", "API_KEY_EXPIRED"].contains(&reason),
                "{reason}: {body}"
            );
        }
        assert!(!is_known("noSuchReason"));
        let message = &DriveError::of_reason("insufficientFilePermissions", "FILE").message;
        assert_eq!(message, "The user does not have sufficient permissions for file FILE.");
    }
}
