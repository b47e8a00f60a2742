//! Why an object was not stored, and the answer each reason gets.

use service::ApiError;

use crate::{bucket::S3Error, budget::Busy, digest::Md5Digest};

/// Why an object was not stored. Nothing of it is visible.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// The body ended before its announced end.
    #[error("read the body")]
    BodyCut {
        /// Its announced length.
        announced: Option<u64>,
        /// What came of it.
        size: u64,
    },
    /// The client said nothing for too long.
    #[error("wait for the body")]
    ClientSilent,
    /// All bytes came, but they are others than announced.
    #[error("check the MD5")]
    WrongChecksum {
        /// Their MD5.
        md5: Md5Digest,
        /// Their number.
        size: u64,
    },
    /// More bytes than an object may have.
    #[error("cut the body into parts")]
    TooLarge {
        /// The most.
        limit: u64,
    },
    /// More bytes than `MAX_IMAGE_MB` allows.
    #[error("keep the image within MAX_IMAGE_MB")]
    OverLimit {
        /// The most, in bytes.
        limit: u64,
    },
    /// Too many uploads at once.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// S3 failed.
    #[error(transparent)]
    S3(#[from] S3Error),
    /// The process is about to end.
    #[error("finish before the end")]
    Stopping,
    /// A fault of this service.
    #[error("run the upload")]
    Internal,
}

impl From<UploadError> for ApiError {
    /// As `PUT /objects/{uuid}` answers.
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::S3(error) if error.is_transient() => {
                let answer = Self::unavailable("s3-unavailable", error.to_string());
                answer.with("success", false).caused_by(&error)
            }
            UploadError::S3(error) => refused_by_s3(&error),
            UploadError::BodyCut { announced: Some(announced), size } => {
                Self::bad_request(format!("The body ended after {size} of {announced} bytes."))
                    .code("length-mismatch")
                    .with("size", size)
            }
            UploadError::BodyCut { announced: None, size } => {
                Self::bad_request(format!("The body was cut off after {size} bytes."))
                    .code("length-mismatch")
                    .with("size", size)
            }
            UploadError::ClientSilent => {
                Self::bad_request("No more bytes came for too long.").code("body-timeout")
            }
            UploadError::WrongChecksum { md5, size } => {
                Self::unprocessable("checksum-mismatch", "The bytes do not have the MD5 of Content-MD5.")
                    .with("md5", md5.to_string())
                    .with("size", size)
            }
            UploadError::TooLarge { limit } => {
                Self::too_large(format!("An object may have at most {limit} bytes."))
            }
            UploadError::OverLimit { limit } => Self::too_large(format!(
                "The image is larger than the {} MiB that MAX_IMAGE_MB of the storage service allows.",
                limit >> 20
            ))
            .code("image-too-large")
            .with("success", false),
            UploadError::Busy(busy) => {
                Self::unavailable("storage-busy", "Too many uploads at once; try again soon.")
                    .retry_after(1)
                    .caused_by(&busy)
            }
            UploadError::Stopping => {
                Self::unavailable("stopping", "The service is stopping; send the object again.")
            }
            UploadError::Internal => Self::internal("internal", "The upload failed."),
        }
    }
}

/// The contract's answer to an error of S3: 500 with its words.
pub(crate) fn refused_by_s3(error: &S3Error) -> ApiError {
    let code = if error.is_transient() { "s3-unavailable" } else { "s3-error" };
    let answer = ApiError::internal(code, error.to_string()).with("success", false).caused_by(error);
    match error.hint() {
        Some(hint) => answer.with("hint", hint),
        None => answer,
    }
}
