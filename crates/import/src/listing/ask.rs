//! Calls of Google Drive for somebody who waits for an answer.

use client::{
    drive::{self, Reason},
    retry::Backoff,
};
use tokio::time::Instant;

use crate::App;

/// Calls until it works, fails for good, or the next try would be too late.
pub(crate) async fn with_retries<T, Call, Answer>(
    app: &App,
    deadline: Instant,
    call: Call,
) -> Result<T, drive::Error>
where
    Call: Fn() -> Answer,
    Answer: Future<Output = Result<T, drive::Error>>,
{
    let mut tries = 0;
    let mut said = None;
    loop {
        let error = match tokio::time::timeout_at(deadline, call()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            // what Drive did say tells more
            Err(_) => return Err(said.unwrap_or_else(too_late)),
        };
        tries += 1;
        let wait = Backoff::DRIVE.wait(tries, error.retry_after);
        if !error.reason.is_retryable()
            || Instant::now() + wait >= deadline
            || !app.shutdown.sleep(wait).await
        {
            return Err(error);
        }
        tracing::info!(%error, tries, "ask Google Drive again");
        said = Some(error);
    }
}

/// The error of a call that was given up.
pub(crate) fn too_late() -> drive::Error {
    let message = "Google Drive did not answer: timed out".to_owned();
    drive::Error { reason: Reason::Network, status: None, message, retry_after: None }
}
