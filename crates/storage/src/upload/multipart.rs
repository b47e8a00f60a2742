//! An object in parts: completed after the check, else aborted.

use std::{pin::pin, time::Duration};

use futures::{StreamExt as _, stream::FuturesUnordered};
use service::Shutdown;

use super::{
    Announced, Stored, UploadError, Uploads,
    parts::{NextPart, Parts},
    source::Digest,
    stored,
};
use crate::bucket::{MultipartUpload, ObjectHead, Part};

/// Parts of one upload that are on their way while the next is read.
const IN_FLIGHT: usize = 2;
/// How long uploads may go on after the signal to stop.
const LAST_CALL: Duration = Duration::from_secs(12);

/// Stores all `parts` as one object.
pub(super) async fn store(
    uploads: &Uploads,
    announced: &Announced,
    head: ObjectHead,
    upload: &MultipartUpload,
    parts: Parts<'_>,
) -> Result<Stored, UploadError> {
    let outcome = tokio::select! {
        outcome = send_and_complete(uploads, announced, upload, parts) => outcome,
        () = too_late(&uploads.tasks) => Err(UploadError::Stopping),
    };
    let bucket = &uploads.bucket;
    match outcome {
        Ok(digest) => Ok(stored(bucket, head, digest.size, digest.md5)),
        Err(error) => {
            if let Err(abort_error) = bucket.abort_multipart(upload).await {
                tracing::warn!(key = %head.key, error = %abort_error, "an unfinished upload stays for the sweep");
            }
            Err(error)
        }
    }
}

/// When the process stops, and what is not done by now must be cleaned up.
async fn too_late(shutdown: &Shutdown) {
    shutdown.stopping().await;
    tokio::time::sleep(LAST_CALL).await;
}

async fn send_and_complete(
    Uploads { bucket, hashers, .. }: &Uploads,
    announced: &Announced,
    upload: &MultipartUpload,
    mut parts: Parts<'_>,
) -> Result<Digest, UploadError> {
    let send = async |next: NextPart| {
        let md5 = hashers.digest(next.bytes.clone()).await;
        let sent = bucket.put_part(upload, next.number, next.bytes, md5).await;
        drop(next.share);
        sent.map(|part| (next.number, part))
    };
    let mut sending = FuturesUnordered::new();
    let mut done: Vec<(i32, Part)> = Vec::new();
    loop {
        while sending.len() >= IN_FLIGHT {
            done.extend(sending.next().await.transpose()?);
        }
        let mut reading = pin!(parts.next());
        // reading must not be begun anew when a part has arrived: what was read would be lost
        let next = loop {
            tokio::select! {
                biased;
                next = &mut reading => break next?,
                Some(part) = sending.next() => done.push(part?),
            }
        };
        match next {
            Some(next) => sending.push(send(next)),
            None => break,
        }
    }
    while let Some(part) = sending.next().await {
        done.push(part?);
    }
    let digest = parts.check(announced).await?;
    done.sort_by_key(|(number, _)| *number);
    let done: Vec<Part> = done.into_iter().map(|(_, part)| part).collect();
    bucket.complete_multipart(upload, &done, digest.size).await?;
    Ok(digest)
}
