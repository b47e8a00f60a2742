//! Batches, the window, and what is done when a worker is away, forgets, or is the original's.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Drive, Kind, Settings, Worker, counts, eventually};

async fn stage(kind: Kind) -> (Drive, Worker, tempfile::TempDir) {
    (Drive::new().await, Worker::start(kind).await, tempfile::tempdir().unwrap())
}

#[tokio::test]
async fn no_more_than_a_window_is_unfinished_at_the_worker() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let settings = Settings::new(dir.path(), &drive, &worker).with("DISPATCH_WINDOW", "250");
    let import = settings.start().await;
    let job = import.job("bench-420-10").await;
    eventually("a full window", || async { (worker.sizes() == [100, 100]).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()[..50]).await;
    eventually("room is used", || async { (worker.sizes() == [100, 100, 100]).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()).await;
    eventually("the last, short batch", || async {
        (worker.sizes() == [100, 100, 100, 100, 20]).then_some(())
    })
    .await;
    import.report_stored(&job, &worker.file_ids()).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (420, 0, 0, 420));
}

#[tokio::test]
async fn a_worker_that_is_away_is_waited_for() {
    let (drive, worker, dir) = stage(Kind::Down).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small3").await;
    let status = import.status_when(&job, "waiting").await;
    assert_eq!((counts(&status), &status["status"]), ((0, 0, 0, 3), &json!("processing")));
    assert!(status["waiting_reason"].as_str().unwrap().contains("worker"), "{status}");
    worker.becomes(Kind::Ours);
    import.status_when(&job, "running").await;
    assert_eq!(worker.sizes(), [3]);
}

#[tokio::test]
async fn images_without_an_outcome_are_sent_again_and_count_once() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let import = Settings::new(dir.path(), &drive, &worker).with("RESEND_AFTER_SECS", "1").start().await;
    let job = import.job("small3").await;
    eventually("the first batch", || async { (!worker.sizes().is_empty()).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()[..1]).await;
    eventually("the rest again", || async { (worker.sizes().get(1) == Some(&2)).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()).await;
    let status = import.status_when(&job, "completed").await;
    assert_eq!(counts(&status), (3, 0, 0, 3));
    assert_eq!(status["imported"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn while_the_worker_waits_nothing_is_sent_again() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let import = Settings::new(dir.path(), &drive, &worker).with("RESEND_AFTER_SECS", "1").start().await;
    let job = import.job("small2").await;
    eventually("the batch", || async { (!worker.sizes().is_empty()).then_some(()) }).await;
    let until = chrono::Utc::now() + Duration::from_secs(4);
    let waiting = json!({"until": until.to_rfc3339(), "reason": "Google limits the rate"});
    import.report(&job, &json!({"results": [], "waiting": waiting})).await;
    assert_eq!(import.status_when(&job, "waiting").await["waiting_reason"], "Google limits the rate");
    import.status_when(&job, "running").await;
    assert_eq!(worker.sizes(), [2]);
    eventually("sent again after the wait", || async { (worker.sizes() == [2, 2]).then_some(()) }).await;
}

#[tokio::test]
async fn a_worker_of_the_original_ends_a_job_with_failures_it_does_not_name() {
    let (drive, worker, dir) = stage(Kind::Original).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small4").await;
    eventually("the batch", || async { (worker.sizes() == [4]).then_some(()) }).await;
    let success =
        |id: &str| json!({"processed": 1, "failed": 0, "imported": [{"google_drive_id": id, "size": 50}]});
    let failure = json!({"processed": 0, "failed": 1, "imported": []});
    import.report(&job, &success("small4_f0")).await;
    import.report(&job, &failure).await;
    import.report(&job, &success("small4_f0")).await;
    import.report(&job, &failure).await;
    assert_eq!(counts(&import.status(&job).await), (1, 2, 0, 4));
    import.report(&job, &success("small4_f3")).await;
    let status = import.status_when(&job, "completed").await;
    assert_eq!(counts(&status), (2, 2, 0, 4));
    let mut failed: Vec<_> =
        status["failures"].as_array().unwrap().iter().map(|failure| &failure["file_id"]).collect();
    failed.sort_by_key(ToString::to_string);
    assert_eq!(failed, ["small4_f1", "small4_f2"]);
    assert_eq!(status["failures"][0]["message"], "the worker gave no reason");
}

#[tokio::test]
async fn a_worker_of_the_original_that_fell_silent_gets_the_rest_again() {
    let (drive, worker, dir) = stage(Kind::Original).await;
    let import = Settings::new(dir.path(), &drive, &worker).with("RESEND_AFTER_SECS", "1").start().await;
    let job = import.job("small3").await;
    eventually("the batch", || async { (worker.sizes() == [3]).then_some(()) }).await;
    let success = |id: &str| json!({"processed": 1, "failed": 0, "imported": [{"google_drive_id": id}]});
    import.report(&job, &success("small3_f0")).await;
    import.report(&job, &json!({"processed": 0, "failed": 1})).await;
    eventually("both others again", || async { (worker.sizes().get(1) == Some(&2)).then_some(()) }).await;
    import.report(&job, &success("small3_f1")).await;
    import.report(&job, &success("small3_f2")).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (3, 0, 0, 3));
}

#[tokio::test]
async fn a_job_without_any_outcome_ends_as_failed() {
    let (drive, worker, dir) = stage(Kind::Down).await;
    let import =
        Settings::new(dir.path(), &drive, &worker).silence_limit(Duration::from_secs(2)).start().await;
    let job = import.job("small3").await;
    let status = import.status_when(&job, "failed").await;
    assert_eq!((counts(&status), &status["status"]), ((0, 3, 0, 3), &json!("completed")));
    assert_eq!(status["failures"][0]["reason"], "no-outcome");
}

#[tokio::test]
async fn a_huge_job_does_not_hold_up_a_small_one() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let import = Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", "1").start().await;
    let huge = import.job("bench-20000-10").await;
    let sent = |job: &str| {
        let batches = worker.batches();
        let files = |batch: &Value| batch["files"].as_array().unwrap().clone();
        let own = batches.iter().filter(|batch| batch["job_id"] == job).flat_map(files);
        own.map(|file| file["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // the worker is as fast as it can be with the huge one
    let busy = async {
        let mut done = 0;
        loop {
            let ids = sent(&huge);
            if ids.len() > done {
                import.report_stored(&huge, &ids[done..]).await;
                done = ids.len();
            }
            tokio::task::yield_now().await;
        }
    };
    let small = async {
        let small = import.job("small10").await;
        eventually("its images", || async { (sent(&small).len() == 10).then_some(()) }).await;
        import.report_stored(&small, &sent(&small)).await;
        assert_eq!(counts(&import.status_when(&small, "completed").await), (10, 0, 0, 10));
    };
    tokio::select! {
        () = busy => {}
        () = small => {}
    }
    let status = import.status(&huge).await;
    assert_eq!(status["status"], "processing", "the small one was first: {status}");
}
