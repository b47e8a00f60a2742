//! `/import/update-status` and `/import/status/{id}`.

use serde_json::{Value, json};

use crate::harness::{Drive, Import, Kind, Settings, Worker, counts};

type Stage = (Drive, Worker, tempfile::TempDir);

async fn job_of(size: u32) -> (Import, String, Stage) {
    job_in(&format!("bench-{size}-10")).await
}

/// A job that no worker takes, so that only the test reports.
async fn job_in(folder: &str) -> (Import, String, Stage) {
    let stage = (Drive::new().await, Worker::start(Kind::Down).await, tempfile::tempdir().unwrap());
    let import = Settings::new(stage.2.path(), &stage.0, &stage.1).start().await;
    let job = import.job(folder).await;
    (import, job, stage)
}

#[tokio::test]
async fn the_originals_arithmetic_is_kept_to_the_type_of_each_number() {
    let (import, job, _stage) = job_of(4).await;
    for (report, processed, failed, imported, status) in [
        (json!({"processed": 1}), json!(1), json!(0), json!([]), "processing"),
        (json!({"imported": [{"a": 1}]}), json!(1), json!(0), json!([{"a": 1}]), "processing"),
        (json!({"failed": 1}), json!(1), json!(1), json!([{"a": 1}]), "processing"),
        (json!({"processed": 0.5}), json!(1.5), json!(1), json!([{"a": 1}]), "processing"),
        (json!({"processed": -0.5}), json!(1.0), json!(1), json!([{"a": 1}]), "processing"),
        (json!({"processed": true}), json!(2.0), json!(1), json!([{"a": 1}]), "processing"),
        (json!({"imported": "ab"}), json!(2.0), json!(1), json!([{"a": 1}, "a", "b"]), "processing"),
        (json!({"imported": {"k": 1}}), json!(2.0), json!(1), json!([{"a": 1}, "a", "b", "k"]), "processing"),
        (json!({"failed": 1}), json!(2.0), json!(2), json!([{"a": 1}, "a", "b", "k"]), "completed"),
        (json!({"processed": 10}), json!(12.0), json!(2), json!([{"a": 1}, "a", "b", "k"]), "completed"),
        (json!({"processed": -12}), json!(0.0), json!(2), json!([{"a": 1}, "a", "b", "k"]), "completed"),
    ] {
        import.report(&job, &report).await;
        let seen = import.status(&job).await;
        let fields = ["processed", "failed", "imported", "status", "total"].map(|name| seen[name].clone());
        assert_eq!(fields, [processed, failed, imported, json!(status), json!(4)], "{report}");
    }
}

#[tokio::test]
async fn reports_that_cannot_be_read_are_refused_and_those_for_nobody_are_not() {
    let (import, job, _stage) = job_of(4).await;
    let post = async |body: Value| import.post("import/update-status", &body).await;
    for body in
        [json!(null), json!([]), json!("x"), json!({"job_id": ["x"], "processed": 1}), json!({"job_id": {}})]
    {
        assert_eq!(post(body.clone()).await.status, 400, "{body}");
    }
    for field in ["processed", "failed"] {
        for value in [json!("1"), json!(null), json!([1])] {
            let answer = post(json!({"job_id": job, field: value})).await;
            assert_eq!(answer.status, 400, "{field} {value}");
            assert!(answer.body["error"].as_str().unwrap().contains(field), "{answer:?}");
        }
    }
    assert_eq!(post(json!({"job_id": job, "imported": null})).await.status, 400);
    assert_eq!(counts(&import.status(&job).await), (0, 0, 0, 4));
    for body in [
        json!({"job_id": "nope", "processed": 1}),
        json!({"job_id": "nope", "processed": "1"}),
        json!({"processed": 1}),
        json!({"job_id": null, "processed": 1}),
        json!({"job_id": 5}),
        json!({}),
    ] {
        let answer = post(body.clone()).await;
        assert_eq!((answer.status, answer.body), (200, json!({"success": true})), "{body}");
    }
}

#[tokio::test]
async fn the_list_holds_the_newest_thousand_and_can_be_left_out() {
    let (import, job, _stage) = job_of(1005).await;
    let ids: Vec<String> = (0..1005).map(|number| format!("bench-1005-10_f{number}")).collect();
    import.report_stored(&job, &ids[..1000]).await;
    let status = import.status(&job).await;
    assert_eq!(status["imported"].as_array().unwrap().len(), 1000);
    assert!(status.get("imported_truncated").is_none(), "a full list is not truncated");
    import.report_stored(&job, &ids[1000..]).await;
    let status = import.status(&job).await;
    assert_eq!((counts(&status), &status["status"]), ((1005, 0, 0, 1005), &json!("completed")));
    let imported = status["imported"].as_array().unwrap();
    assert_eq!((imported.len(), &status["imported_truncated"]), (1000, &json!(true)));
    assert_eq!(
        (&imported[0]["google_drive_id"], &imported[999]["google_drive_id"]),
        (&json!(ids[5]), &json!(ids[1004]))
    );
    let without = import.ask(&format!("import/status/{job}?imported=0")).await.body;
    assert_eq!((&without["imported"], &without["processed"]), (&json!([]), &json!(1005)));
}

#[tokio::test]
async fn failures_are_named_with_reason_and_advice_newest_first() {
    let (import, job, _stage) = job_in("small3").await;
    for number in [2, 0] {
        let failure =
            json!({"reason": "not-found", "message": "gone", "advice": "ask the owner", "attempts": 2});
        let id = format!("small3_f{number}");
        import
            .report(&job, &json!({"results": [{"file_id": id, "outcome": "failed", "failure": failure}]}))
            .await;
    }
    let status = import.status(&job).await;
    let newest = json!({
        "file_id": "small3_f0", "name": "img-0.jpg",
        "reason": "not-found", "message": "gone", "advice": "ask the owner", "attempts": 2,
    });
    assert_eq!((counts(&status), &status["failures"][0]), ((0, 2, 0, 3), &newest));
}

#[tokio::test]
async fn many_reports_at_once_are_all_counted() {
    let (import, job, _stage) = job_of(300).await;
    let reports = (0..300).map(|number| {
        let id = format!("bench-300-10_f{number}");
        let body = json!({"processed": 1, "failed": 0, "imported": [{"google_drive_id": id, "size": 10}]});
        let (import, job) = (&import, &job);
        async move { import.report(job, &body).await }
    });
    futures::future::join_all(reports).await;
    let status = import.status(&job).await;
    assert_eq!((counts(&status), &status["bytes_done"]), ((300, 0, 0, 300), &json!(3000)));
    assert_eq!(status["state"], "completed");
}
