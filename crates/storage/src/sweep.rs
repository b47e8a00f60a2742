//! Clears away what a crash left: our own multipart uploads that nobody will complete.

use std::{sync::Arc, time::Duration};

use service::Shutdown;

use crate::bucket::{Bucket, S3Error};

const EVERY: Duration = Duration::from_secs(60 * 60);
/// No upload takes this long.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Sweeps now and then until `shutdown`.
pub(crate) async fn run(bucket: Arc<Bucket>, shutdown: Shutdown) {
    loop {
        tokio::select! {
            swept = sweep(&bucket, ABANDONED_AFTER) => match swept {
                Ok(0) => {}
                Ok(aborted) => tracing::info!(aborted, "abandoned uploads were aborted"),
                // some servers cannot list uploads, and some keys may not: a lifecycle rule of the bucket does as well
                Err(error) => tracing::debug!(error = %error, "could not look for abandoned uploads"),
            },
            () = shutdown.stopping() => return,
        }
        if !shutdown.sleep(EVERY).await {
            return;
        }
    }
}

/// Aborts our uploads that were begun longer than `age` ago; how many there were.
async fn sweep(bucket: &Bucket, age: Duration) -> Result<usize, S3Error> {
    let mut aborted = 0;
    for old in bucket.unfinished_uploads().await? {
        // a clock that runs behind S3's makes an upload look younger: it is left for later
        if old.begun.elapsed().is_ok_and(|since| since > age) {
            bucket.abort_multipart(&old.upload).await?;
            aborted += 1;
        }
    }
    Ok(aborted)
}
