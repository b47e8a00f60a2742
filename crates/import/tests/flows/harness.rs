//! Starts what a test needs, and looks at it.

mod drive;
mod events;
mod metadata;
mod process;
mod redis;
mod worker;

use std::{future::Future, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

pub(crate) use self::{
    drive::Drive,
    events::{Event, image_ids},
    metadata::Metadata,
    process::{Answer, Import, Settings},
    redis::Redis,
    worker::{Kind, Worker},
};

/// How long anything may take in a test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks until `seen` is something; the wait for it is bounded.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut seen: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = seen().await {
            return value;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// `(processed, failed, cancelled, total)` of a status.
pub(crate) fn counts(status: &Value) -> (u64, u64, u64, u64) {
    let count = |name: &str| status[name].as_u64().unwrap_or_else(|| panic!("{name} in {status}"));
    (count("processed"), count("failed"), count("cancelled"), count("total"))
}
