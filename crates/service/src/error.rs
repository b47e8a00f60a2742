//! The one place that makes an error status: a closed list of kinds, and the body that all of them have.

use std::{error::Error as StdError, fmt::Write};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

/// An answer that is an error. The client gets `{"error": message, "code": …, "request_id": …}`; the cause is logged.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    message: String,
    fields: Map<String, Value>,
    retry_after_secs: Option<u64>,
    /// What a 401 wants.
    scheme: Option<&'static str>,
    cause: Option<String>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let fields = Map::new();
        let (retry_after_secs, scheme, cause) = (None, None, None);
        Self(Box::new(Inner { status, code, message, fields, retry_after_secs, scheme, cause }))
    }

    /// 400: the request cannot be understood; `message` says what to send instead.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    /// 401: who asks did not prove who they are, which they do by `scheme`.
    pub fn unauthorized(scheme: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message);
        error.0.scheme = Some(scheme);
        error
    }

    /// 403: whoever asks may not.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 404: what was asked for is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", message)
    }

    /// 405: not this method; the caller adds `Allow`.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "The method is not allowed for the requested URL.",
        )
    }

    /// 408: the client stopped sending in the middle of its request.
    pub fn request_timeout(message: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", message)
    }

    /// 409: it is there already, or has changed meanwhile.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 411: the length must be said before.
    pub fn length_required(message: impl Into<String>) -> Self {
        Self::new(StatusCode::LENGTH_REQUIRED, "length-required", message)
    }

    /// 412: what it depends on is not so.
    pub fn precondition_failed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition-failed", message)
    }

    /// 413: more bytes than are taken.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
    }

    /// 415: the body is of another type.
    pub fn unsupported_media_type(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", message)
    }

    /// 416: no part of it is where the request looks for one; the caller adds `Content-Range`.
    pub fn range_not_satisfiable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range-not-satisfiable", message)
    }

    /// 422: well-formed, but it contradicts itself.
    pub fn unprocessable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 429: too many requests of one kind.
    pub fn too_many_requests(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", message)
    }

    /// 500: our own trouble. Nothing of the cause may stand in `message`; give it to [`ApiError::caused_by`].
    pub fn internal(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, message)
    }

    /// 503: something that is needed is not there now.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// Another `code` than the status' usual one.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.0.code = code;
        self
    }

    /// One more field in the body, such as the contract's `"success": false`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, secs: u64) -> Self {
        self.0.retry_after_secs = Some(secs);
        self
    }

    /// The error below, for the log only: its whole chain.
    #[must_use]
    pub fn caused_by(mut self, cause: &(dyn StdError + 'static)) -> Self {
        self.0.cause = Some(chain(cause));
        self
    }

    /// The status it answers with.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The text it answers with.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

/// `error` and all errors below it, in one line.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let _ = write!(text, ": {error}");
        below = error.source();
    }
    text
}

/// The `code` of an answer, for those who count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) &'static str);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.0.status.is_server_error() {
            let cause = self.0.cause.as_deref().unwrap_or("none");
            tracing::warn!(status = self.0.status.as_u16(), code = self.0.code, message = %self.0.message, cause, "error answered");
        }
        let mut body = Map::new();
        body.insert("error".to_owned(), self.0.message.into());
        body.insert("code".to_owned(), self.0.code.into());
        body.extend(self.0.fields);
        if let Some(id) = client::request_id::current() {
            body.insert("request_id".to_owned(), id.into());
        }
        let mut response = Response::new(Body::from(Value::Object(body).to_string() + "\n"));
        *response.status_mut() = self.0.status;
        response.extensions_mut().insert(Code(self.0.code));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.0.status.is_server_error() {
            // trouble passes: no cache on the way may keep it
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if let Some(scheme) = self.0.scheme {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        if let Some(secs) = self.0.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}
