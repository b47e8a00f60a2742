//! Why a request is not carried out, and the S3 error code each reason is told with.

use std::cell::RefCell;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use s3s::{S3Error, S3ErrorCode};

tokio::task_local! {
    /// The cause of an internal error of the request being served: for the log, never for the client.
    pub(super) static CAUSE: RefCell<Option<String>>;
}

/// A reason to refuse.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    #[error("Your previous request to create the named bucket succeeded and you already own it.")]
    BucketExists,
    #[error("The bucket you tried to delete is not empty")]
    BucketNotEmpty,
    #[error("The specified key does not exist.")]
    NoSuchKey,
    #[error(
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    )]
    NoSuchUpload,
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    #[error("The requested range is not satisfiable")]
    InvalidRange { size: u64 },
    #[error(
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
    )]
    InvalidPart,
    #[error("The list of parts was not in ascending order. Parts must be ordered by part number.")]
    InvalidPartOrder,
    #[error("Your proposed upload is smaller than the minimum allowed size")]
    EntityTooSmall,
    #[error("Your proposed upload exceeds the maximum allowed size")]
    EntityTooLarge,
    #[error("Your key is too long")]
    KeyTooLong,
    #[error("Your metadata headers exceed the maximum allowed metadata size")]
    MetadataTooLarge,
    #[error("The Content-MD5 you specified is not valid.")]
    InvalidDigest,
    #[error("The {0} you specified did not match what we received.")]
    BadDigest(&'static str),
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    WrongPayloadHash,
    #[error("The request signature we calculated does not match the signature you provided.")]
    WrongChunkSignature,
    #[error("You did not provide the number of bytes specified by the Content-Length HTTP header.")]
    IncompleteBody,
    #[error(
        "Your socket connection to the server was not read from or written to within the timeout period."
    )]
    RequestTimeout,
    #[error("You must provide the Content-Length HTTP header.")]
    MissingLength,
    #[error("The bucket does not allow ACLs")]
    AclsRefused,
    #[error("Access Denied")]
    AccessDenied,
    #[error("The value of the {0} header is not valid.")]
    BadHeader(String),
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("{0}")]
    InvalidArgument(&'static str),
    #[error("{0} is not implemented")]
    NotImplemented(&'static str),
    #[error("We encountered an internal error. Please try again.")]
    Internal(#[source] anyhow::Error),
}

impl Refusal {
    fn code(&self) -> S3ErrorCode {
        match self {
            Self::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            Self::BucketExists => S3ErrorCode::BucketAlreadyOwnedByYou,
            Self::BucketNotEmpty => S3ErrorCode::BucketNotEmpty,
            Self::NoSuchKey => S3ErrorCode::NoSuchKey,
            Self::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            Self::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            Self::InvalidRange { .. } => S3ErrorCode::InvalidRange,
            Self::InvalidPart => S3ErrorCode::InvalidPart,
            Self::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
            Self::EntityTooSmall => S3ErrorCode::EntityTooSmall,
            Self::EntityTooLarge => S3ErrorCode::EntityTooLarge,
            Self::KeyTooLong => S3ErrorCode::KeyTooLongError,
            Self::MetadataTooLarge => S3ErrorCode::MetadataTooLarge,
            Self::InvalidDigest => S3ErrorCode::InvalidDigest,
            Self::BadDigest(_) => S3ErrorCode::BadDigest,
            Self::WrongPayloadHash => S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into()),
            Self::WrongChunkSignature => S3ErrorCode::SignatureDoesNotMatch,
            Self::IncompleteBody => S3ErrorCode::IncompleteBody,
            Self::RequestTimeout => S3ErrorCode::RequestTimeout,
            Self::MissingLength => S3ErrorCode::MissingContentLength,
            Self::AclsRefused => S3ErrorCode::AccessControlListNotSupported,
            Self::AccessDenied => S3ErrorCode::AccessDenied,
            Self::InvalidRequest(_) => S3ErrorCode::InvalidRequest,
            Self::BadHeader(_) | Self::InvalidArgument(_) => S3ErrorCode::InvalidArgument,
            Self::NotImplemented(_) => S3ErrorCode::NotImplemented,
            Self::Internal(_) => S3ErrorCode::InternalError,
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> Self {
        let mut error = S3Error::with_message(refusal.code(), refusal.to_string());
        match refusal {
            Refusal::Internal(cause) => {
                // an error means that nobody serves a request here, for example in a test of the store alone
                let _ = CAUSE.try_with(|slot| slot.replace(Some(format!("{cause:#}"))));
            }
            // a code that the protocol crate does not know has no status of its own
            Refusal::WrongPayloadHash => error.set_status_code(StatusCode::BAD_REQUEST),
            Refusal::InvalidRange { size } => {
                let mut headers = HeaderMap::new();
                insert(&mut headers, http::header::CONTENT_RANGE, &format!("bytes */{size}"));
                insert(&mut headers, http::header::CONTENT_TYPE, "application/xml");
                error.set_headers(headers);
            }
            _ => {}
        }
        error
    }
}

/// Adds a header whose value came from this program or was a header value before.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.insert(name, value);
    }
}
