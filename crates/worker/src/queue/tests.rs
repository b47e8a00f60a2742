//! What the queue promises, against real files.

use client::import::Outcome;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::task::Stored;

fn batch(job: &str, files: &[&str]) -> NewTasks {
    NewTasks {
        job: JobKey::of(&json!(job)),
        accepts_results: true,
        request_id: Some("r".into()),
        files: files.iter().map(|id| json!({"id": id, "name": id})).collect(),
    }
}

async fn open(directory: &TempDir) -> Queue {
    Queue::open(directory.path()).await.unwrap()
}

/// Ends all leases, as thirty seconds would.
async fn end_leases(queue: &Queue) {
    let Queue::Sqlite(sqlite) = queue;
    sqlite.execute("UPDATE tasks SET due = 0 WHERE state = 1").await;
}

fn ids(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.file_id.as_str()).collect()
}

fn imported(task: &Task) -> FileResult {
    task.ended(Outcome::Imported, json!({"id": 1}), 5)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_that_start_together_make_one_queue() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let opening = (0..6).map(|_| {
            let path = directory.path().to_owned();
            tokio::spawn(async move { Queue::open(&path).await })
        });
        for opened in futures::future::join_all(opening).await {
            opened.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_file_of_a_job_is_one_task_however_often_it_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a", "b", "a"])).await.unwrap();
    queue.enqueue(&batch("j", &["b", "c"])).await.unwrap();
    assert_eq!(ids(&queue.claim(10, true).await.unwrap()), ["a", "b", "c"]);
    assert!(queue.claim(10, true).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_resent_file_that_is_done_is_only_reported_again() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    assert!(queue.finish(&task, &imported(&task)).await.unwrap());
    let report = queue.take_reports().await.unwrap().remove(0);
    assert!(queue.take_reports().await.unwrap().is_empty(), "it is in hand");
    queue.acknowledge(&report.ids).await.unwrap();
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    assert!(queue.claim(1, true).await.unwrap().is_empty());
    let again = queue.take_reports().await.unwrap().remove(0);
    assert_eq!(again.results[0].image, Some(json!({"id": 1})));
}

#[tokio::test]
async fn a_sender_that_never_resends_means_a_new_run() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    let originals = NewTasks { accepts_results: false, ..batch("j", &["a"]) };
    queue.enqueue(&originals).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.finish(&task, &imported(&task)).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    assert!(!report.accepts_results);
    queue.acknowledge(&report.ids).await.unwrap();
    queue.enqueue(&originals).await.unwrap();
    assert_eq!(queue.claim(1, true).await.unwrap().len(), 1);
}

#[tokio::test]
async fn jobs_take_turns() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    let many: Vec<String> = (0..40).map(|n| format!("big{n}")).collect();
    queue.enqueue(&batch("big", &many.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap();
    queue.enqueue(&batch("small", &["s0", "s1", "s2"])).await.unwrap();
    let first = queue.claim(4, true).await.unwrap();
    let small = first.iter().filter(|task| task.file_id.starts_with('s')).count();
    assert_eq!(small, 2, "{:?}", ids(&first));
    let mut one_by_one = Vec::new();
    for _ in 0..2 {
        one_by_one.extend(queue.claim(1, true).await.unwrap());
    }
    assert!(ids(&one_by_one).contains(&"s2"), "{:?}", ids(&one_by_one));
}

#[tokio::test]
async fn a_file_is_in_work_only_once_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    queue.enqueue(&batch("k", &["a", "b"])).await.unwrap();
    let tasks = queue.claim(10, true).await.unwrap();
    let mut names = ids(&tasks);
    names.sort_unstable();
    assert_eq!(names, ["a", "b"]);
    let other = open(&directory).await;
    assert!(other.claim(10, true).await.unwrap().is_empty(), "the other process waits too");
    let first = tasks.iter().find(|task| task.file_id == "a").unwrap();
    queue.finish(first, &imported(first)).await.unwrap();
    assert_eq!(ids(&other.claim(10, true).await.unwrap()), ["a"]);
}

#[tokio::test]
async fn the_same_bytes_go_one_after_the_other_and_the_second_knows() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    let sum = "a".repeat(64);
    let file = |id: &str| json!({"id": id, "sha256Checksum": sum});
    let tasks = NewTasks { files: vec![file("a"), file("b"), file("c")], ..batch("j", &[]) };
    queue.enqueue(&tasks).await.unwrap();
    let first = queue.claim(10, true).await.unwrap();
    assert_eq!((ids(&first), first[0].has_twin), (vec!["a"], false));
    assert!(queue.claim(10, true).await.unwrap().is_empty());
    queue.finish(&first[0], &imported(&first[0])).await.unwrap();
    let rest = queue.claim(10, true).await.unwrap();
    assert_eq!(ids(&rest), ["b", "c"]);
    assert!(rest.iter().all(|task| task.has_twin));
}

#[tokio::test]
async fn a_lost_lease_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (slow, quick) = (open(&directory).await, open(&directory).await);
    slow.enqueue(&batch("j", &["a"])).await.unwrap();
    let old = slow.claim(1, true).await.unwrap().remove(0);
    assert!(quick.claim(1, true).await.unwrap().is_empty(), "the lease holds");
    end_leases(&quick).await;
    let new = quick.claim(1, true).await.unwrap().remove(0);
    assert!(new.progress.maybe_stored, "the other one may have stored it");
    assert!(!slow.finish(&old, &imported(&old)).await.unwrap());
    slow.defer(&old, Duration::ZERO).await.unwrap();
    assert!(slow.renew(&[(old.id, old.claim)]).await.unwrap().is_empty());
    assert_eq!(quick.renew(&[(new.id, new.claim)]).await.unwrap(), [(new.id, JobState::Open)]);
    assert!(quick.finish(&new, &imported(&new)).await.unwrap());
}

#[tokio::test]
async fn a_restarted_worker_takes_its_own_tasks_back_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    let other = open(&directory).await;
    queue.enqueue(&batch("j", &["a", "b"])).await.unwrap();
    queue.claim(1, true).await.unwrap();
    other.claim(1, true).await.unwrap();
    // as a kill would: nothing is handed back
    drop(queue);
    let restarted = open(&directory).await;
    assert_eq!(ids(&restarted.claim(10, true).await.unwrap()), ["a"]);
}

#[tokio::test]
async fn what_a_task_has_come_to_survives_a_wait() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let mut task = queue.claim(1, true).await.unwrap().remove(0);
    task.progress.stored =
        Some(Stored { url: "u".into(), size_bytes: 5, md5: "m".into(), is_stale: false, source_md5: None });
    queue.defer(&task, Duration::ZERO).await.unwrap();
    let closed = queue.claim(1, false).await.unwrap();
    assert_eq!(closed[0].progress.stored, task.progress.stored, "it needs no Drive any more");
    queue.defer(&closed[0], Duration::from_secs(3600)).await.unwrap();
    assert!(queue.claim(1, true).await.unwrap().is_empty());
}

#[tokio::test]
async fn without_drive_nothing_is_taken_that_needs_it() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    assert!(queue.claim(1, false).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_cancelled_job_ends_and_stays_so() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a", "b", "c"])).await.unwrap();
    let running = queue.claim(1, true).await.unwrap().remove(0);
    assert_eq!(queue.stop_job(&running.job, &JobState::Cancelled).await.unwrap(), 3);
    assert!(queue.claim(10, true).await.unwrap().is_empty());
    let leases = [(running.id, running.claim)];
    assert_eq!(queue.renew(&leases).await.unwrap(), [(running.id, JobState::Cancelled)]);
    let reports = queue.take_reports().await.unwrap();
    let ended: Vec<_> = reports[0].results.iter().map(|end| (end.file_id.as_str(), end.outcome)).collect();
    assert_eq!(ended, [("b", Outcome::Cancelled), ("c", Outcome::Cancelled)]);
    queue.enqueue(&batch("j", &["d"])).await.unwrap();
    assert!(queue.claim(10, true).await.unwrap().is_empty());
    assert_eq!(queue.take_reports().await.unwrap()[0].results[0].file_id, "d");
}

#[tokio::test]
async fn a_task_with_an_object_is_left_to_whoever_releases_it() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let mut task = queue.claim(1, true).await.unwrap().remove(0);
    task.progress.maybe_stored = true;
    queue.defer(&task, Duration::from_secs(3600)).await.unwrap();
    queue.stop_job(&task.job, &JobState::Cancelled).await.unwrap();
    let again = queue.claim(1, false).await.unwrap();
    assert_eq!(again[0].job_state, JobState::Cancelled);
    assert!(again[0].progress.maybe_stored);
}

#[tokio::test]
async fn a_failed_job_says_why_and_a_new_batch_reopens_it() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let failure =
        Failure { reason: "api-key-invalid".into(), message: "m".into(), advice: "a".into(), attempts: 1 };
    let job = JobKey::of(&json!("j"));
    queue.stop_job(&job, &JobState::Failed(failure.clone())).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    assert_eq!(report.job_failure.as_ref(), Some(&failure));
    assert_eq!(report.results[0].failure.as_ref(), Some(&failure));
    queue.enqueue(&batch("j", &["b"])).await.unwrap();
    assert_eq!(ids(&queue.claim(10, true).await.unwrap()), ["b"]);
}

#[tokio::test]
async fn files_without_an_id_are_tasks_too() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    let files = vec![json!({"name": "x"}), json!({"name": "y"}), json!({"id": 5}), json!({"id": ""})];
    queue.enqueue(&NewTasks { files, ..batch("j", &[]) }).await.unwrap();
    assert_eq!(ids(&queue.claim(10, true).await.unwrap()), ["", "", "5", ""]);
}

#[tokio::test]
async fn a_report_that_was_not_taken_comes_again() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.finish(&task, &imported(&task)).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    queue.return_reports(&report.ids, Duration::ZERO).await.unwrap();
    let again = queue.take_reports().await.unwrap().remove(0);
    assert_eq!(again.ids, report.ids);
    // killed before it was acknowledged
    drop(queue);
    let restarted = open(&directory).await;
    assert_eq!(restarted.take_reports().await.unwrap()[0].ids, report.ids);
}

#[tokio::test]
async fn old_outcomes_and_jobs_are_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(&directory).await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.finish(&task, &imported(&task)).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    queue.acknowledge(&report.ids).await.unwrap();
    queue.prune().await.unwrap();
    let Queue::Sqlite(sqlite) = &queue;
    assert_eq!(sqlite.count("SELECT COUNT(*) FROM tasks").await, 1, "it is remembered");
    sqlite.execute("UPDATE tasks SET due = 0").await;
    sqlite.execute("UPDATE jobs SET updated_at = 0").await;
    queue.prune().await.unwrap();
    assert_eq!(sqlite.count("SELECT (SELECT COUNT(*) FROM tasks) + (SELECT COUNT(*) FROM jobs)").await, 0);
}
