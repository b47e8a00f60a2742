//! The whole of a folder, whatever Drive does meanwhile.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{Drive, Import, Kind, Settings, Worker, counts, eventually};

async fn stage(drive: Drive) -> (Drive, Worker, tempfile::TempDir) {
    (drive, Worker::start(Kind::Ours).await, tempfile::tempdir().unwrap())
}

/// Reports everything that arrives at the worker until the job has ended.
async fn finish(import: &Import, worker: &Worker, job: &str) -> serde_json::Value {
    let mut reported = 0;
    eventually("the job ends", || {
        let ids = worker.file_ids();
        let new = ids[reported..].to_vec();
        reported = ids.len();
        async move {
            import.report_stored(job, &new).await;
            Some(import.status(job).await).filter(|status| status["status"] == "completed")
        }
    })
    .await
}

#[tokio::test]
async fn every_page_is_listed_and_every_image_sent_once_in_order() {
    let folders = json!({"many": {"generate": {"count": 2500, "bytes": 10}}});
    let (drive, worker, dir) = stage(Drive::serving(folders).await).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let answer = import.import("many").await;
    assert_eq!(answer.body["total_images"], 2500);
    let job = answer.body["job_id"].as_str().unwrap();
    let status = finish(&import, &worker, job).await;
    assert_eq!(counts(&status), (2500, 0, 0, 2500));
    assert_eq!((&status["bytes_total"], &status["bytes_done"]), (&json!(25_000), &json!(17_500)));
    assert_eq!(worker.sizes(), [100; 25]);
    let ids = worker.file_ids();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 2500);
    let job_ids: BTreeSet<_> = worker.batches().iter().map(|batch| batch["job_id"].to_string()).collect();
    assert_eq!(job_ids.len(), 1);
}

#[tokio::test]
async fn empty_short_repeated_and_refused_pages_change_nothing() {
    let (drive, worker, dir) = stage(Drive::new().await).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    for faults in [
        json!([{"kind": "empty-page", "count": 2}]),
        json!([{"kind": "duplicate-page", "count": 2}]),
        json!([{"kind": "short-page", "items": 460}]),
        json!([{"kind": "page-token-refused", "count": 2}]),
        json!([{"kind": "empty-page", "count": 1}, {"kind": "page-token-refused", "count": 1}]),
        json!([{"kind": "internalError", "on": "list", "skip": 1, "count": 1}]),
        json!([{"kind": "cut-json", "on": "list", "skip": 1, "count": 1}]),
    ] {
        drive.faults.clear();
        for fault in faults.as_array().unwrap() {
            drive.fault(fault.clone());
        }
        let job = import.job("big1205").await;
        assert_eq!(import.status_when(&job, "running").await["total"], 1205, "{faults}");
    }
}

#[tokio::test]
async fn a_page_that_names_itself_as_the_next_one_is_not_followed_for_ever() {
    let (drive, worker, dir) = stage(Drive::new().await).await;
    drive.fault(json!({"kind": "duplicate-page"}));
    let import = Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", "1").start().await;
    let job = import.job("big1205").await;
    let status = import.status_when(&job, "waiting").await;
    assert!(status["waiting_reason"].as_str().unwrap().contains("never ends"), "{status}");
    assert!(drive.listings() < 10, "{}", drive.listings());
    drive.faults.clear();
    assert_eq!(import.status_when(&job, "running").await["total"], 1205);
}

#[tokio::test]
async fn a_file_listed_twice_is_one_image() {
    let twice = json!({"id": "dup_1", "name": "dup.jpg", "mimeType": "image/jpeg", "bytes": 60});
    let (drive, worker, dir) = stage(Drive::serving(json!({"dupes": [twice, twice]})).await).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    assert_eq!(import.import("dupes").await.body["total_images"], 1);
}

#[tokio::test]
async fn files_are_handed_on_as_listed_even_where_fields_are_missing() {
    let items = json!([
        {"id": "noname", "mimeType": "image/jpeg", "bytes": 6},
        {"id": "notype", "name": "x.jpg", "mimeType": "image/jpeg", "bytes": 6, "size": "12a"},
        {"id": "closed", "name": "c.jpg", "mimeType": "image/jpeg", "bytes": 6, "canDownload": false},
        {"id": "keyed", "name": "k.jpg", "mimeType": "image/jpeg", "bytes": 6, "resourceKey": "0-k"},
        {"id": "binned", "name": "b.jpg", "mimeType": "image/jpeg", "bytes": 6, "trashed": true},
    ]);
    let (drive, worker, dir) = stage(Drive::serving(json!({"odd": items})).await).await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    import.job("odd").await;
    let batch = eventually("a batch", || async { worker.batches().pop() }).await;
    assert_eq!(batch["accepts_results"], true);
    let find = |id: &str| batch["files"].as_array().unwrap().iter().find(|file| file["id"] == id).cloned();
    assert!(find("noname").unwrap().get("name").is_none());
    assert_eq!(find("notype").unwrap()["size"], "12a");
    assert_eq!(find("closed").unwrap()["capabilities"]["canDownload"], false);
    assert_eq!(find("keyed").unwrap()["resourceKey"], "0-k");
    assert!(find("binned").is_none(), "trashed images are not imported");
}

#[tokio::test]
async fn a_listing_that_breaks_lets_what_is_known_finish_and_fails_the_job() {
    let (drive, worker, dir) = stage(Drive::new().await).await;
    drive.fault(json!({"kind": "notFound", "on": "list", "skip": 1}));
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("big1205").await;
    let status = finish(&import, &worker, &job).await;
    assert_eq!(counts(&status), (1000, 0, 0, 1000));
    assert_eq!(status["state"], "failed");
    assert!(
        status["error"].as_str().unwrap().starts_with("Error fetching files from Google Drive"),
        "{status}"
    );
}

#[tokio::test]
async fn a_key_that_is_withdrawn_fails_the_job_at_once() {
    let (drive, worker, dir) = stage(Drive::new().await).await;
    drive.fault(json!({"kind": "API_KEY_INVALID", "skip": 1}));
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("big1205").await;
    let status = import.status_when(&job, "failed").await;
    assert_eq!((counts(&status), &status["status"]), ((0, 1000, 0, 1000), &json!("completed")));
    assert!(status["error"].as_str().unwrap().contains("GOOGLE_API_KEY"), "{status}");
    let failures = status["failures"].as_array().unwrap();
    assert_eq!((failures.len(), &failures[0]["reason"]), (100, &json!("api-key-invalid")));
}

#[tokio::test]
async fn a_limit_of_the_rate_makes_the_job_wait_and_say_so() {
    let (drive, worker, dir) = stage(Drive::new().await).await;
    drive.fault(
        json!({"kind": "userRateLimitExceeded", "on": "list", "skip": 1, "count": 1, "retryAfter": "3"}),
    );
    let import = Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", "1").start().await;
    let job = import.job("big1205").await;
    let status = import.status_when(&job, "waiting").await;
    assert!(status["waiting_reason"].as_str().unwrap().contains("Google Drive"), "{status}");
    assert!(status["waiting_until"].as_str().unwrap().ends_with('Z'), "{status}");
    assert_eq!(import.status_when(&job, "running").await["total"], 1205);
}
