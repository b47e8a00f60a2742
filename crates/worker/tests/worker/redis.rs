//! A worker whose queue is in Redis.

use serde_json::json;

use crate::{
    harness::{Bench, folder},
    redis_server::RedisServer,
};

const IDS: [&str; 12] = ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11"];

async fn bench(redis: &RedisServer) -> Bench {
    Bench::with(folder(12, 200_000), |config| config.redis_url = Some(redis.url())).await
}

#[tokio::test]
async fn without_redis_it_serves_and_takes_nothing_and_with_it_goes_on() {
    let mut redis = RedisServer::new();
    let bench = bench(&redis).await;
    assert_eq!(bench.get("/health").await.0, 200);
    let files = bench.listed(&IDS[..2]).await;
    let batch = json!({"job_id": "j", "files": files, "accepts_results": true});
    let (status, answer) = bench.post("/process-batch", &batch).await;
    assert_eq!((status, &answer["code"]), (503, &json!("queue-unavailable")));
    let single = json!({"job_id": "j", "file_data": files[0]});
    let (status, answer) = bench.post("/process-single", &single).await;
    assert_eq!(
        (status, &answer["code"], &answer["success"]),
        (503, &json!("queue-unavailable"), &json!(false))
    );
    let (_, ready) = bench.get("/ready").await;
    assert_eq!(ready["dependencies"]["redis"], json!({"status": "down", "reason": "no answer"}));
    redis.start();
    bench
        .wait_until("a batch that is taken", async || bench.post("/process-batch", &batch).await.0 == 202)
        .await;
    bench.wait_for("both outcomes", |world| world.outcomes().len() == 2).await;
    let (_, ready) = bench.get("/ready").await;
    assert_eq!(ready["dependencies"]["redis"]["status"], "up");
    assert_eq!(bench.post("/process-single", &single).await.0, 200);
}

#[tokio::test]
async fn a_redis_that_restarts_pauses_the_work_and_nothing_else() {
    let mut redis = RedisServer::new();
    redis.start();
    let bench = bench(&redis).await;
    // so that it goes away in the middle
    bench.fault(json!({"kind": "latency", "seconds": 0.3, "on": "media"}));
    let files = bench.listed(&IDS).await;
    let batch = json!({"job_id": "j", "files": files, "accepts_results": true});
    bench
        .wait_until("a batch that is taken", async || bench.post("/process-batch", &batch).await.0 == 202)
        .await;
    bench.wait_for("a row", |world| !world.rows.is_empty()).await;
    redis.kill();
    let (_, ready) = bench.get("/ready").await;
    assert_eq!(ready["dependencies"]["redis"]["status"], "down");
    redis.start();
    bench.wait_for("all outcomes", |world| world.outcomes().len() == IDS.len()).await;
    assert!(IDS.iter().all(|id| bench.outcome(id) == "imported"));
    assert!(IDS.iter().all(|id| bench.stats.downloads_of(id) == 1), "what is in work goes on");
    bench.assert_stored(&IDS).await;
}

#[tokio::test]
async fn a_killed_worker_goes_on_where_it_was() {
    let mut redis = RedisServer::new();
    redis.start();
    let mut bench = bench(&redis).await;
    let files = bench.listed(&IDS).await;
    bench.fault(json!({"kind": "stall", "seconds": 30, "bytes": 100_000, "count": 3}));
    let batch = json!({"job_id": "j", "files": files, "accepts_results": true});
    bench
        .wait_until("a batch that is taken", async || bench.post("/process-batch", &batch).await.0 == 202)
        .await;
    bench.wait_for("some rows", |world| world.rows.len() >= 3).await;
    bench.kill();
    bench.start().await;
    bench.wait_for("all outcomes", |world| world.outcomes().len() == IDS.len()).await;
    assert!(IDS.iter().all(|id| bench.outcome(id) == "imported"), "a killed worker's rows are its own");
    bench.assert_stored(&IDS).await;
}
