//! Why there is no thumbnail, in words for a person.

use crate::thumbnail::failure::Refused;

/// Why there can be no thumbnail of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The format is not read.
    #[error(
        "There are no thumbnails of {media_type}. Open the original: if this browser does not show it, download it and open \
         it with another program, or convert it to JPEG, PNG or WebP and import that."
    )]
    Unsupported {
        /// What the bytes are.
        media_type: String,
    },
    /// The bytes are not what their beginning promises, or of a rare kind.
    #[error("The image is damaged, or of a kind that is not read.")]
    Broken,
    /// The file is too large.
    #[error("The image has {bytes} bytes; thumbnails are made of up to {most}.")]
    TooManyBytes {
        /// What it has.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// The picture is too large.
    #[error(
        "The image has {width} × {height} = {pixels} pixels; thumbnails are made of up to {most}.",
        pixels = u128::from(*width) * u128::from(*height)
    )]
    TooManyPixels {
        /// Pixels across.
        width: u64,
        /// Pixels down.
        height: u64,
        /// The limit.
        most: u64,
    },
    /// One side is too long.
    #[error("The image is {width} × {height} pixels; thumbnails are made of up to {most} a side.")]
    SideTooLong {
        /// Pixels across.
        width: u64,
        /// Pixels down.
        height: u64,
        /// The limit.
        most: u64,
    },
    /// A JPEG that refines its picture too often.
    #[error("The image comes in more than {most} passes, which is more than thumbnails are made of.")]
    TooManyScans {
        /// The limit.
        most: usize,
    },
    /// Reading it would take more memory than a picture may.
    #[error(
        "The image needs more than {most_mib} MiB of memory, which is more than thumbnails are made with."
    )]
    TooMuchMemory {
        /// The limit in MiB.
        most_mib: usize,
    },
    /// The time is over.
    #[error("The image takes too long to read.")]
    TookTooLong,
}

impl Refusal {
    /// A name for programs, the same for ever.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "unsupported-image",
            Self::Broken => "broken-image",
            Self::TooManyBytes { .. } => "too-many-bytes",
            Self::TooManyPixels { .. } => "too-many-pixels",
            Self::SideTooLong { .. } => "side-too-long",
            Self::TooManyScans { .. } => "too-many-scans",
            Self::TooMuchMemory { .. } => "too-much-memory",
            Self::TookTooLong => "took-too-long",
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            unsupported: matches!(refusal, Refusal::Unsupported { .. }),
            code: refusal.code().to_owned(),
            message: refusal.to_string(),
        }
    }
}
