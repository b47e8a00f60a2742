//! Trying again what costs nothing to send again.

use std::time::Duration;

use client::retry::Backoff;

use super::S3Error;

/// As often as the original's library did.
pub(super) const MAX_RETRIES: u32 = 4;
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(3) };

/// Calls until it works, S3 refuses for good, or the retries are used up.
pub(super) async fn retrying<T, Calling>(call: impl Fn() -> Calling) -> Result<T, S3Error>
where
    Calling: Future<Output = Result<T, S3Error>>,
{
    let mut retries = 0;
    loop {
        match call().await {
            Err(error) if error.is_transient() && retries < MAX_RETRIES => {
                retries += 1;
                tracing::debug!(retries, error = %error, "S3 is asked again");
                tokio::time::sleep(BACKOFF.wait(retries, None)).await;
            }
            Err(error) => return Err(error.after_retries(retries)),
            Ok(done) => return Ok(done),
        }
    }
}
