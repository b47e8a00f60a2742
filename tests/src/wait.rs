//! Waiting for a state instead of for a time.

use std::{fmt::Debug, time::Duration};

use tokio::time::{Instant, sleep};

/// How often is looked.
const INTERVAL: Duration = Duration::from_millis(50);

/// Looks with `look` until `done` holds for what it saw, and returns that.
///
/// # Panics
/// When `limit` is over before, with what was seen last.
pub async fn wait_for<T: Debug, Look, Seen>(
    what: &str,
    limit: Duration,
    mut look: Look,
    done: impl Fn(&T) -> bool,
) -> T
where
    Look: FnMut() -> Seen,
    Seen: Future<Output = T>,
{
    let deadline = Instant::now() + limit;
    loop {
        let seen = look().await;
        if done(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what}: not within {limit:?}; last seen: {seen:?}");
        sleep(INTERVAL).await;
    }
}
