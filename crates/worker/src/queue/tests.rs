//! What the queue promises, wherever it is kept: each claim is tried on a file and on Redis.

mod counting;
mod endings;
mod foreign;
mod going_back;
mod leases;
mod model;
mod redis_alone;
mod taking;
mod together;

use client::import::Outcome;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::task::Stored;

/// Declares each claim once for the file and once for Redis.
macro_rules! on_both {
    ($($claim:ident),+ $(,)?) => {
        mod in_a_file {
            $(#[tokio::test]
            async fn $claim() {
                super::$claim(&crate::queue::tests::Place::file()).await;
            })+
        }
        mod in_redis {
            $(#[tokio::test]
            async fn $claim() {
                let place = crate::queue::tests::Place::redis();
                super::$claim(&place).await;
                place.clear().await;
            })+
        }
    };
}

use on_both;

/// Where queues of one test are kept. Each that is opened is another worker's.
struct Place {
    directory: TempDir,
    redis: Option<Redis>,
}

impl Place {
    fn file() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), redis: None }
    }

    fn redis() -> Self {
        Self { redis: Some(RedisQueue::test_redis()), ..Self::file() }
    }

    async fn open(&self) -> Queue {
        match &self.redis {
            Some(redis) => Queue::Redis(RedisQueue::open(redis.clone(), self.directory.path())),
            None => Queue::open(self.directory.path(), None).await.unwrap(),
        }
    }

    async fn clear(&self) {
        if let Queue::Redis(redis) = self.open().await {
            redis.remove(&redis.keys(false).await).await;
        }
    }
}

impl Queue {
    /// Ends all leases, as thirty seconds would.
    async fn end_leases(&self) {
        match self {
            Self::Sqlite(queue) => queue.execute("UPDATE tasks SET due = 0 WHERE state = 1").await,
            Self::Redis(queue) => queue.end_leases().await,
        }
    }

    /// No report that is in hand is waited for any longer.
    async fn end_reports(&self) {
        match self {
            Self::Sqlite(queue) => queue.execute("UPDATE tasks SET due = 0 WHERE state = 2").await,
            Self::Redis(queue) => queue.end_reports().await,
        }
    }

    /// The job `j` had neither a batch nor an outcome for an hour.
    async fn be_silent(&self) {
        match self {
            Self::Sqlite(queue) => {
                queue.execute("UPDATE jobs SET progressed_at = progressed_at - 3600000").await;
            }
            Self::Redis(queue) => queue.be_silent("j", Duration::from_secs(3600)).await,
        }
    }

    /// Lets the times pass for which things are remembered.
    async fn forget_the_past(&self) {
        match self {
            Self::Sqlite(queue) => {
                queue.execute("UPDATE tasks SET due = 0").await;
                queue.execute("UPDATE jobs SET updated_at = 0").await;
            }
            Self::Redis(queue) => queue.remove(&queue.keys(true).await).await,
        }
    }

    /// Outcomes that were not acknowledged.
    async fn waiting_reports(&self) -> usize {
        match self {
            Self::Sqlite(queue) => {
                usize::try_from(queue.count("SELECT COUNT(*) FROM tasks WHERE state = 2").await).unwrap()
            }
            Self::Redis(queue) => queue.waiting_reports().await,
        }
    }

    /// How much it holds: rows, or keys.
    async fn size(&self) -> usize {
        match self {
            Self::Sqlite(queue) => {
                let rows = "SELECT (SELECT COUNT(*) FROM tasks) + (SELECT COUNT(*) FROM jobs)";
                usize::try_from(queue.count(rows).await).unwrap()
            }
            Self::Redis(queue) => {
                // counters and the clock are there once and for all
                let fixed = ["clock", "turn", "last-task"];
                let keys = queue.keys(false).await;
                keys.iter().filter(|key| !fixed.iter().any(|name| key.ends_with(&format!(":{name}")))).count()
            }
        }
    }
}

fn batch(job: &str, files: &[&str]) -> NewTasks {
    NewTasks {
        job: JobKey::of(&json!(job)),
        accepts_results: true,
        request_id: Some("r".into()),
        files: files.iter().map(|id| json!({"id": id, "name": id})).collect(),
    }
}

fn ids(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.file_id.as_str()).collect()
}

fn imported(task: &Task) -> FileResult {
    task.ended(Outcome::Imported, json!({"id": 1}), 5)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_that_start_together_make_one_queue() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let opening = (0..6).map(|_| {
            let path = directory.path().to_owned();
            tokio::spawn(async move { Queue::open(&path, None).await })
        });
        for opened in futures::future::join_all(opening).await {
            opened.unwrap().unwrap();
        }
    }
}
