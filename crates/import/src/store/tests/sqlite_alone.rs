//! What can only be said of the file: one of an earlier version is brought up to date, and reports share transactions.

use std::borrow::Cow;

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use super::*;

#[tokio::test]
async fn a_file_of_the_first_version_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("import.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let mut first = sqlx::migrate!();
    first.migrations = Cow::Owned(first.migrations[..1].to_vec());
    first.run(&pool).await.unwrap();
    sqlx::raw_sql(
        r#"INSERT INTO jobs (job_no, id, folder_id, created_at, progress, page_token, next_position, lease_owner)
           VALUES (1, 'running', 'top', 5, '{"total": 2, "in_flight": 1}', 't1', 2, 'import-0');
           INSERT INTO jobs (job_no, id, folder_id, created_at, ended_at, progress, next_position, open)
           VALUES (2, 'ended', 'top', 5, 6, '{"listing": "done", "end": "completed", "total": 2, "processed": 1,
                   "failed": 1, "files_ended": 2}', 2, 0);
           INSERT INTO files (job_no, position, file_id, name, record, state, sent_at)
           VALUES (1, 0, 'f0', 'a.jpg', '{"id": "f0"}', 1, 5), (1, 1, 'f1', 'b.jpg', '{"id": "f1"}', 0, NULL),
                  (2, 0, 'f0', 'a.jpg', NULL, 2, 5), (2, 1, 'f1', 'b.jpg', '{"id": "f1"}', 3, 5);
           INSERT INTO imported (job_no, number, entry) VALUES (1, 0, '{"n":1}'), (2, 0, '{"m":1}'), (1, 1, '"two"');"#,
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;

    let store = Store::open_sqlite(&file).await.unwrap();
    let held = store.claim(&lease("one"), 10).await.unwrap().pop().unwrap();
    let job = store.job("running").await.unwrap().unwrap();
    assert_eq!(
        (&job.listing_folder, job.page_token.as_deref(), job.recursive),
        (&job.folder, Some("t1"), false)
    );
    let after = store.add_page(&held, Page { files: files(1..3), ..Page::default() }).await.unwrap();
    assert_eq!(counts(&after), (0, 0, 0, 3, 1));
    assert_eq!(store.send(&held, 10).await, ["f1", "f2"]);
    let stored = store.stored_since("running", 0, 10).await.unwrap();
    assert_eq!(stored, [(1, json!({"n": 1}).into()), (2, json!("two").into())]);
    assert_eq!(store.snapshot("ended", true).await.unwrap().unwrap().imported, [json!({"m": 1}).into()]);
    assert_eq!(store.all_failures("ended").await, (vec!["f1".to_owned()], 1));
    assert_eq!(
        store.failures("ended", FailuresFrom::After(-1), 9).await.unwrap().unwrap().page[0].1.name,
        "b.jpg"
    );
    assert_eq!(store.all_retryable("ended").await, ["f1"]);
    store.tidy().await.unwrap();
    let Store::Sqlite(sqlite) = &store else { unreachable!("it is a file") };
    assert_eq!(sqlite.count("SELECT count(*) FROM files WHERE job_no = 2").await, 1);
    assert_eq!(store.expire(Duration::ZERO).await.unwrap(), 1);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("import.db");
    let newer = Store::open_sqlite(&file).await.unwrap();
    let Store::Sqlite(sqlite) = &newer else { unreachable!("it is a file") };
    sqlite
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'of a newer version', TRUE, x'00', 0)",
        )
        .await;
    let older = Store::open_sqlite(&file).await.unwrap();
    older.create_job(&new_job("a"), Page::default(), &lease("one")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_together_make_one_file() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let opening = (0..6).map(|_| {
            let file = directory.path().join("import.db");
            tokio::spawn(async move { Store::open_sqlite(&file).await })
        });
        for opened in futures::future::join_all(opening).await {
            opened.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn who_counts_running_jobs_reads_no_job_that_has_ended() {
    let place = Place::file().await;
    let Store::Sqlite(sqlite) = &place.one else { unreachable!("it is a file") };
    let plan = sqlite.plan("SELECT count(*) FROM jobs WHERE open = 1 AND ended_at IS NULL").await;
    assert!(plan.iter().all(|step| step.contains("USING INDEX jobs_open")), "{plan:?}");
}

#[tokio::test]
async fn the_log_of_a_huge_change_does_not_stay() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open_sqlite(&directory.path().join("import.db")).await.unwrap();
    let named = |number| File { name: Some("n".repeat(1000)), ..file(number) };
    let page = Page { files: (0..12_000).map(named).collect(), ..Page::default() };
    store.create_job(&new_job("a"), page, &lease("one")).await.unwrap();
    let log = || std::fs::metadata(directory.path().join("import.db-wal")).unwrap().len();
    let largest = log();
    for number in 0..3 {
        store.apply_report("a", outcome("imported", [number])).await.unwrap();
    }
    assert!(largest > 16 << 20 && log() <= 8 << 20, "{largest}, then {}", log());
}

#[tokio::test]
async fn reports_that_wait_together_keep_their_own_answers() {
    let place = Place::file().await;
    let Store::Sqlite(sqlite) = &place.one else { unreachable!("it is a file") };
    let a = place.job("a", files(0..9), Some("t1")).await.job;
    let b = place.job("b", files(0..9), Some("t1")).await.job;
    place.job("broken", files(0..9), Some("t1")).await;
    sqlite.execute("UPDATE jobs SET progress = 'x' WHERE id = 'broken'").await;
    let jobs = ["a", "nobody", "b", "broken", "a", "a", "b"];
    let reports: Vec<_> = (0..)
        .zip(jobs)
        .map(|(number, id)| {
            let store = place.one.clone();
            tokio::spawn(async move { store.apply_report(id, outcome("imported", [number, 8])).await })
        })
        .collect();
    let all_wait = async {
        while sqlite.waiting() < jobs.len() {
            tokio::task::yield_now().await;
        }
        // the first one, whose call brings the others along, hangs up
        reports[0].abort();
    };
    sqlite.while_busy(all_wait).await.unwrap();
    let mut answers = Vec::new();
    for report in reports {
        answers
            .push(report.await.ok().map(|answer| answer.map_err(|error| matches!(error, Error::Content(_)))));
    }
    let expected = [None, Some(Ok(None)), Some(Ok(Some(b))), Some(Err(true)), Some(Ok(Some(a)))];
    assert_eq!(answers[..5], expected);
    assert_eq!(answers[5..], [Some(Ok(Some(a))), Some(Ok(Some(b)))]);
    for (id, processed) in [("a", 4), ("b", 3)] {
        assert_eq!(counts(&place.other.progress(id).await), (processed, 0, 0, 9, 0), "{id}");
    }
}

#[tokio::test]
async fn reports_that_the_disk_refuses_together_are_not_tried_one_by_one() {
    let place = Place::file().await;
    let Store::Sqlite(sqlite) = &place.one else { unreachable!("it is a file") };
    place.job("a", files(0..2), Some("t1")).await;
    // as large as it is already
    sqlite.execute("PRAGMA max_page_count = 1").await;
    let huge = json!({"file_id": id(1), "outcome": "imported", "image": {"name": "n".repeat(1 << 20)}});
    let reports = [outcome("failed", [0]), report(&json!({"results": [huge]}))].map(|report| {
        let store = place.one.clone();
        tokio::spawn(async move { store.apply_report("a", report).await })
    });
    let all_wait = async {
        while sqlite.waiting() < reports.len() {
            tokio::task::yield_now().await;
        }
    };
    sqlite.while_busy(all_wait).await.unwrap();
    for report in reports {
        let refused = report.await.unwrap();
        assert!(matches!(refused, Err(Error::Together(_))), "{refused:?}");
    }
    assert_eq!(counts(&place.other.progress("a").await), (0, 0, 0, 2, 0));
}

#[tokio::test]
async fn any_number_of_failures_is_the_same_text() {
    let place = Place::file().await;
    let Store::Sqlite(sqlite) = &place.one else { unreachable!("it is a file") };
    place.job("a", files(0..20), Some("t1")).await;
    place.one.apply_report("a", outcome("failed", 0..1)).await.unwrap();
    let prepared = sqlite.prepared().await;
    for numbers in [1..3, 3..6, 6..10] {
        place.one.apply_report("a", outcome("failed", numbers)).await.unwrap();
    }
    assert_eq!(sqlite.prepared().await, prepared);
    let failures = place.other.failures("a", FailuresFrom::Offset(0), 20).await.unwrap().unwrap().page;
    let reasons: Vec<_> = failures.into_iter().map(|(_, failure)| failure.failure.reason).collect();
    assert_eq!(reasons, (0..10).map(|number| format!("reason-{number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_report_looks_at_the_files_that_it_names() {
    let place = Place::file().await;
    let Store::Sqlite(sqlite) = &place.one else { unreachable!("it is a file") };
    for update in [
        "UPDATE files SET state = 2 WHERE job_no = 1 AND position IN (SELECT value FROM json_each('[]'))",
        "WITH ended (job, place, state) AS MATERIALIZED (SELECT 1, value ->> 0, value ->> 1 FROM json_each('[]'))
         UPDATE files SET state = ended.state
         FROM ended WHERE files.job_no = ended.job AND files.position = ended.place",
    ] {
        let plan = sqlite.plan(update).await;
        let of_files: Vec<_> = plan.iter().filter(|step| step.contains(" files")).collect();
        assert_eq!(of_files, ["SEARCH files USING PRIMARY KEY (job_no=? AND position=?)"], "{plan:?}");
    }
}
