//! One request, streamed through: the last bytes are held back until all is known to be right.

use super::{Announced, Stored, UploadError, source::Source, stored};
use crate::{
    bucket::{Bucket, Feeder, ObjectHead},
    digest::Md5Digest,
};

/// What one such upload holds in memory: the piece held back, those on their way, and the buffers of both connections.
pub(super) const MEMORY: usize = 384 * 1024;

/// Stores `size` bytes of `source`.
pub(super) async fn store(
    bucket: &Bucket,
    announced: &Announced,
    head: ObjectHead,
    size: u64,
    source: &mut Source,
) -> Result<Stored, UploadError> {
    let feed = async |feeder| pass_on(announced, source, feeder).await;
    let md5 = bucket.put_streamed(&head, size, announced.md5, feed).await?;
    Ok(stored(bucket, head, size, md5))
}

/// Hands all pieces over, the last one only once all are known to be right. On an error the feeder is dropped, and S3
/// never gets the rest.
async fn pass_on(
    announced: &Announced,
    source: &mut Source,
    feeder: Feeder,
) -> Result<Md5Digest, UploadError> {
    let mut held_back = None;
    while let Some(piece) = source.next().await? {
        if let Some(earlier) = held_back.replace(piece) {
            feeder.send(earlier).await?;
        }
    }
    let digest = source.check(announced).await?;
    if let Some(last) = held_back {
        feeder.send(last).await?;
    }
    Ok(digest.md5)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use bytes::Bytes;
    use futures::stream;
    use uuid::Uuid;

    use super::*;
    use crate::{bucket::channel, digest::Hashers};

    const PIECES: [&[u8]; 3] = [b"one", b"two", b"three"];
    const SILENCE: Duration = Duration::from_secs(5);

    /// What S3 gets of the pieces, announced as `size` bytes with this MD5.
    async fn passed_on(size: u64, md5: Md5Digest) -> (Result<Md5Digest, UploadError>, Vec<u8>) {
        let pieces = PIECES.map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece)));
        let mut source =
            Source::new(Body::from_stream(stream::iter(pieces)), Some(size), SILENCE, &Hashers::default());
        let announced = Announced {
            uuid: Uuid::nil(),
            name: String::new(),
            media_type: String::new(),
            size: Some(size),
            md5: Some(md5),
        };
        let (feeder, mut body) = channel("PutObject", size, SILENCE);
        let receive = async {
            let mut received = Vec::new();
            while let Some(Ok(piece)) = body.next().await {
                received.extend_from_slice(&piece);
            }
            received
        };
        tokio::join!(pass_on(&announced, &mut source, feeder), receive)
    }

    #[tokio::test]
    async fn the_last_piece_waits_for_the_check() {
        let right = Md5Digest::of(&PIECES.concat());
        let (passed, received) = passed_on(11, right).await;
        assert_eq!((passed.unwrap(), received), (right, PIECES.concat()));
        let (passed, received) = passed_on(11, Md5Digest::of(b"others")).await;
        assert!(matches!(passed, Err(UploadError::WrongChecksum { size: 11, .. })));
        assert_eq!(received, b"onetwo");
        let (passed, received) = passed_on(12, right).await;
        assert!(matches!(passed, Err(UploadError::BodyCut { announced: Some(12), size: 11 })));
        assert_eq!(received, b"onetwo");
    }
}
