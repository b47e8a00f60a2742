//! Why there is no thumbnail, and the answer each reason gets.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::ApiError;

use super::engine::Refusal;
use crate::{
    bucket::S3Error,
    content::{no_such_object, refused},
    upload::UploadError,
};

/// After how many seconds whoever was sent away may come again.
const COME_AGAIN_SECS: u64 = 2;

/// Why there is no thumbnail, shared by all who wait for it.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// There is no such image.
    NoSuchImage,
    /// There is one, and nothing can be made of it.
    Refused(Refused),
    /// Too many wait already.
    Busy,
    /// S3 failed.
    S3(Arc<S3Error>),
    /// The process is about to end.
    Stopping,
    /// A fault of this service: no process that makes thumbnails could be started, or it speaks another language.
    Internal(Arc<std::io::Error>),
}

/// Why nothing can be made of an image. The same every time: it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// True where the format is one that is not read.
    pub(super) unsupported: bool,
    /// The code of the answer.
    pub(super) code: String,
    /// Its words.
    pub(super) message: String,
}

impl Refused {
    /// True where the image alone may not be the cause.
    pub(super) fn is_doubtful(&self) -> bool {
        self.code == Refusal::TookTooLong.code()
    }
}

impl Failure {
    /// True where S3 may only be hiding that there is no such image.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self, Self::S3(error) if error.is_denied())
    }
}

impl From<S3Error> for Failure {
    fn from(error: S3Error) -> Self {
        Self::S3(Arc::new(error))
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NoSuchImage => no_such_object(),
            Failure::Refused(Refused { unsupported: true, code, message }) => {
                Self::unsupported_media_type(message).with("code", code)
            }
            Failure::Refused(Refused { unsupported: false, code, message }) => {
                Self::unprocessable("broken-image", message).with("code", code)
            }
            Failure::Busy => Self::unavailable(
                "thumbnails-busy",
                "Too many thumbnails are being made; try again in a moment.",
            )
            .retry_after(COME_AGAIN_SECS),
            Failure::S3(error) => refused(&error),
            Failure::Stopping => UploadError::Stopping.into(),
            Failure::Internal(error) => {
                Self::internal("thumbnailer-failed", "No thumbnails can be made at the moment.")
                    .caused_by(&*error)
            }
        }
    }
}
