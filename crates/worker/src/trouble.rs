//! What can stop a try, in words for a person and in names for programs.

use client::{
    Error,
    drive::{self, Reason},
    import::Failure,
};

use crate::listing::BadListing;

/// Longest text of another service that is passed on.
const MAX_QUOTE: usize = 2000;

/// What stopped a try.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Drive said no, or did not answer, or not fully.
    Drive(drive::Error),
    /// The storage service did not store the object, or not let it go.
    Storage(Error),
    /// The storage service took no byte for minutes.
    StorageSilent,
    /// The metadata service did not take the row.
    Metadata(Error),
    /// The metadata service answered what makes no sense, such as a conflict without a row.
    MetadataConfused,
    /// The image that was to be stored anew has been deleted.
    NotKnown,
    /// The record of the file will not do.
    BadListing(BadListing),
    /// Drive announces another size than it delivers, also when listed again.
    SizeMismatch {
        /// Bytes announced.
        announced: u64,
        /// Bytes delivered.
        delivered: u64,
    },
    /// The bytes are not those announced, and differ from download to download.
    ChecksumMismatch,
    /// An image that must be held in memory is larger than may be.
    TooLarge {
        /// Bytes that may be held.
        limit: u64,
    },
    /// The image is larger than is wanted.
    OverLimit {
        /// Bytes that it may have.
        limit: u64,
    },
    /// The worker came upon a mistake of its own.
    Panicked,
}

impl Trouble {
    /// The trouble as a failure, for a person and for programs.
    pub(crate) fn failure(&self, attempts: u32) -> Failure {
        let (reason, advice) = self.reason_and_advice();
        Failure { reason: reason.to_owned(), message: self.message(), advice: advice.to_owned(), attempts }
    }

    /// True when storage refused the bytes because their MD5 is not the announced one.
    pub(crate) fn is_checksum_mismatch(&self) -> bool {
        matches!(self, Self::Storage(error) if error.code() == Some("checksum-mismatch"))
    }

    /// Stable name of the reason.
    pub(crate) fn reason(&self) -> &'static str {
        self.reason_and_advice().0
    }

    /// What happened; the beginnings are the original's.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Drive(error) => format!("Error downloading from Google Drive: {error}"),
            Self::Storage(error) => format!("Storage upload failed: {}", quote(error)),
            Self::StorageSilent => "Storage upload failed: storage-service did not go on reading".to_owned(),
            Self::Metadata(error) => format!("Metadata save failed: {}", quote(error)),
            Self::MetadataConfused => {
                "Metadata save failed: the answer names no image although it is a conflict".to_owned()
            }
            Self::NotKnown => "No image with this id is known any more".to_owned(),
            Self::BadListing(bad) => match bad {
                BadListing::UnknownId(_) => format!("Error downloading from Google Drive: 404 {bad}"),
                _ => format!("The file's record is incomplete or wrong: {bad}"),
            },
            Self::SizeMismatch { announced, delivered } => format!(
                "Error downloading from Google Drive: {delivered} bytes came, but {announced} are announced"
            ),
            Self::ChecksumMismatch => {
                "Error downloading from Google Drive: the bytes are not the announced ones, and differ from try to try"
                    .to_owned()
            }
            Self::TooLarge { limit } => {
                format!("The image is larger than the {limit} bytes that UPLOAD_MODE=base64 can carry")
            }
            Self::OverLimit { limit } => {
                format!("The image is larger than the {} MiB that MAX_IMAGE_MB allows", limit >> 20)
            }
            Self::Panicked => "The worker failed on this image".to_owned(),
        }
    }

    fn reason_and_advice(&self) -> (&'static str, &'static str) {
        match self {
            Self::Drive(error) => (error.reason.code(), error.reason.advice()),
            Self::BadListing(BadListing::UnknownId(_)) => {
                (Reason::NotFound.code(), Reason::NotFound.advice())
            }
            Self::Storage(error) if matches!(error.status().map(|s| s.as_u16()), Some(404 | 405)) => (
                "storage-error",
                "If the storage service is the original's, set UPLOAD_MODE=base64 for the worker.",
            ),
            Self::Storage(error) if error.code() == Some("image-too-large") => (
                "too-large",
                "Set MAX_IMAGE_MB of the storage service higher if the image is wanted, then retry.",
            ),
            Self::Storage(_) | Self::StorageSilent => (
                "storage-error",
                "Check the bucket settings and the logs of the storage service, then retry.",
            ),
            Self::Metadata(_) | Self::MetadataConfused => {
                ("metadata-error", "Check the database and the logs of the metadata service, then retry.")
            }
            Self::NotKnown => ("not-known", "Import its folder again, if the image is wanted."),
            Self::BadListing(_) => {
                ("bad-listing", "Send every file with id, name, mimeType and size as Google Drive lists it.")
            }
            Self::SizeMismatch { .. } => {
                ("size-mismatch", "Open the file in Google Drive; if it is fine there, retry later.")
            }
            Self::ChecksumMismatch => (
                "checksum-mismatch",
                "Retry later; if it stays, download the file by hand and upload it to Google Drive again.",
            ),
            Self::TooLarge { .. } => ("too-large", "Set UPLOAD_MODE=stream."),
            Self::OverLimit { .. } => {
                ("too-large", "Set MAX_IMAGE_MB of the worker higher if the image is wanted, then retry.")
            }
            Self::Panicked => ("internal", "Look into the worker's log, and report what it says."),
        }
    }
}

/// The body of the answer as text, as the original quotes it; without an answer what went wrong.
fn quote(error: &Error) -> String {
    match error {
        Error::Status { body, .. } | Error::Body { body, .. } => body.chars().take(MAX_QUOTE).collect(),
        Error::Unreachable { .. } => error.to_string(),
    }
}
