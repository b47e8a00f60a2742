//! With `REDIS_URL`, jobs are shared by processes on any machine, and Redis may come and go.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::harness::{Drive, Kind, Redis, Settings, Worker, counts, eventually};

async fn stage(kind: Kind) -> (Drive, Worker, tempfile::TempDir, Redis) {
    (Drive::new().await, Worker::start(kind).await, tempfile::tempdir().unwrap(), Redis::start())
}

#[tokio::test]
async fn an_import_goes_on_where_it_was_when_the_service_is_killed() {
    let (drive, worker, dir, redis) = stage(Kind::Ours).await;
    drive.fault(json!({"kind": "stall", "on": "list", "skip": 1, "count": 1, "seconds": 60}));
    let settings = Settings::new(dir.path(), &drive, &worker)
        .with("LIST_WAIT_SECS", "1")
        .with("REDIS_URL", &redis.url());
    let import = settings.start().await;
    let job = import.job("big1205").await;
    eventually("the first batches", || async { (worker.file_ids().len() == 1000).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()[..300]).await;
    import.kill().await;
    let import = settings.start().await;
    assert_eq!(import.status_when(&job, "running").await["total"], 1205);
    assert_eq!(drive.listings(), 3, "page one, page two that never came, page two");
    let distinct = || worker.file_ids().into_iter().collect::<BTreeSet<_>>().len();
    eventually("all images", || async { (distinct() == 1205).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (1205, 0, 0, 1205));
    // only a batch that was on its way when the process died may come twice
    assert!(worker.file_ids().len() <= 1205 + 100, "nothing is sent twice without need");
    assert!(!dir.path().join("import.db").exists());
}

#[tokio::test]
async fn machines_share_jobs_and_take_over_those_that_are_handed_back() {
    let (drive, worker, dir, redis) = stage(Kind::Down).await;
    let other_dir = tempfile::tempdir().unwrap();
    let settings =
        |dir: &tempfile::TempDir| Settings::new(dir.path(), &drive, &worker).with("REDIS_URL", &redis.url());
    let (one, other) = (settings(&dir).start().await, settings(&other_dir).start().await);
    let job = one.job("bench-400-10").await;
    assert_eq!(counts(&other.status(&job).await), (0, 0, 0, 400));
    one.stop().await;
    worker.becomes(Kind::Ours);
    eventually("the other machine sends", || async { (worker.file_ids().len() == 400).then_some(()) }).await;
    let one = settings(&dir).start().await;
    let ids = worker.file_ids();
    tokio::join!(one.report_stored(&job, &ids[..250]), other.report_stored(&job, &ids[150..]));
    assert_eq!(counts(&one.status_when(&job, "completed").await), (400, 0, 0, 400));
    assert_eq!(worker.file_ids().len(), 400);
}

#[tokio::test]
async fn what_one_machine_is_told_the_one_that_has_the_job_does() {
    let (drive, worker, dir, redis) = stage(Kind::Ours).await;
    let other_dir = tempfile::tempdir().unwrap();
    let settings = |dir: &tempfile::TempDir| {
        Settings::new(dir.path(), &drive, &worker)
            .with("REDIS_URL", &redis.url())
            .with("BATCH_SIZE", "50")
            .with("DISPATCH_WINDOW", "100")
    };
    let (one, other) = (settings(&dir).start().await, settings(&other_dir).start().await);
    let job = one.job("bench-300-10").await;
    eventually("a window", || async { (worker.file_ids().len() == 100).then_some(()) }).await;
    other.report_stored(&job, &worker.file_ids()).await;
    eventually("the next one", || async { (worker.file_ids().len() == 200).then_some(()) }).await;
    let answer = other.post(&format!("import/jobs/{job}/cancel"), &json!({})).await;
    assert_eq!((answer.status, counts(&answer.body)), (202, (100, 0, 200, 300)));
    eventually("the worker knows", || async { (worker.cancelled() == [job.clone()]).then_some(()) }).await;
    assert_eq!(worker.file_ids().len(), 200);
}

#[tokio::test]
async fn while_redis_is_away_work_pauses_and_then_goes_on() {
    let (drive, worker, dir, mut redis) = stage(Kind::Ours).await;
    let import = Settings::new(dir.path(), &drive, &worker).with("REDIS_URL", &redis.url()).start().await;
    let job = import.job("bench-300-10").await;
    eventually("all images", || async { (worker.file_ids().len() == 300).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()[..100]).await;
    redis.kill();
    let report =
        json!({"job_id": job, "results": [{"file_id": worker.file_ids()[100], "outcome": "imported"}]});
    let refused = import.post("import/update-status", &report).await;
    assert_eq!((refused.status, &refused.body["code"]), (503, &json!("job-store-unavailable")));
    assert_eq!(import.ask(&format!("import/status/{job}")).await.status, 503);
    assert_eq!(import.import("small3").await.status, 503);
    assert_eq!(import.ask("health").await.status, 200);
    let ready = import.ask("ready").await;
    assert_eq!((ready.status, &ready.body["dependencies"]["redis"]["status"]), (503, &json!("down")));
    redis.come_back();
    eventually("it is ready again", || async {
        (import.ask("ready").await.body["dependencies"]["redis"]["status"] == "up").then_some(())
    })
    .await;
    import.report_stored(&job, &worker.file_ids()).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (300, 0, 0, 300));
    assert_eq!(worker.file_ids().len(), 300, "nothing is sent twice without need");
}

#[tokio::test]
async fn the_service_starts_while_redis_is_down_and_waits() {
    let (drive, worker, dir, mut redis) = stage(Kind::Ours).await;
    redis.kill();
    let import = Settings::new(dir.path(), &drive, &worker).with("REDIS_URL", &redis.url()).start().await;
    assert_eq!(import.import("small3").await.status, 503);
    redis.come_back();
    let job = eventually("an import", || async {
        let answer = import.import("small3").await;
        (answer.status == 202).then(|| answer.body["job_id"].as_str().unwrap().to_owned())
    })
    .await;
    eventually("the batch", || async { (worker.file_ids().len() >= 3).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (3, 0, 0, 3));
}

#[tokio::test]
async fn whatever_is_killed_each_image_counts_once() {
    let (drive, worker, dir, mut redis) = stage(Kind::Ours).await;
    let other_dir = tempfile::tempdir().unwrap();
    let settings =
        |dir: &tempfile::TempDir| Settings::new(dir.path(), &drive, &worker).with("REDIS_URL", &redis.url());
    let settings = [settings(&dir), settings(&other_dir)];
    let mut imports = [Some(settings[0].start().await), Some(settings[1].start().await)];
    let jobs = [
        imports[0].as_ref().unwrap().job("big1205").await,
        imports[1].as_ref().unwrap().job("bench-400-10").await,
    ];
    let totals = [1205, 400];
    let mut reported = BTreeSet::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    for round in 0_usize.. {
        assert!(Instant::now() < deadline, "the jobs do not end");
        let number = round % 2;
        match round % 16 {
            3 | 8 => {
                imports[number].take().unwrap().kill().await;
                imports[number] = Some(settings[number].start().await);
            }
            13 => {
                redis.kill();
                redis.come_back();
            }
            _ => {}
        }
        let import = imports[number].as_ref().unwrap();
        let sent: BTreeSet<String> = worker.file_ids().into_iter().collect();
        let due: Vec<String> = sent.difference(&reported).take(40).cloned().collect();
        if due.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for file in due {
            // the worker names the job; here the file does
            let job = if file.starts_with("big") { &jobs[0] } else { &jobs[1] };
            let body = json!({"job_id": job, "results": [{"file_id": file, "outcome": "imported"}]});
            for _ in 0..2 {
                if import.post("import/update-status", &body).await.status == 200 {
                    reported.insert(file.clone());
                }
            }
        }
        if reported.len() == 1605 {
            break;
        }
    }
    for (job, total) in jobs.iter().zip(totals) {
        let status = imports[0].as_ref().unwrap().status_when(job, "completed").await;
        assert_eq!(counts(&status), (total, 0, 0, total));
    }
}
