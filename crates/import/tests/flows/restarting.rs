//! A 202 is a promise: jobs go on after whatever happens to the process.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{Drive, Kind, Settings, Worker, counts, eventually};

async fn stage(kind: Kind) -> (Drive, Worker, tempfile::TempDir) {
    (Drive::new().await, Worker::start(kind).await, tempfile::tempdir().unwrap())
}

#[tokio::test]
async fn a_listing_goes_on_at_its_page_after_a_crash() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    drive.fault(json!({"kind": "stall", "on": "list", "skip": 1, "count": 1, "seconds": 60}));
    let settings = Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", "1");
    let import = settings.start().await;
    let job = import.job("big1205").await;
    assert_eq!(counts(&import.status(&job).await), (0, 0, 0, 1000));
    import.kill().await;
    let import = settings.start().await;
    assert_eq!(import.status_when(&job, "running").await["total"], 1205);
    assert_eq!(drive.listings(), 3, "page one, page two that never came, page two");
    import.report_stored(&job, &worker.file_ids()).await;
    // a batch that was on its way when the process died may have come twice
    let distinct = || worker.file_ids().into_iter().collect::<BTreeSet<_>>().len();
    eventually("all images", || async { (distinct() == 1205).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (1205, 0, 0, 1205));
}

#[tokio::test]
async fn a_page_token_that_has_expired_meanwhile_costs_nothing_but_calls() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    drive.fault(json!({"kind": "stall", "on": "list", "skip": 1, "count": 1, "seconds": 60}));
    let settings = Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", "1");
    let import = settings.start().await;
    let job = import.job("big1205").await;
    import.kill().await;
    drive.fault(json!({"kind": "page-token-refused", "count": 1}));
    let import = settings.start().await;
    assert_eq!(import.status_when(&job, "running").await["total"], 1205);
}

#[tokio::test]
async fn undelivered_batches_are_delivered_by_the_next_process() {
    let (drive, worker, dir) = stage(Kind::Down).await;
    let settings = Settings::new(dir.path(), &drive, &worker);
    let import = settings.start().await;
    let job = import.job("bench-250-10").await;
    import.kill().await;
    worker.becomes(Kind::Ours);
    let import = settings.start().await;
    eventually("all images", || async { (worker.sizes() == [100, 100, 50]).then_some(()) }).await;
    import.report_stored(&job, &worker.file_ids()[..200]).await;
    import.kill().await;
    let import = settings.start().await;
    let status = import.status(&job).await;
    assert_eq!((counts(&status), &status["bytes_done"]), ((200, 0, 0, 250), &json!(1400)));
    import.report_stored(&job, &worker.file_ids()).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (250, 0, 0, 250));
    assert_eq!(worker.sizes(), [100, 100, 50], "nothing is sent twice without need");
}

#[tokio::test]
async fn a_process_that_is_told_to_stop_hands_its_jobs_back() {
    let (drive, worker, dir) = stage(Kind::Down).await;
    let settings = Settings::new(dir.path(), &drive, &worker);
    let (one, other) = (settings.start().await, settings.start().await);
    let job = one.job("small3").await;
    one.stop().await;
    worker.becomes(Kind::Ours);
    eventually("the other process sends", || async { (worker.sizes() == [3]).then_some(()) }).await;
    assert_eq!(counts(&other.status(&job).await), (0, 0, 0, 3));
}

#[tokio::test]
async fn processes_that_share_the_store_do_each_jobs_work_once() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let settings = Settings::new(dir.path(), &drive, &worker);
    let (one, other) = (settings.start().await, settings.start().await);
    let job = one.job("bench-400-10").await;
    eventually("all images", || async { (worker.file_ids().len() == 400).then_some(()) }).await;
    let ids = worker.file_ids();
    let half = |take_even: bool| -> Vec<String> {
        ids.iter()
            .enumerate()
            .filter(|(number, _)| (number % 2 == 0) == take_even)
            .map(|(_, id)| id.clone())
            .collect()
    };
    let (even, odd) = (half(true), half(false));
    tokio::join!(one.report_stored(&job, &even), other.report_stored(&job, &odd));
    assert_eq!(counts(&other.status_when(&job, "completed").await), (400, 0, 0, 400));
    assert_eq!(worker.file_ids().iter().collect::<BTreeSet<_>>().len(), worker.file_ids().len());
}
