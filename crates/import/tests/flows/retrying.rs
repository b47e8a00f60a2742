//! `POST /import/jobs/{id}/retry`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Drive, Import, Kind, Redis, Settings, Worker, counts, eventually};

async fn stage(kind: Kind) -> (Drive, Worker, tempfile::TempDir) {
    (Drive::new().await, Worker::start(kind).await, tempfile::tempdir().unwrap())
}

async fn retry(import: &Import, job: &str) -> (u16, Value) {
    let answer = import.post(&format!("import/jobs/{job}/retry"), &json!({})).await;
    (answer.status, answer.body)
}

fn file(number: u32) -> String {
    format!("small3_f{number}")
}

#[tokio::test]
async fn a_retry_is_a_new_job_of_what_failed_or_was_cancelled() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small3").await;
    eventually("the batch", || async { (worker.sizes() == [3]).then_some(()) }).await;
    let (status, body) = retry(&import, &job).await;
    assert_eq!((status, &body["code"]), (409, &json!("job-not-ended")));
    assert!(body["error"].as_str().unwrap().contains("cancel"), "{body}");
    import.report_stored(&job, &[file(0)]).await;
    import.report_failed(&job, &file(1)).await;
    assert_eq!(import.post(&format!("import/jobs/{job}/cancel"), &json!({})).await.status, 202);
    let (status, body) = retry(&import, &job).await;
    let retried = body["job_id"].as_str().unwrap().to_owned();
    assert_eq!(
        (status, &body),
        (
            202,
            &json!({"job_id": retried, "retry_of": job, "total_images": 2, "message": "Retry started for 2 images"})
        )
    );
    eventually("the second batch", || async { (worker.sizes() == [3, 2]).then_some(()) }).await;
    let batch = worker.batches().pop().unwrap();
    assert_eq!(batch["job_id"], json!(retried));
    assert_eq!(worker.file_ids()[3..], [file(1), file(2)]);
    let seen = import.ask(&format!("import/jobs/{retried}")).await.body;
    assert_eq!((&seen["retry_of"], &seen["folder_id"]), (&json!(job), &json!("small3")));
    // a second click
    let (status, again) = retry(&import, &job).await;
    assert_eq!((status, &again["job_id"], &again["total_images"]), (202, &json!(retried), &json!(2)));
    assert!(again["message"].as_str().unwrap().contains("already"), "{again}");
    assert_eq!(counts(&import.status(&job).await), (1, 1, 1, 3), "the old job stays as it was");
    // a retry of the retry
    import.report_stored(&retried, &[file(1)]).await;
    import.report_failed(&retried, &file(2)).await;
    let (status, third) = retry(&import, &retried).await;
    assert_eq!((status, &third["retry_of"], &third["total_images"]), (202, &json!(retried), &json!(1)));
    import.report_stored(third["job_id"].as_str().unwrap(), &[file(2)]).await;
    let (status, nothing) = retry(&import, third["job_id"].as_str().unwrap()).await;
    assert_eq!((status, nothing.get("job_id"), &nothing["total_images"]), (200, None, &json!(0)));
    assert!(nothing["message"].as_str().unwrap().starts_with("Nothing to retry"), "{nothing}");
    // the first job can be retried again, as one more job
    let (status, fourth) = retry(&import, &job).await;
    assert_eq!(status, 202);
    assert_ne!(fourth["job_id"], json!(retried));
}

async fn clicks_at_the_same_moment_make_one_retry(settings: [Settings; 2]) {
    let (one, other) = (settings[0].start().await, settings[1].start().await);
    let job = one.job("small3").await;
    assert_eq!(one.post(&format!("import/jobs/{job}/cancel"), &json!({})).await.status, 202);
    let clicks = (0..8).map(|number| retry(if number % 2 == 0 { &one } else { &other }, &job));
    let answers = futures::future::join_all(clicks).await;
    let ids: BTreeSet<String> = answers.iter().map(|(_, body)| body["job_id"].to_string()).collect();
    assert!(answers.iter().all(|(status, _)| *status == 202) && ids.len() == 1, "{answers:?}");
    assert_eq!(one.ask("import/jobs").await.body["total"], 2);
}

#[tokio::test]
async fn clicks_at_the_same_moment_make_one_retry_on_one_machine() {
    let (drive, worker, dir) = stage(Kind::Ours).await;
    let settings = || Settings::new(dir.path(), &drive, &worker);
    clicks_at_the_same_moment_make_one_retry([settings(), settings()]).await;
}

#[tokio::test]
async fn clicks_at_the_same_moment_make_one_retry_on_machines_that_share_redis() {
    let ((drive, worker, dir), redis) = (stage(Kind::Ours).await, Redis::start());
    let other_dir = tempfile::tempdir().unwrap();
    let settings =
        |dir: &tempfile::TempDir| Settings::new(dir.path(), &drive, &worker).with("REDIS_URL", &redis.url());
    clicks_at_the_same_moment_make_one_retry([settings(&dir), settings(&other_dir)]).await;
}

#[tokio::test]
async fn more_files_than_are_taken_over_at_a_time_all_come_in_order_and_once() {
    let (drive, worker, dir) = stage(Kind::Down).await;
    let settings = Settings::new(dir.path(), &drive, &worker);
    let import = settings.start().await;
    let job = import.job("bench-2500-10").await;
    import.status_when(&job, "waiting").await;
    assert_eq!(import.post(&format!("import/jobs/{job}/cancel"), &json!({})).await.status, 202);
    let (status, body) = retry(&import, &job).await;
    assert_eq!(status, 202, "{body}");
    import.kill().await;
    worker.becomes(Kind::Ours);
    let import = settings.start().await;
    let retried = body["job_id"].as_str().unwrap();
    eventually("everything is taken over", || async {
        let seen = import.ask(&format!("import/jobs/{retried}")).await.body;
        (seen["listing"] == "done" && seen["total"] == 2500 && seen["bytes_total"] == 25_000).then_some(())
    })
    .await;
    eventually("a window of them is sent", || async { (worker.file_ids().len() >= 1000).then_some(()) })
        .await;
    let sent = worker.file_ids();
    assert_eq!(sent[..1000], (0..1000).map(|n| format!("bench-2500-10_f{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn failures_without_a_name_are_retried_as_the_whole_rest() {
    let (drive, worker, dir) = stage(Kind::Original).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small3").await;
    eventually("the batch", || async { (worker.sizes() == [3]).then_some(()) }).await;
    let stored = json!({"processed": 1, "failed": 0, "imported": [{"google_drive_id": file(1)}]});
    import.report(&job, &stored).await;
    import.report(&job, &json!({"processed": 0, "failed": 1, "imported": []})).await;
    import.report(&job, &json!({"processed": 0, "failed": 1, "imported": []})).await;
    assert_eq!(counts(&import.status_when(&job, "completed").await), (1, 2, 0, 3));
    let (status, body) = retry(&import, &job).await;
    assert_eq!((status, &body["total_images"]), (202, &json!(2)), "{body}");
    eventually("the rest", || async { (worker.sizes() == [3, 2]).then_some(()) }).await;
    assert_eq!(worker.file_ids()[3..], [file(0), file(2)]);
}

#[tokio::test]
async fn a_retry_says_what_it_cannot_bring() {
    let (drive, worker, dir) = stage(Kind::Down).await;
    drive.fault(json!({"kind": "notFound", "on": "list", "skip": 1}));
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("big1205").await;
    assert_eq!(import.post(&format!("import/jobs/{job}/cancel"), &json!({})).await.status, 202);
    let (status, body) = retry(&import, &job).await;
    assert_eq!((status, &body["total_images"]), (202, &json!(1000)));
    assert!(body["hint"].as_str().unwrap().contains("import the folder again"), "{body}");
}
