//! Clears away what a crash left: our own multipart uploads that nobody will complete.

use std::{sync::Arc, time::Duration};

use service::Shutdown;

use crate::bucket::{Bucket, S3Error};

/// Not at once: a service that starts has better things to ask S3.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(60 * 60);
/// No upload takes this long.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Sweeps now and then until `shutdown`.
pub(crate) async fn run(bucket: Arc<Bucket>, shutdown: Shutdown) {
    let mut wait = FIRST_AFTER;
    while shutdown.sleep(wait).await {
        wait = EVERY;
        tokio::select! {
            swept = sweep(&bucket, ABANDONED_AFTER) => match swept {
                Ok(0) => {}
                Ok(aborted) => tracing::info!(aborted, "abandoned uploads were aborted"),
                // some servers cannot list uploads, and some keys may not: a lifecycle rule of the bucket does as well
                Err(error) => tracing::debug!(error = %error, "could not look for abandoned uploads"),
            },
            () = shutdown.stopping() => return,
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use client::Secret;
    use service::Env;
    use tokio::net::TcpListener;
    use uuid::Uuid;

    use super::*;
    use crate::{Config, bucket::ObjectHead, object_key::ObjectKey};

    #[tokio::test]
    async fn only_our_own_abandoned_uploads_are_aborted() {
        let directory = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let s3 = emulators::s3::Config::new(
            directory.path(),
            "images",
            "image-import",
            Secret::new("image-import-local"),
        );
        tokio::spawn(emulators::s3::run(listener, s3, Shutdown::new()));
        let config = Config::from_env(&Env::from_pairs([("EMBEDDED_S3_URL", &endpoint)])).unwrap();
        let bucket_config = config.bucket.unwrap();
        let bucket = Bucket::connect(&bucket_config, config.object_acl, config.limits.silence).await;
        let head = ObjectHead {
            key: ObjectKey::new(Uuid::new_v4(), "a.jpg", 0),
            content_type: "image/jpeg".into(),
            content_disposition: "inline".into(),
        };
        bucket.begin_multipart(&head).await.unwrap();
        bucket.begin_foreign_multipart("backup.tar").await;
        assert_eq!(sweep(&bucket, ABANDONED_AFTER).await.unwrap(), 0, "it is young");
        assert_eq!(sweep(&bucket, Duration::ZERO).await.unwrap(), 1);
        assert_eq!(sweep(&bucket, Duration::ZERO).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_list_of_uploads_that_leads_back_to_itself_ends() {
        for is_new in [false, true] {
            let pages = Arc::new(AtomicUsize::new(0));
            let listed = axum::Router::new().fallback(move || {
                let next = if is_new { pages.fetch_add(1, Ordering::Relaxed) } else { 0 };
                let body = format!(
                    "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k{next}</NextKeyMarker>\
                     <NextUploadIdMarker>u</NextUploadIdMarker></ListMultipartUploadsResult>"
                );
                async move { body }
            });
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move { axum::serve(listener, listed).await.unwrap() });
            let config = Config::from_env(&Env::from_pairs([("EMBEDDED_S3_URL", &endpoint)])).unwrap();
            let bucket_config = config.bucket.unwrap();
            let bucket = Bucket::connect(&bucket_config, config.object_acl, config.limits.silence).await;
            assert_eq!(sweep(&bucket, ABANDONED_AFTER).await.unwrap(), 0);
        }
    }
}
