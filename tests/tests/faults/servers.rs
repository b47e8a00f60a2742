//! MariaDB and Redis go away and come back in the middle of an import, in order and by `kill -9`.

use std::time::Duration;

use serde_json::json;
use tests::{Backend, Stack, audit::assert_all_stored, drive};
use tokio::time::{Instant, sleep};

use crate::drive_folders::folder;

const FILES: usize = 250;
/// How long a server is away.
const AWAY: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_and_redis_restart_in_the_middle() {
    let (manifest, expected) = folder("restarts", FILES, 3000);
    let mut stack = Stack::with(drive::serving(&manifest))
        .backend(Backend::Servers)
        .replicas("worker", 2)
        .replicas("import", 2)
        .set("WORKER_CONCURRENCY", 2)
        .set("LIST_WAIT_SECS", 1)
        .start()
        .await;
    stack.drive.fail(&json!([
        {"kind": "latency", "on": "media", "seconds": 0.06},
        {"kind": "short-page", "items": 25, "on": "list"},
        {"kind": "latency", "on": "list", "seconds": 0.4},
    ]));
    let started = Instant::now();
    let job_id = stack.start_job("restarts").await;
    for (images, is_kill) in [(20, false), (110, true)] {
        stack.stored(images).await;
        let mariadb = stack.mariadb.as_mut().expect("the stack has its own");
        if is_kill {
            mariadb.kill();
        } else {
            mariadb.stop().await;
        }
        sleep(AWAY).await;
        mariadb.start_again().await;
        stack.stored(images + 40).await;
        let redis = stack.redis.as_mut().expect("the stack has its own");
        if is_kill {
            redis.kill();
        } else {
            redis.stop().await;
        }
        sleep(AWAY).await;
        redis.start_again().await;
    }
    let job = stack.finished(&job_id).await;
    let time = started.elapsed();
    assert_all_stored(&job, FILES);
    stack.assert_stored_exactly(&expected).await;
    stack.assert_nothing_left_to_do().await;
    stack.assert_no_secret_in_logs();
    stack.assert_no_panic_in_logs();
    for (name, process) in &mut stack.processes {
        assert!(process.has_ended().is_none(), "{name} has ended");
    }
    eprintln!(
        "MariaDB and Redis away for {AWAY:?} each, twice: {FILES} images exact after {:.1} s",
        time.as_secs_f64()
    );
}
