//! The codes of errors, so that each is counted from 0: a number that first appears as 5 shows Prometheus no growth.

use ::metrics::Counter;
use client::drive::Reason;

use super::{Metrics, catalogue::HTTP_ERRORS};

/// Those that do not come from Google Drive.
const OF_SERVICES: [&str; 60] = [
    "address-expired",
    "address-not-signed",
    "bad-listing",
    "bad-request",
    "body-timeout",
    "broken-image",
    "bucket-not-set",
    "checksum-mismatch",
    "cross-site",
    "database-unavailable",
    "headers-too-large",
    "image-exists",
    "image-gone",
    "image-too-large",
    "internal",
    "internal-token",
    "interrupted",
    "job-ended",
    "job-not-ended",
    "job-store-unavailable",
    "length-mismatch",
    "length-required",
    "metadata-error",
    "method-not-allowed",
    "no-such-object",
    "not-a-folder",
    "not-a-folder-link",
    "not-found",
    "not-known",
    "nothing-to-share",
    "object-released",
    "page-not-built",
    "precondition-failed",
    "queue-unavailable",
    "range-not-satisfiable",
    "rate-limited",
    "request-timeout",
    "s3-error",
    "s3-read-denied",
    "s3-unavailable",
    "service-unavailable",
    "size-mismatch",
    "stopping",
    "storage-busy",
    "storage-error",
    "thumbnailer-failed",
    "thumbnails-busy",
    "timed-out",
    "too-large",
    "too-many-bodies",
    "too-many-connections",
    "too-many-images",
    "too-many-jobs",
    "too-many-requests",
    "too-many-streams",
    "unauthorized",
    "unknown-provider",
    "unsupported-image",
    "unsupported-media-type",
    "uri-too-long",
];

impl Metrics {
    /// Every code that an error may have begins at 0.
    pub(super) fn errors_from_zero(&self) {
        for code in OF_SERVICES.into_iter().chain(Reason::ALL.map(Reason::code)) {
            self.errors_of(code).increment(0);
        }
    }

    /// The counter of a code. One that is not in the list is counted all the same: codes are texts of the program.
    pub(super) fn errors_of(&self, code: &'static str) -> Counter {
        self.counter(&HTTP_ERRORS, &[code])
    }
}
