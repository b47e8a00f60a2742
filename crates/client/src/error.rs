//! The one error body on the wire, and the one error of a call between services.

use serde::{Deserialize, Serialize};

/// Body of every answer that is an error: the original's `error`, and what we add to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// What went wrong and what to do, for a person.
    pub error: String,
    /// Stable name of the kind of error in kebab-case, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The request this answers, as in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Why a call to one of the five services failed. `Display` holds no URL and no host.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer: refused, reset, timed out, or cut in the middle.
    #[error("{service} did not answer ({kind})")]
    Unreachable {
        /// The service that was called, as in its `/health`.
        service: &'static str,
        /// How it failed, in one or two words.
        kind: &'static str,
        /// The error below, without its URL.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An answer whose status is an error.
    #[error("{service} answered {status}: {message}")]
    Status {
        /// The service that was called.
        service: &'static str,
        /// The status of the answer.
        status: http::StatusCode,
        /// `error` of the answer's body, or its text where it is not ours.
        message: String,
        /// `code` of the answer's body.
        code: Option<String>,
        /// The whole body as text, at most 64 KiB, as the original quotes it.
        body: String,
        /// Seconds of a `Retry-After` header.
        retry_after: Option<u64>,
    },
    /// A success whose body is not what the contract says.
    #[error("{service} answered with an unexpected body: {reason}")]
    Body {
        /// The service that was called.
        service: &'static str,
        /// What did not fit.
        reason: String,
        /// The whole body as text, at most 64 KiB, as the original quotes it.
        body: String,
    },
}

impl Error {
    /// The status of the answer, where there was one.
    pub fn status(&self) -> Option<http::StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Unreachable { .. } | Self::Body { .. } => None,
        }
    }

    /// The stable kind of the answer's error, where there was one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Status { code, .. } => code.as_deref(),
            Self::Unreachable { .. } | Self::Body { .. } => None,
        }
    }

    /// True when the same call may succeed later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            // a restart, a full queue, a broken network: all pass
            Self::Unreachable { .. } => true,
            // 408 and 429 ask for another try; 5xx is the other side's trouble
            Self::Status { status, .. } => {
                status.is_server_error() || matches!(status.as_u16(), 408 | 429) || self.is_of_strangers()
            }
            // most often an answer that was cut, or a proxy's page
            Self::Body { .. } => true,
        }
    }

    /// True when the service took us for a stranger: somebody is giving all services another token, one after the other, or
    /// has forgotten one. No image is to blame for that.
    pub fn is_of_strangers(&self) -> bool {
        self.code() == Some(crate::internal_token::REFUSED)
    }

    /// True when the service was not there at all (refused, timed out, 502, 503, 504, or its database is down):
    /// the caller should wait for it, and not hold it against the image in hand.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Status { status, code, .. } => {
                matches!(status.as_u16(), 429 | 502 | 503 | 504)
                    || code.as_deref() == Some("database-unavailable")
                    || self.is_of_strangers()
            }
            Self::Body { .. } => false,
        }
    }
}
