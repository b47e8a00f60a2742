//! Jobs that are stopped, and outcomes on their way.

use client::import::Outcome;
use serde_json::json;

use super::*;

on_both! {
    a_resent_file_that_is_done_is_only_reported_again,
    a_cancelled_job_ends_and_stays_so,
    a_task_with_an_object_is_left_to_whoever_releases_it,
    a_failed_job_says_why_and_a_new_batch_reopens_it,
    a_job_that_failed_says_so_with_outcomes_from_before_too,
    a_report_that_was_not_taken_comes_again,
    old_outcomes_and_jobs_are_forgotten,
    what_is_unfinished_or_unreported_is_never_forgotten,
    reports_of_one_job_go_together_and_are_taken_by_one_worker,
    an_outcome_at_hand_for_long_is_in_a_report_once,
    a_stopped_job_ends_at_once_but_does_not_run_in_circles,
}

async fn a_resent_file_that_is_done_is_only_reported_again(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    assert!(queue.finish(&task, &imported(&task)).await.unwrap());
    let report = queue.take_reports().await.unwrap().remove(0);
    assert!(queue.take_reports().await.unwrap().is_empty(), "it is in hand");
    queue.acknowledge(&report.ids).await.unwrap();
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    assert!(queue.claim(1, true).await.unwrap().is_empty());
    let again = queue.take_reports().await.unwrap().remove(0);
    // what else was said about it, import has
    assert_eq!((again.results[0].outcome, again.results[0].bytes), (Outcome::Imported, 5));
}

async fn a_cancelled_job_ends_and_stays_so(place: &Place) {
    let queue = place.open().await;
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

async fn a_task_with_an_object_is_left_to_whoever_releases_it(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let mut task = queue.claim(1, true).await.unwrap().remove(0);
    task.progress.maybe_stored = true;
    queue.defer(&task, Duration::from_secs(3600)).await.unwrap();
    queue.stop_job(&task.job, &JobState::Cancelled).await.unwrap();
    let again = queue.claim(1, false).await.unwrap();
    assert_eq!(again[0].job_state, JobState::Cancelled);
    assert!(again[0].progress.maybe_stored);
}

async fn a_failed_job_says_why_and_a_new_batch_reopens_it(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let failure = failure();
    let job = JobKey::of(&json!("j"));
    queue.stop_job(&job, &JobState::Failed(failure.clone())).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    assert_eq!(report.job_failure.as_ref(), Some(&failure));
    assert_eq!(report.results[0].failure.as_ref(), Some(&failure));
    queue.enqueue(&batch("j", &["b"])).await.unwrap();
    assert_eq!(ids(&queue.claim(10, true).await.unwrap()), ["b"]);
}

async fn a_job_that_failed_says_so_with_outcomes_from_before_too(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a", "b"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    assert!(queue.finish(&task, &imported(&task)).await.unwrap());
    queue.stop_job(&task.job, &JobState::Failed(failure())).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    let ended: Vec<_> = report.results.iter().map(|end| (end.file_id.as_str(), end.outcome)).collect();
    assert_eq!(ended, [("a", Outcome::Imported), ("b", Outcome::Failed)]);
    assert_eq!(report.job_failure, Some(failure()));
}

async fn a_report_that_was_not_taken_comes_again(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.finish(&task, &imported(&task)).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    queue.return_reports(&report.ids, Duration::ZERO).await.unwrap();
    let again = queue.take_reports().await.unwrap().remove(0);
    assert_eq!(again.ids, report.ids);
    // killed before it was acknowledged
    drop(queue);
    let restarted = place.open().await;
    assert_eq!(restarted.take_reports().await.unwrap()[0].ids, report.ids);
}

async fn old_outcomes_and_jobs_are_forgotten(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.finish(&task, &imported(&task)).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    queue.acknowledge(&report.ids).await.unwrap();
    queue.prune().await.unwrap();
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    assert!(queue.claim(1, true).await.unwrap().is_empty(), "it is remembered");
    let report = queue.take_reports().await.unwrap().remove(0);
    queue.acknowledge(&report.ids).await.unwrap();
    queue.forget_the_past().await;
    queue.prune().await.unwrap();
    assert_eq!(queue.size().await, 0);
}

async fn what_is_unfinished_or_unreported_is_never_forgotten(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a", "b"])).await.unwrap();
    let done = queue.claim(1, true).await.unwrap().remove(0);
    queue.finish(&done, &imported(&done)).await.unwrap();
    if let Queue::Redis(redis) = &queue {
        redis.remove(&redis.keys(true).await).await;
    }
    queue.prune().await.unwrap();
    assert_eq!(queue.claim(10, true).await.unwrap().len(), 1);
    assert_eq!(queue.take_reports().await.unwrap()[0].results.len(), 1);
    assert_eq!(queue.open_jobs().await.unwrap(), [JobKey::of(&json!("j"))]);
}

async fn reports_of_one_job_go_together_and_are_taken_by_one_worker(place: &Place) {
    let (queue, other) = (place.open().await, place.open().await);
    let ids: Vec<String> = (0..60).map(|n| format!("f{n}")).collect();
    queue.enqueue(&batch("j", &ids.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap();
    queue.enqueue(&batch("k", &["x"])).await.unwrap();
    for task in queue.claim(100, true).await.unwrap() {
        queue.finish(&task, &imported(&task)).await.unwrap();
    }
    let reports = queue.take_reports().await.unwrap();
    let mut sizes: Vec<_> = reports.iter().map(|report| (report.job.0.clone(), report.ids.len())).collect();
    sizes.sort();
    assert_eq!(sizes, [("\"j\"".into(), 10), ("\"j\"".into(), 50), ("\"k\"".into(), 1)]);
    assert!(other.take_reports().await.unwrap().is_empty());
    // not in its hands: what it says about them counts for nothing
    other.acknowledge(&reports[0].ids).await.unwrap();
    queue.return_reports(&reports[0].ids, Duration::ZERO).await.unwrap();
    assert_eq!(other.take_reports().await.unwrap()[0].ids.len(), reports[0].ids.len());
}

async fn an_outcome_at_hand_for_long_is_in_a_report_once(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a", "b"])).await.unwrap();
    for task in queue.claim(2, true).await.unwrap() {
        queue.finish(&task, &imported(&task)).await.unwrap();
        // the first one alone is due again
        if queue.written() == 1 {
            queue.end_reports().await;
        }
    }
    let mut report = queue.take_reports().await.unwrap().remove(0);
    report.results.sort_by(|one, other| one.file_id.cmp(&other.file_id));
    let ended: Vec<_> = report.results.iter().map(|end| end.file_id.as_str()).collect();
    assert_eq!((ended, report.ids.len()), (vec!["a", "b"], 2));
    assert_eq!((queue.written(), queue.take_reports().await.unwrap().len()), (0, 0));
}

#[tokio::test]
async fn what_is_at_hand_stays_there_when_the_queue_cannot_be_read() {
    let place = Place::file();
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a", "b"])).await.unwrap();
    let tasks = queue.claim(2, true).await.unwrap();
    queue.finish(&tasks[0], &imported(&tasks[0])).await.unwrap();
    let report = queue.take_written().remove(0);
    queue.return_reports(&report.ids, Duration::ZERO).await.unwrap();
    let Queue::Sqlite(file) = &queue else { unreachable!() };
    file.execute("UPDATE tasks SET outcome = 'no JSON' WHERE state = 2").await;
    queue.finish(&tasks[1], &imported(&tasks[1])).await.unwrap();
    assert!(queue.take_reports().await.is_err());
    assert_eq!(queue.take_written()[0].results[0].file_id, "b");
}

fn failure() -> Failure {
    Failure { reason: "api-key-invalid".into(), message: "m".into(), advice: "a".into(), attempts: 1 }
}

async fn a_stopped_job_ends_at_once_but_does_not_run_in_circles(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.stop_job(&task.job, &JobState::Cancelled).await.unwrap();
    queue.defer(&task, Duration::from_secs(3600)).await.unwrap();
    let mut task = queue.claim(1, true).await.unwrap().remove(0);
    assert_eq!(task.job_state, JobState::Cancelled);
    task.progress.ending = Some(task.ended_without_image(Outcome::Cancelled, None));
    queue.defer(&task, Duration::from_secs(3600)).await.unwrap();
    assert!(queue.claim(1, true).await.unwrap().is_empty(), "its end was tried just now");
}
