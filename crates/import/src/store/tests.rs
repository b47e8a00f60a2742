//! What the job store promises, wherever it is kept: each claim is tried on a file and on Redis, always with two
//! processes that share it.

mod agreement;
mod dispatch;
mod endings;
mod leases;
mod listing;
mod redis_alone;
mod reports;
mod sqlite_alone;

use std::{collections::BTreeSet, time::Duration};

use client::{
    drive::{DriveRef, File},
    ids::DriveId,
    import::FileResult,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// Declares each claim once for the file and once for Redis.
macro_rules! on_both {
    ($($claim:ident),+ $(,)?) => {
        mod in_a_file {
            $(#[tokio::test]
            async fn $claim() {
                super::$claim(&crate::store::tests::Place::file().await).await;
            })+
        }
        mod in_redis {
            $(#[tokio::test]
            async fn $claim() {
                let place = crate::store::tests::Place::redis();
                super::$claim(&place).await;
                place.clear().await;
            })+
        }
    };
}

use on_both;

/// A store, opened by two processes.
struct Place {
    one: Store,
    other: Store,
    _directory: Option<TempDir>,
}

impl Place {
    async fn file() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("import.db");
        let (one, other) =
            (Store::open_sqlite(&file).await.unwrap(), Store::open_sqlite(&file).await.unwrap());
        Self { one, other, _directory: Some(directory) }
    }

    fn redis() -> Self {
        let env = service::Env::from_process_without_file();
        let Some(url) = env.get("TEST_REDIS_URL") else {
            panic!("TEST_REDIS_URL is not set: start the tests through tests/run, which provides Redis")
        };
        Self::redis_at(url)
    }

    /// Keys that nobody else has.
    fn redis_at(url: &str) -> Self {
        let prefix = format!("image-import:test-{}:", uuid::Uuid::new_v4().simple());
        let open = || {
            let redis = service::redis::Redis::with_prefix(&client::Secret::new(url), &prefix).unwrap();
            Store::in_redis(redis)
        };
        Self { one: open(), other: open(), _directory: None }
    }

    /// A job that `one` holds, with these files; its listing goes on at `token`.
    async fn job(&self, id: &str, files: Vec<File>, token: Option<&str>) -> Held {
        let page = Page { files, next_token: token.map(str::to_owned), ..Page::default() };
        self.one.create_job(&new_job(id), page, &lease("one")).await.unwrap().1
    }

    /// Ends the leases of all jobs, as time would.
    async fn end_leases(&self) {
        match &self.one {
            Store::Sqlite(store) => store.execute("UPDATE jobs SET lease_until = 1").await,
            Store::Redis(store) => store.end_leases().await,
        }
    }

    /// The job is held by `other` from now on.
    async fn take_over(&self) -> Held {
        self.end_leases().await;
        let mut claimed = self.other.claim(&lease("other"), 1).await.unwrap();
        claimed.pop().expect("there is a free job")
    }

    /// Drops the keys of a test on a Redis that others use too.
    async fn clear(&self) {
        if let Store::Redis(store) = &self.one {
            store.remove(&store.keys().await).await;
        }
    }
}

fn lease(owner: &str) -> Lease {
    Lease { owner: owner.to_owned(), length: Duration::from_secs(30) }
}

fn folder(id: &str) -> DriveRef {
    DriveRef { id: DriveId::parse(id).unwrap(), resource_key: None }
}

fn new_job(id: &str) -> NewJob {
    NewJob {
        id: id.to_owned(),
        folder: folder("top"),
        folder_name: None,
        request_id: None,
        recursive: false,
        retry_of: None,
        most_running: None,
    }
}

fn file(number: u32) -> File {
    serde_json::from_value(json!({"id": id(number), "name": format!("{number}.jpg"), "size": "10"})).unwrap()
}

fn id(number: u32) -> String {
    format!("f{number}")
}

fn files(numbers: std::ops::Range<u32>) -> Vec<File> {
    numbers.map(file).collect()
}

/// Our worker's report: the same outcome for some files.
fn outcome(outcome: &str, numbers: impl IntoIterator<Item = u32>) -> Report {
    let result = |number| match outcome {
        "imported" => {
            json!({"file_id": id(number), "outcome": outcome, "image": {"google_drive_id": id(number)}, "bytes": 7})
        }
        "failed" => json!({"file_id": id(number), "outcome": outcome, "failure": {
            "reason": format!("reason-{number}"), "message": "it failed", "advice": "none", "attempts": 1}}),
        _ => json!({"file_id": id(number), "outcome": outcome}),
    };
    report(&json!({"results": numbers.into_iter().map(result).collect::<Vec<_>>()}))
}

/// What a page says of files that are stored already.
fn known_images(numbers: impl IntoIterator<Item = u32>) -> Vec<FileResult<Entry>> {
    let known = |number| {
        let image = json!({"error": "Image already exists", "image": {"google_drive_id": id(number)}});
        let body = json!({"file_id": id(number), "outcome": "known", "bytes": 7, "image": image});
        serde_json::from_value(body).unwrap()
    };
    numbers.into_iter().map(known).collect()
}

fn report(body: &Value) -> Report {
    Report::parse(body).unwrap()
}

/// `(processed, failed, cancelled, total, in flight)`.
fn counts(progress: &Progress) -> (u64, u64, u64, u64, u64) {
    let Progress { processed, failed, cancelled, total, in_flight, .. } = progress;
    (processed.floor(), failed.floor(), cancelled.floor(), *total, *in_flight)
}

impl Store {
    async fn progress(&self, id: &str) -> Progress {
        self.job(id).await.unwrap().expect("the job is there").progress
    }

    /// Sends the next batch, as the dispatch does; its files.
    async fn send(&self, held: &Held, at_most: usize) -> Vec<String> {
        let Some(batch) = self.next_batch(held.job, at_most).await.unwrap() else { return Vec::new() };
        self.mark_sent(held, &batch, true).await.unwrap();
        batch.files.into_iter().map(|file| file.id).collect()
    }

    /// Ids of all failures, and how many there are said to be.
    async fn all_failures(&self, id: &str) -> (Vec<String>, u64) {
        let failures = self.failures(id, FailuresFrom::Offset(0), 10_000).await.unwrap().unwrap();
        (failures.page.into_iter().map(|(_, failure)| failure.file_id).collect(), failures.total)
    }

    async fn all_retryable(&self, id: &str) -> Vec<String> {
        let files = self.retryable(id, -1, 10_000).await.unwrap();
        files.into_iter().map(|(_, file)| file.id).collect()
    }
}

/// Everything that only the holder may do; each is refused.
async fn nothing_goes(store: &Store, held: &Held, batch: &Batch) {
    let lost = |refused: bool, what: &str| assert!(refused, "{what} by a process that lost the job");
    let page = Page { files: files(900..901), ..Page::default() };
    lost(matches!(store.add_page(held, page).await, Err(Error::LeaseLost)), "a page");
    lost(matches!(store.mark_sent(held, batch, true).await, Err(Error::LeaseLost)), "a sent batch");
    lost(matches!(store.restart_listing(held).await, Err(Error::LeaseLost)), "a restarted listing");
    lost(
        matches!(store.take_back(held, Duration::ZERO, false).await, Err(Error::LeaseLost)),
        "a taken back batch",
    );
    let ended = store.change_held(held, |progress| progress.fail(crate::job::unexplained())).await;
    lost(matches!(ended, Err(Error::LeaseLost)), "an end");
    lost(!store.renew(held).await.unwrap(), "a renewal");
    store.release(held).await.unwrap();
}

fn distinct(ids: &[String]) -> BTreeSet<&String> {
    ids.iter().collect()
}
