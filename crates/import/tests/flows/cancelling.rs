//! `POST /import/jobs/{id}/cancel`.

use serde_json::json;

use crate::harness::{Drive, Kind, Settings, Worker, counts, eventually};

async fn stage(kind: Kind) -> (Drive, Worker, tempfile::TempDir) {
    (Drive::new().await, Worker::start(kind).await, tempfile::tempdir().unwrap())
}

#[tokio::test]
async fn a_cancelled_job_ends_at_once_and_the_worker_is_told() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("bench-300-10").await;
    eventually("the batches", || async { (worker.file_ids().len() == 300).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()[..10]).await;
    let cancel = format!("import/jobs/{job}/cancel");
    let answer = import.post(&cancel, &json!({})).await;
    assert_eq!((answer.status, &answer.body["state"]), (202, &json!("cancelled")), "{answer:?}");
    assert_eq!(counts(&answer.body), (10, 0, 290, 300));
    let status = import.status(&job).await;
    assert_eq!((&status["state"], &status["status"]), (&json!("cancelled"), &json!("completed")));
    eventually("the worker knows", || async { (worker.cancelled() == [job.clone()]).then_some(()) }).await;
    // an image that was just being stored is stored
    import.report_stored(&job, &worker.file_ids()[9..11]).await;
    assert_eq!(counts(&import.status(&job).await), (11, 0, 289, 300));
    assert_eq!(import.post(&cancel, &json!({})).await.status, 202);
    for nobodys in ["nope", "%FF"] {
        let answer = import.post(&format!("import/jobs/{nobodys}/cancel"), &json!({})).await;
        assert_eq!((answer.status, &answer.body["error"]), (404, &json!("Job not found")), "{nobodys}");
    }
}

#[tokio::test]
async fn a_job_that_is_still_listing_stops_that_too() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    drive.fault(json!({"kind": "latency", "on": "list", "skip": 1, "seconds": 2}));
    let import = Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", "1").start().await;
    let job = import.job("big1205").await;
    let answer = import.post(&format!("import/jobs/{job}/cancel"), &json!({})).await;
    assert_eq!((answer.status, counts(&answer.body)), (202, (0, 0, 1000, 1000)));
    eventually("the worker knows", || async { (worker.cancelled() == [job.clone()]).then_some(()) }).await;
    drive.faults.clear();
    let other = import.job("big1205").await;
    assert_eq!(import.status_when(&other, "running").await["total"], 1205);
    assert_eq!(counts(&import.status(&job).await), (0, 0, 1000, 1000));
}

#[tokio::test]
async fn what_has_ended_cannot_be_cancelled() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small1").await;
    import.report_stored(&job, &["small1_f0".to_owned()]).await;
    let answer = import.post(&format!("import/jobs/{job}/cancel"), &json!({})).await;
    assert_eq!((answer.status, &answer.body["code"]), (409, &json!("job-ended")));
}

#[tokio::test]
async fn a_worker_that_is_away_is_told_when_it_is_back_even_after_a_crash() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let settings = Settings::new(dir.path(), &drive, &worker);
    let import = settings.start().await;
    let job = import.job("small3").await;
    eventually("the batch", || async { (worker.sizes() == [3]).then_some(()) }).await;
    worker.becomes(Kind::Down);
    assert_eq!(import.post(&format!("import/jobs/{job}/cancel"), &json!({})).await.status, 202);
    eventually("it was tried", || async { (worker.refused() > 0).then_some(()) }).await;
    import.kill().await;
    let import = settings.start().await;
    worker.becomes(Kind::Ours);
    eventually("the worker knows", || async { (worker.cancelled() == [job.clone()]).then_some(()) }).await;
    assert_eq!(counts(&import.status(&job).await), (0, 0, 3, 3));
}

#[tokio::test]
async fn a_worker_of_the_original_cannot_cancel_and_that_is_no_trouble() {
    let (drive, worker, dir) = stage(Kind::Original).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small3").await;
    eventually("the batch", || async { (worker.sizes() == [3]).then_some(()) }).await;
    assert_eq!(import.post(&format!("import/jobs/{job}/cancel"), &json!({})).await.status, 202);
    import.report(&job, &json!({"processed": 0, "failed": 1, "imported": []})).await;
    let success = json!({"processed": 1, "failed": 0, "imported": [{"google_drive_id": "small3_f1"}]});
    import.report(&job, &success).await;
    assert_eq!(counts(&import.status(&job).await), (1, 0, 2, 3));
}
