//! Why an object is not sent, in words for whoever runs the service.

use client::storage::NO_SUCH_OBJECT;
use service::ApiError;

use crate::{bucket::S3Error, upload::refused_by_s3};

/// When to ask again, in seconds.
const SOON: u64 = 2;

/// There is no such object, or it is none of ours.
pub(crate) fn no_such_object() -> ApiError {
    ApiError::not_found("There is no such object.").code(NO_SUCH_OBJECT)
}

/// Too many objects are being read.
pub(super) fn busy() -> ApiError {
    ApiError::unavailable("storage-busy", "Too many objects are read at once; try again soon.").retry_after(1)
}

/// What S3 has to say against a read.
pub(crate) fn refused(error: &S3Error) -> ApiError {
    if error.is_transient() {
        return ApiError::unavailable("s3-unavailable", error.to_string()).retry_after(SOON).caused_by(error);
    }
    if error.is_denied() {
        let message = "The bucket does not let the storage service read this object.";
        return ApiError::internal("s3-read-denied", message)
            .with(
                "hint",
                "Give its access key the right s3:GetObject on the objects of the bucket, and s3:ListBucket on the \
                 bucket: without that, S3 says the same of objects that are not there.",
            )
            .caused_by(error);
    }
    refused_by_s3(error)
}
