//! Bytes that are all in memory already.

use bytes::Bytes;

use super::{Announced, Stored, UploadError, Uploads, head, multipart, parts::Parts, stored};
use crate::digest::Md5Digest;

/// From this size on, bytes in memory go in parts: where the original's library did, so that errors name the same
/// operation.
const MIN_PARTS: usize = 8 * 1024 * 1024;

/// Stores `bytes`.
///
/// # Errors
/// When S3 fails for good.
pub(crate) async fn store_bytes(
    uploads: &Uploads,
    announced: &Announced,
    bytes: Bytes,
) -> Result<Stored, UploadError> {
    let bucket = &uploads.bucket;
    let head = head(bucket, announced, &bytes);
    if bytes.len() >= MIN_PARTS {
        match uploads.begin_multipart(&head).await {
            Ok(upload) => {
                let parts = Parts::in_memory(bytes);
                return multipart::store(uploads, announced, head, &upload, parts).await;
            }
            Err(error) if error.is_unknown_operation() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let md5 = Md5Digest::of(&bytes);
    let put = bucket.put_bytes(&head, &bytes, md5).await;
    uploads.release_waiters();
    put?;
    Ok(stored(bucket, head, bytes.len() as u64, md5))
}
