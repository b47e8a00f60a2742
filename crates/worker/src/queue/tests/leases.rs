//! Who holds a task, and what it has come to.

use serde_json::json;

use super::*;

on_both! {
    a_lost_lease_writes_nothing,
    a_restarted_worker_takes_its_own_tasks_back_at_once,
    what_a_task_has_come_to_survives_a_wait,
    what_a_task_has_come_to_survives_its_worker,
    a_wait_ends_by_itself,
    a_batch_that_only_comes_again_is_no_progress,
    an_image_beside_the_queue_is_found_when_its_worker_is_gone,
    an_image_beside_the_queue_that_is_over_leaves_nothing,
}

async fn a_lost_lease_writes_nothing(place: &Place) {
    let (slow, quick) = (place.open().await, place.open().await);
    slow.enqueue(&batch("j", &["a"])).await.unwrap();
    let old = slow.claim(1, true).await.unwrap().remove(0);
    assert!(quick.claim(1, true).await.unwrap().is_empty(), "the lease holds");
    quick.end_leases().await;
    let new = quick.claim(1, true).await.unwrap().remove(0);
    assert!(new.progress.maybe_stored, "the other one may have stored it");
    assert!(!slow.finish(&old, &imported(&old)).await.unwrap());
    slow.defer(&old, Duration::ZERO).await.unwrap();
    assert!(slow.renew(&[(old.id, old.claim)]).await.unwrap().is_empty());
    assert_eq!(quick.renew(&[(new.id, new.claim)]).await.unwrap(), [(new.id, JobState::Open)]);
    assert!(quick.finish(&new, &imported(&new)).await.unwrap());
}

async fn a_restarted_worker_takes_its_own_tasks_back_at_once(place: &Place) {
    let queue = place.open().await;
    let other = place.open().await;
    queue.enqueue(&batch("j", &["a", "b"])).await.unwrap();
    queue.claim(1, true).await.unwrap();
    other.claim(1, true).await.unwrap();
    // as a kill would: nothing is handed back
    drop(queue);
    let restarted = place.open().await;
    assert_eq!(ids(&restarted.claim(10, true).await.unwrap()), ["a"]);
}

async fn what_a_task_has_come_to_survives_a_wait(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let mut task = queue.claim(1, true).await.unwrap().remove(0);
    task.progress.stored =
        Some(Stored { url: "u".into(), size_bytes: 5, md5: "m".into(), ..Stored::default() });
    queue.defer(&task, Duration::ZERO).await.unwrap();
    let closed = queue.claim(1, false).await.unwrap();
    assert_eq!(closed[0].progress.stored, task.progress.stored, "it needs no Drive any more");
    queue.defer(&closed[0], Duration::from_secs(3600)).await.unwrap();
    assert!(queue.claim(1, true).await.unwrap().is_empty());
}

async fn what_a_task_has_come_to_survives_its_worker(place: &Place) {
    let (queue, other) = (place.open().await, place.open().await);
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let mut task = queue.claim(1, true).await.unwrap().remove(0);
    task.progress.incarnation = 2;
    assert!(queue.keep(&task).await.unwrap());
    queue.end_leases().await;
    let again = other.claim(1, true).await.unwrap().remove(0);
    assert_eq!((again.progress.incarnation, again.progress.maybe_stored), (2, true));
    assert!(!queue.keep(&task).await.unwrap(), "somebody else has it");
    assert!(!queue.defer(&task, Duration::ZERO).await.unwrap());
}

async fn a_wait_ends_by_itself(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.defer(&task, Duration::from_millis(30)).await.unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while queue.claim(1, true).await.unwrap().is_empty() {
        assert!(std::time::Instant::now() < deadline, "it waits for ever");
        tokio::task::yield_now().await;
    }
}

async fn an_image_beside_the_queue_is_found_when_its_worker_is_gone(place: &Place) {
    let (queue, other) = (place.open().await, place.open().await);
    let job = JobKey::single(&json!("j"));
    let (id, claim) = queue.journal(&job, &json!({"id": "a", "name": "n"})).await.unwrap();
    assert!(other.claim(10, true).await.unwrap().is_empty(), "it is in hand");
    assert_eq!(queue.renew(&[(id, claim)]).await.unwrap(), [(id, JobState::Open)]);
    assert!(queue.open_jobs().await.unwrap().is_empty(), "nobody is told of it");
    queue.end_leases().await;
    // its object can be released while Drive is closed
    let task = other.claim(10, false).await.unwrap().remove(0);
    assert_eq!((task.id, &task.job, &task.file["name"]), (id, &job, &json!("n")));
    assert!(task.claim > claim && task.progress.maybe_stored);
    other.defer(&task, Duration::ZERO).await.unwrap();
    let task = other.claim(10, false).await.unwrap().remove(0);
    assert!(other.forget(&task).await.unwrap());
    assert!(!queue.forget(&Task { claim, ..task }).await.unwrap());
    assert!(queue.take_reports().await.unwrap().is_empty());
}

async fn a_batch_that_only_comes_again_is_no_progress(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let job = JobKey::of(&json!("j"));
    queue.be_silent().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    assert!(queue.silence(&job).await.unwrap() >= Duration::from_secs(3600), "nothing came of it");
    queue.enqueue(&batch("j", &["a", "b"])).await.unwrap();
    assert!(queue.silence(&job).await.unwrap() < Duration::from_secs(1800));
}

async fn an_image_beside_the_queue_that_is_over_leaves_nothing(place: &Place) {
    let queue = place.open().await;
    let file = json!({"id": "a"});
    let (job, same) = (JobKey::single(&json!("j")), JobKey::single(&json!("j")));
    let (id, claim) = queue.journal(&job, &file).await.unwrap();
    let other = queue.journal(&same, &file).await.unwrap();
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    assert_eq!(task.job, JobKey::of(&json!("j")), "they are in nobody's way");
    assert!(queue.forget(&Task { id, claim, job, ..task.clone() }).await.unwrap());
    assert_eq!(queue.renew(&[(id, claim), other]).await.unwrap(), [(other.0, JobState::Open)]);
    assert!(queue.forget(&Task { id: other.0, claim: other.1, job: same, ..task.clone() }).await.unwrap());
    queue.finish(&task, &imported(&task)).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    queue.acknowledge(&report.ids).await.unwrap();
    queue.forget_the_past().await;
    queue.prune().await.unwrap();
    assert_eq!(queue.size().await, 0);
}
