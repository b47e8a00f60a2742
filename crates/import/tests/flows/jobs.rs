//! `GET /import/jobs` and `GET /import/jobs/{id}`.

use serde_json::{Value, json};

use crate::harness::{Drive, Import, Kind, Settings, Worker};

type Stage = (Import, Drive, Worker, tempfile::TempDir);

/// No worker takes anything, so that only the test reports.
async fn stage() -> Stage {
    let folders = json!({"album": {"name": "Holiday", "children": [
        {"id": "a1", "name": "a.jpg", "mimeType": "image/jpeg", "size": "auto", "bytes": 100},
        {"id": "a2", "name": "b.jpg", "mimeType": "image/jpeg", "size": "auto", "bytes": 300},
    ]}});
    let (drive, worker) = (Drive::serving(folders).await, Worker::start(Kind::Down).await);
    let dir = tempfile::tempdir().unwrap();
    (Settings::new(dir.path(), &drive, &worker).start().await, drive, worker, dir)
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["jobs"].as_array().unwrap().iter().map(|job| job["job_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn jobs_are_listed_newest_first_page_by_page() {
    let (import, _drive, _worker, _dir) = stage().await;
    let empty = import.ask("import/jobs").await;
    assert_eq!(
        (empty.status, empty.body),
        (200, json!({"jobs": [], "page": 1, "per_page": 50, "total": 0, "total_pages": 0}))
    );
    let mut jobs = Vec::new();
    for folder in ["small1", "small2", "small3"] {
        jobs.push(import.job(folder).await);
    }
    let all = import.ask("import/jobs").await.body;
    assert_eq!(ids(&all), [&jobs[2], &jobs[1], &jobs[0]]);
    let second = import.ask("import/jobs?page=2&per_page=2").await.body;
    assert_eq!(ids(&second), [&jobs[0]]);
    assert_eq!(
        ["page", "per_page", "total", "total_pages"].map(|name| second[name].as_u64().unwrap()),
        [2, 2, 3, 2]
    );
    let far = import.ask("import/jobs?page=99999999999999999999&per_page=3").await;
    assert_eq!((far.status, ids(&far.body).len()), (200, 0), "{far:?}");
    // bad numbers are read as in the list of images
    let odd = import.ask("import/jobs?page=0&per_page=-3").await.body;
    assert_eq!((ids(&odd).len(), &odd["page"], &odd["per_page"]), (3, &json!(0), &json!(-3)));
}

#[tokio::test]
async fn a_job_tells_its_folder_times_counts_and_state() {
    let (import, _drive, _worker, _dir) = stage().await;
    let job = import.job("https://drive.google.com/drive/folders/album").await;
    let path = format!("import/jobs/{job}");
    let named = crate::harness::eventually("the folder's name is known", || async {
        Some(import.ask(&path).await.body).filter(|job| job["folder_name"] == "Holiday")
    })
    .await;
    for (field, value) in [
        ("job_id", json!(job)),
        ("listing", json!("done")),
        ("status", json!("processing")),
        ("folder_id", json!("album")),
        ("folder_url", json!("https://drive.google.com/drive/folders/album")),
        ("recursive", json!(false)),
        ("retry_of", json!(null)),
        ("ended_at", json!(null)),
        ("total", json!(2)),
        ("bytes_total", json!(400)),
        ("images_per_second", json!(null)),
        ("error", json!(null)),
    ] {
        assert_eq!(named[field], value, "{field}: {named}");
    }
    assert!(named["created_at"].as_str().unwrap().ends_with('Z'));
    import.report_stored(&job, &["a1".to_owned()]).await;
    import.report_failed(&job, "a2").await;
    let ended = import.ask(&path).await.body;
    let counts = ["total", "processed", "failed", "cancelled", "bytes_done"];
    assert_eq!(counts.map(|name| ended[name].as_u64().unwrap()), [2, 1, 1, 0, 7]);
    assert_eq!((&ended["state"], &ended["seconds_left"]), (&json!("completed"), &json!(null)));
    assert!(ended["ended_at"].is_string() && ended["images_per_second"].is_f64(), "{ended}");
    assert_eq!(import.ask("import/jobs").await.body["jobs"][0], ended, "one shape everywhere");
}

#[tokio::test]
async fn what_is_no_job_is_404_and_a_wrong_method_405() {
    let (import, _drive, _worker, _dir) = stage().await;
    for path in ["jobs/nope", "jobs/%FF", "jobs/nope/failures", "events/nope"] {
        let answer = import.ask(&format!("import/{path}")).await;
        assert_eq!((answer.status, &answer.body["error"]), (404, &json!("Job not found")), "{path}");
    }
    let answer = import.post("import/jobs/nope/retry", &json!({})).await;
    assert_eq!((answer.status, &answer.body["error"]), (404, &json!("Job not found")));
    for path in ["import/jobs", "import/jobs/x", "import/jobs/x/failures", "import/events/x"] {
        assert_eq!(import.post(path, &json!({})).await.status, 405, "{path}");
    }
    for path in ["import/jobs/x/retry", "import/preview"] {
        assert_eq!(import.ask(path).await.status, 405, "{path}");
    }
}
