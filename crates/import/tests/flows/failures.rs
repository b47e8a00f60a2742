//! `GET /import/jobs/{id}/failures`.

use serde_json::{Value, json};

use crate::harness::{Drive, Import, Kind, Settings, Worker};

type Stage = (Import, String, Drive, Worker, tempfile::TempDir);

/// A job of these names, all of which fail.
async fn stage(names: &[&str]) -> Stage {
    let file = |(number, name): (usize, &&str)| json!({"id": format!("f{number}"), "name": name, "mimeType": "image/png", "bytes": 5});
    let items: Vec<Value> = names.iter().enumerate().map(file).collect();
    let (drive, worker) = (Drive::serving(json!({"odd": items})).await, Worker::start(Kind::Down).await);
    let dir = tempfile::tempdir().unwrap();
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("odd").await;
    for number in 0..names.len() {
        import.report_failed(&job, &format!("f{number}")).await;
    }
    (import, job, drive, worker, dir)
}

#[tokio::test]
async fn failures_come_in_pages_with_reason_advice_attempts_and_link() {
    let (import, job, ..) = stage(&["a.png", "b.png", "c.png"]).await;
    let path = format!("import/jobs/{job}/failures");
    let all = import.ask(&path).await.body;
    let mut names: Vec<_> =
        all["failures"].as_array().unwrap().iter().map(|failed| failed["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!((names.as_slice(), &all["total"]), (["a.png", "b.png", "c.png"].as_slice(), &json!(3)));
    let first = &all["failures"][0];
    assert_eq!(
        *first,
        json!({
            "file_id": first["file_id"], "name": first["name"], "reason": "not-found", "message": "It is gone.",
            "advice": "Ask the owner.", "attempts": 2,
            "drive_url": format!("https://drive.google.com/open?id={}", first["file_id"].as_str().unwrap()),
        })
    );
    let second = import.ask(&format!("{path}?page=2&per_page=2&format=json")).await.body;
    assert_eq!(second["failures"], json!([all["failures"][2]]));
    assert_eq!((&second["total"], &second["total_pages"]), (&json!(3), &json!(2)));
    let wrong = import.ask(&format!("{path}?format=xml")).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn csv_is_whole_and_no_name_becomes_a_formula() {
    let hostile = ["=1+1.png", "+1", "-1", "@SUM(A1)", "\tx", "say \"hi\", you", "two\nlines", "größe 🦀"];
    let (import, job, ..) = stage(&hostile).await;
    let answer = import.connect(&format!("import/jobs/{job}/failures?format=csv&page=7"), None).await;
    assert_eq!(answer.status(), 200);
    let head = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert!(head("content-type").starts_with("text/csv; charset=utf-8"));
    assert_eq!(head("content-disposition"), format!("attachment; filename=\"failures-{job}.csv\""));
    let text = answer.text().await.unwrap();
    let mut lines = text.strip_prefix('\u{feff}').expect("a mark for spreadsheets").split("\r\n");
    assert_eq!(lines.next(), Some("file_id,name,reason,message,advice,attempts,drive_url"));
    for cell in [
        "\"'=1+1.png\"",
        "\"'+1\"",
        "\"'-1\"",
        "\"'@SUM(A1)\"",
        "\"'\tx\"",
        "\"say \"\"hi\"\", you\"",
        "\"two\nlines\"",
        "größe 🦀",
    ] {
        let line =
            format!(",{cell},not-found,It is gone.,Ask the owner.,2,https://drive.google.com/open?id=f");
        assert!(text.contains(&line), "{cell} in {text}");
    }
    assert_eq!(text.matches("\r\n").count(), hostile.len() + 1);
}

#[tokio::test]
async fn csv_holds_more_failures_than_are_read_at_a_time() {
    let (drive, worker) = (Drive::new().await, Worker::start(Kind::Down).await);
    let dir = tempfile::tempdir().unwrap();
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("bench-1203-10").await;
    let why = json!({"reason": "api-key-invalid", "message": "m", "advice": "a", "attempts": 0});
    import.report(&job, &json!({"results": [], "job_failed": why})).await;
    let answer = import.connect(&format!("import/jobs/{job}/failures?format=csv"), None).await;
    let text = answer.text().await.unwrap();
    assert_eq!(text.matches("api-key-invalid").count(), 1203);
    let page = import.ask(&format!("import/jobs/{job}/failures?per_page=5000")).await.body;
    assert_eq!((page["failures"].as_array().unwrap().len(), &page["total"]), (1000, &json!(1203)));
}
