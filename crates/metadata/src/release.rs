//! Has the storage service delete released objects: at once, and again after the longest upload could have ended,
//! because a write that was under way when the object was released may still come. What is released is in the
//! database, so nothing is lost when this process ends.

use std::{sync::Arc, time::Duration};

use client::{
    retry::Backoff,
    storage::{Client, DeleteObject},
};
use futures::StreamExt;
use service::{Shutdown, error::chain};
use tokio::sync::Notify;

use crate::{
    config::ReleaseTimes,
    database::Connection,
    store::{DueRelease, Reschedule, Store, StoreError},
};

/// Longest silence of the storage service.
pub(crate) const STORAGE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a claimed delete belongs to the process that claimed it.
const LEASE: Duration = Duration::from_secs(120);
/// Deletes claimed at once.
const CLAIM: u32 = 64;
/// Deletes under way at once.
const AT_ONCE: usize = 8;
/// The wait after a first failure.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// Longest time between two looks: another process may have released something.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What comes after a round.
enum Next {
    /// The next delete is due then.
    In(Duration),
    /// The storage service is not there: no use in trying the others.
    Backoff,
}

/// Deletes what is due until `shutdown`.
pub(crate) async fn run(
    connection: Connection,
    storage: Client,
    times: ReleaseTimes,
    released: Arc<Notify>,
    shutdown: Shutdown,
) {
    let backoff = Backoff { first: FIRST_BACKOFF, longest: times.longest_backoff };
    let mut failures = 0;
    while !shutdown.is_stopping() {
        let next = round(&connection, &storage, times, &shutdown).await.unwrap_or_else(|error| {
            tracing::debug!(cause = chain(&error), "released objects have to wait for the database");
            Next::Backoff
        });
        let wait = match next {
            Next::In(wait) => {
                failures = 0;
                wait.min(LOOK_EVERY)
            }
            Next::Backoff => {
                failures += 1;
                backoff.wait(failures, None)
            }
        };
        tokio::select! {
            () = shutdown.stopping() => {}
            () = released.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Deletes all that is due.
async fn round(
    connection: &Connection,
    storage: &Client,
    times: ReleaseTimes,
    shutdown: &Shutdown,
) -> Result<Next, StoreError> {
    let store = connection.store().await?;
    while !shutdown.is_stopping() {
        let due = store.claim_due(CLAIM, LEASE).await?;
        if due.is_empty() {
            break;
        }
        let mut deletes = futures::stream::iter(due)
            .map(|object| delete(&store, storage, times, object))
            .buffer_unordered(AT_ONCE);
        let mut failed = Vec::new();
        while let Some(done) = deletes.next().await {
            failed.extend(done?);
        }
        if let Some(error) = failed.first() {
            tracing::warn!(
                objects = failed.len(),
                cause = chain(error),
                "released objects are not deleted yet"
            );
        }
        if failed.iter().any(client::Error::is_unavailable) {
            return Ok(Next::Backoff);
        }
    }
    store.forget_releases(times.remembered_for).await?;
    Ok(Next::In(store.next_due().await?.unwrap_or(LOOK_EVERY)))
}

/// One delete, and what follows from how it went; the error if it is to be tried again.
async fn delete(
    store: &Store,
    storage: &Client,
    times: ReleaseTimes,
    object: DueRelease,
) -> Result<Option<client::Error>, StoreError> {
    let request =
        DeleteObject { file_path: object.storage_path.clone(), provider: object.storage_provider.clone() };
    let failed = storage.delete_object(&request).await.err();
    store.reschedule(&object.storage_path, what_follows(&object, failed.as_ref(), times)).await?;
    if let Some(error) = failed.as_ref().filter(|error| is_refused(error)) {
        tracing::warn!(
            object = object.storage_path,
            cause = chain(error),
            "a released object is not ours to delete"
        );
        return Ok(None);
    }
    Ok(failed)
}

/// A delete that worked is done once more, later; one that failed is tried again; one that is refused for what it asks
/// (a provider or a bucket that is not the storage service's) is given up: that object is not ours to delete.
fn what_follows(object: &DueRelease, error: Option<&client::Error>, times: ReleaseTimes) -> Reschedule {
    let refused = error.is_some_and(is_refused);
    if error.is_some() && !refused {
        let failures = object.failures + 1;
        let backoff = Backoff { first: FIRST_BACKOFF, longest: times.longest_backoff };
        let after = backoff.wait(failures, None);
        return Reschedule { deletes_left: object.deletes_left, failures, after };
    }
    let deletes_left = if refused { 0 } else { (object.deletes_left - 1).max(0) };
    let after = if deletes_left > 0 { times.second_delete_after } else { Duration::ZERO };
    Reschedule { deletes_left, failures: 0, after }
}

/// The storage service will never do it.
fn is_refused(error: &client::Error) -> bool {
    error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 422))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(deletes_left: i32) -> DueRelease {
        DueRelease {
            storage_path: "p".to_owned(),
            storage_provider: "aws".to_owned(),
            deletes_left,
            failures: 3,
        }
    }

    fn answered(status: u16) -> client::Error {
        client::Error::Status {
            service: "storage-service",
            status: http::StatusCode::from_u16(status).unwrap(),
            message: String::new(),
            code: None,
            body: String::new(),
            retry_after: None,
        }
    }

    #[test]
    fn a_delete_is_repeated_later_and_then_remembered() {
        let times = ReleaseTimes::default();
        let first = what_follows(&object(2), None, times);
        assert_eq!((first.deletes_left, first.after), (1, times.second_delete_after));
        let second = what_follows(&object(1), None, times);
        assert_eq!((second.deletes_left, second.after), (0, Duration::ZERO));
    }

    #[test]
    fn a_failed_delete_is_tried_again_and_a_refused_one_is_not() {
        let times = ReleaseTimes::default();
        for status in [404, 405, 429, 500, 503] {
            let next = what_follows(&object(2), Some(&answered(status)), times);
            assert_eq!((next.deletes_left, next.failures), (2, 4), "{status}");
            assert!(next.after <= times.longest_backoff && next.after > Duration::ZERO);
        }
        assert_eq!(what_follows(&object(2), Some(&answered(400)), times).deletes_left, 0);
    }
}
