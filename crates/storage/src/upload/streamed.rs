//! One request, streamed through: the last bytes are held back until all is known to be right.

use super::{Announced, Stored, UploadError, source::Source, stored};
use crate::bucket::{Bucket, Feeder, ObjectHead};

/// What one such upload holds in memory: the piece held back, the one on its way, and the buffers of both connections.
pub(super) const MEMORY: usize = 512 * 1024;

/// Stores `size` bytes of `source`.
pub(super) async fn store(
    bucket: &Bucket,
    announced: &Announced,
    head: ObjectHead,
    size: u64,
    source: &mut Source,
) -> Result<Stored, UploadError> {
    let feed = async |feeder: Feeder| {
        let mut held_back = None;
        while let Some(piece) = source.next().await? {
            if let Some(earlier) = held_back.replace(piece) {
                feeder.send(earlier).await?;
            }
        }
        // an error here drops the feeder: S3 never gets the rest
        let digest = source.check(announced)?;
        if let Some(last) = held_back {
            feeder.send(last).await?;
        }
        Ok::<_, UploadError>(digest.md5)
    };
    let md5 = bucket.put_streamed(&head, size, announced.md5, feed).await?;
    Ok(stored(bucket, head, size, md5))
}
