//! What only the queue in Redis has to stand.

#[path = "../../../tests/worker/redis_server.rs"]
mod redis_server;

use std::time::Instant;

use serde_json::json;

use self::redis_server::RedisServer;
use super::*;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn worker(server: &RedisServer, directory: &TempDir) -> Queue {
    Queue::Redis(RedisQueue::open(Redis::new(&server.url()).unwrap(), directory.path()))
}

/// Tries until Redis is there.
async fn insist<T, Call: Future<Output = Result<T, QueueError>>>(call: impl Fn() -> Call) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Ok(done) => return done,
            Err(error) => assert!(Instant::now() < deadline, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_redis_that_is_killed_takes_nothing_with_it() {
    let mut server = RedisServer::new();
    let directory = tempfile::tempdir().unwrap();
    let queue = worker(&server, &directory);
    assert!(queue.enqueue(&batch("j", &["a"])).await.is_err(), "it is down");
    assert!(queue.claim(1, true).await.is_err());
    assert!(queue.check().await.is_err());
    server.start();
    let files = batch("j", &["a", "b", "c", "d"]);
    insist(|| queue.enqueue(&files)).await;
    let tasks = queue.claim(3, true).await.unwrap();
    queue.finish(&tasks[0], &imported(&tasks[0])).await.unwrap();
    queue.defer(&tasks[1], Duration::ZERO).await.unwrap();
    server.kill();
    assert!(queue.finish(&tasks[2], &imported(&tasks[2])).await.is_err());
    server.start();
    let end = imported(&tasks[2]);
    assert!(insist(|| queue.finish(&tasks[2], &end)).await);
    let reports = queue.take_reports().await.unwrap();
    assert_eq!(reports[0].results.len(), 2);
    let mut left = queue.claim(10, true).await.unwrap();
    left.sort_by_key(|task| task.id);
    assert_eq!(ids(&left), ["b", "d"]);
    assert_eq!(queue.check().await, Ok(()));
}

#[tokio::test]
async fn a_call_that_is_made_twice_is_made_once() {
    let place = Place::redis();
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    assert!(queue.finish(&task, &imported(&task)).await.unwrap());
    assert!(queue.finish(&task, &imported(&task)).await.unwrap(), "its first answer may be lost");
    let report = queue.take_reports().await.unwrap().remove(0);
    for _ in 0..2 {
        queue.acknowledge(&report.ids).await.unwrap();
        queue.enqueue(&batch("j", &["a", "b"])).await.unwrap();
    }
    assert_eq!(ids(&queue.claim(10, true).await.unwrap()), ["b"]);
    place.clear().await;
}

#[tokio::test]
async fn leases_outlive_a_time_when_nobody_could_renew_them() {
    let place = Place::redis();
    let (queue, other) = (place.open().await, place.open().await);
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.end_leases().await;
    let Queue::Redis(redis) = &queue else { unreachable!() };
    redis.be_absent(Duration::from_secs(60)).await;
    assert!(other.claim(1, true).await.unwrap().is_empty(), "its holder has time to renew it");
    assert_eq!(queue.renew(&[(task.id, task.claim)]).await.unwrap().len(), 1);
    assert!(queue.silence(&task.job).await.unwrap() < PATIENCE, "that time is not the job's");
    place.clear().await;
}

#[tokio::test]
async fn little_is_left_of_a_job_that_is_over() {
    let place = Place::redis();
    let queue = place.open().await;
    let many: Vec<String> = (0..300).map(|n| format!("f{n}")).collect();
    let files = many.iter().map(|id| json!({"id": id, "name": "x".repeat(500)})).collect();
    queue.enqueue(&NewTasks { files, ..batch("j", &[]) }).await.unwrap();
    for task in queue.claim(300, true).await.unwrap() {
        let image = json!({"id": 1, "name": "x".repeat(500)});
        queue.finish(&task, &task.ended(Outcome::Imported, image, 5)).await.unwrap();
    }
    for report in queue.take_reports().await.unwrap() {
        queue.acknowledge(&report.ids).await.unwrap();
    }
    let Queue::Redis(redis) = &queue else { unreachable!() };
    // the job, and which files of it are done
    assert_eq!(queue.size().await, 2, "{:?}", redis.keys(false).await);
    assert_eq!(redis.keys(true).await.len(), 2, "and those go by themselves");
    let bytes = redis.memory().await;
    assert!(bytes < 300 * 200, "{bytes} bytes for 300 files");
    place.clear().await;
}

#[tokio::test]
async fn a_worker_without_a_directory_has_a_name_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let redis = RedisQueue::test_redis();
    let queue = Queue::Redis(RedisQueue::open(redis, &file.join("below")));
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    assert_eq!(queue.claim(1, true).await.unwrap().len(), 1);
    let Queue::Redis(redis) = &queue else { unreachable!() };
    redis.remove(&redis.keys(false).await).await;
}

#[tokio::test]
async fn one_of_many_copies_that_fails_wakes_a_few_and_all_have_their_turn() {
    const COPIES: usize = 400;
    let place = Place::redis();
    let queue = place.open().await;
    let files =
        (0..COPIES).map(|n| json!({"id": format!("f{n}"), "sha256Checksum": "a".repeat(64)})).collect();
    queue.enqueue(&NewTasks { files, ..batch("j", &[]) }).await.unwrap();
    let mut first = queue.claim(1, true).await.unwrap().remove(0);
    while !queue.claim(50, true).await.unwrap().is_empty() {}
    let Queue::Redis(redis) = &queue else { unreachable!() };
    for _ in 0..4 {
        // it is the only one in work, and tried in vain
        while redis.ready("j").await > 1 {
            assert!(queue.claim(50, true).await.unwrap().is_empty(), "the others wait for it");
        }
        queue.defer(&first, Duration::from_secs(3600)).await.unwrap();
        assert!(redis.ready("j").await < 20, "{} are ready", redis.ready("j").await);
        first = queue.claim(1, true).await.unwrap().remove(0);
    }
    queue.finish(&first, &imported(&first)).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut done = 1;
    while done < COPIES - 4 {
        assert!(Instant::now() < deadline, "{done} had their turn");
        for task in queue.claim(50, true).await.unwrap() {
            assert!(task.has_twin);
            queue.finish(&task, &imported(&task)).await.unwrap();
            done += 1;
        }
    }
    place.clear().await;
}

#[tokio::test]
async fn who_takes_one_at_a_time_takes_from_both_lanes() {
    let place = Place::redis();
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a", "b", "c", "d", "e", "f"])).await.unwrap();
    let mut stored = queue.claim(3, true).await.unwrap();
    for task in &mut stored {
        task.progress.stored =
            Some(Stored { url: "u".into(), size_bytes: 5, md5: "m".into(), ..Stored::default() });
        queue.defer(task, Duration::ZERO).await.unwrap();
    }
    let mut downloads = 0;
    for _ in 0..4 {
        let task = queue.claim(1, true).await.unwrap().remove(0);
        downloads += usize::from(task.progress.stored.is_none());
    }
    assert_eq!(downloads, 2);
    place.clear().await;
}
