//! What is still in the task queue and the job store when all jobs have ended: nothing but what is documented to stay for
//! a while.

use std::{collections::BTreeSet, path::Path, time::Duration};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use crate::{Stack, server::RedisServer, wait_for};

/// How long acknowledgements and tidying up may take.
const LIMIT: Duration = Duration::from_secs(90);
/// Keys of Redis that stand for work that is not done.
const WORK: [&str; 14] = [
    "worker:tasks:",
    "worker:turns:",
    "worker:task:",
    "worker:files:",
    "worker:open",
    "worker:delayed",
    "worker:leases",
    "worker:reports",
    "worker:hands:",
    "worker:in-work",
    "worker:waiting:",
    "import:open",
    "import:held:",
    "import:untidy",
];
/// Keys that must go by themselves after a while.
const PASSING: [&str; 3] = ["worker:done:", "worker:job:", "worker:bytes:"];

impl Stack {
    /// Checks that no task and no unfinished job is left.
    ///
    /// # Panics
    /// When something is.
    pub async fn assert_nothing_left_to_do(&self) {
        if let Some(redis) = &self.redis {
            let look = || async { keys_left(redis).await.unwrap_or_else(|error| failed(&error)) };
            wait_for("nothing is left in Redis", LIMIT, look, BTreeSet::is_empty).await;
        } else {
            let file = self.dir.path().join("data/worker.db");
            let look = || async { tasks_left(&file).await.map_err(|error| error.to_string()) };
            wait_for("no task is left", LIMIT, look, |left| *left == Ok(0)).await.expect("it is readable");
        }
    }
}

fn failed(error: &redis::RedisError) -> BTreeSet<String> {
    BTreeSet::from([error.to_string()])
}

async fn keys_left(server: &RedisServer) -> redis::RedisResult<BTreeSet<String>> {
    let client = redis::Client::open(format!("redis://{}", server.address()))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await?;
    let mut left = BTreeSet::new();
    for key in keys {
        let name = key.strip_prefix("image-import:").unwrap_or("not ours");
        if WORK.iter().any(|work| name.starts_with(work)) || name == "not ours" {
            left.insert(key);
        } else if PASSING.iter().any(|passing| name.starts_with(passing)) {
            let seconds: i64 = redis::cmd("TTL").arg(&key).query_async(&mut connection).await?;
            if seconds == -1 {
                left.insert(format!("{key} stays for ever"));
            }
        }
    }
    Ok(left)
}

/// Tasks of the SQLite queue that are not reported yet.
async fn tasks_left(file: &Path) -> Result<i64, sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
    let left =
        sqlx::query_scalar("SELECT COUNT(*) FROM tasks WHERE state < 3").fetch_one(&mut connection).await;
    connection.close().await?;
    left
}
