//! What is taken when.

use serde_json::json;

use super::*;

on_both! {
    a_file_of_a_job_is_one_task_however_often_it_is_sent,
    a_sender_that_never_resends_means_a_new_run,
    jobs_take_turns,
    a_file_is_in_work_only_once_at_a_time,
    the_same_bytes_go_one_after_the_other_and_the_second_knows,
    without_drive_nothing_is_taken_that_needs_it,
    files_without_an_id_are_tasks_too,
    a_job_of_a_thousand_does_not_starve_another,
    who_waits_for_a_file_can_be_stopped,
    two_workers_share_the_tasks,
}

async fn a_file_of_a_job_is_one_task_however_often_it_is_sent(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a", "b", "a"])).await.unwrap();
    queue.enqueue(&batch("j", &["b", "c"])).await.unwrap();
    assert_eq!(ids(&queue.claim(10, true).await.unwrap()), ["a", "b", "c"]);
    assert!(queue.claim(10, true).await.unwrap().is_empty());
}

async fn a_sender_that_never_resends_means_a_new_run(place: &Place) {
    let queue = place.open().await;
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

async fn jobs_take_turns(place: &Place) {
    let queue = place.open().await;
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

async fn a_file_is_in_work_only_once_at_a_time(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    queue.enqueue(&batch("k", &["a", "b"])).await.unwrap();
    let tasks = queue.claim(10, true).await.unwrap();
    let mut names = ids(&tasks);
    names.sort_unstable();
    assert_eq!(names, ["a", "b"]);
    let other = place.open().await;
    assert!(other.claim(10, true).await.unwrap().is_empty(), "the other process waits too");
    let first = tasks.iter().find(|task| task.file_id == "a").unwrap();
    queue.finish(first, &imported(first)).await.unwrap();
    assert_eq!(ids(&other.claim(10, true).await.unwrap()), ["a"]);
}

async fn the_same_bytes_go_one_after_the_other_and_the_second_knows(place: &Place) {
    let queue = place.open().await;
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

async fn without_drive_nothing_is_taken_that_needs_it(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    assert!(queue.claim(1, false).await.unwrap().is_empty());
}

async fn files_without_an_id_are_tasks_too(place: &Place) {
    let queue = place.open().await;
    let files = vec![json!({"name": "x"}), json!({"name": "y"}), json!({"id": 5}), json!({"id": ""})];
    queue.enqueue(&NewTasks { files, ..batch("j", &[]) }).await.unwrap();
    assert_eq!(ids(&queue.claim(10, true).await.unwrap()), ["", "", "5", ""]);
}

async fn a_job_of_a_thousand_does_not_starve_another(place: &Place) {
    let (queue, other) = (place.open().await, place.open().await);
    let many: Vec<String> = (0..1000).map(|n| format!("big{n}")).collect();
    queue.enqueue(&batch("big", &many.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap();
    queue.claim(50, true).await.unwrap();
    for job in ["x", "y", "z"] {
        let files: Vec<String> = (0..5).map(|n| format!("{job}{n}")).collect();
        queue.enqueue(&batch(job, &files.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap();
    }
    let mut small = 0;
    for turn in 0..10 {
        let worker = if turn % 2 == 0 { &queue } else { &other };
        let taken = worker.claim(2, true).await.unwrap();
        small += taken.iter().filter(|task| !task.file_id.starts_with("big")).count();
    }
    assert_eq!(small, 15, "four jobs, twenty slots: each has five of them");
}

async fn who_waits_for_a_file_can_be_stopped(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    queue.enqueue(&batch("k", &["a"])).await.unwrap();
    queue.enqueue(&batch("l", &["a"])).await.unwrap();
    let first = queue.claim(10, true).await.unwrap().remove(0);
    assert!(queue.claim(10, true).await.unwrap().is_empty());
    let stopped = JobKey::of(&json!("k"));
    assert_eq!(queue.stop_job(&stopped, &JobState::Cancelled).await.unwrap(), 1);
    assert_eq!(queue.take_reports().await.unwrap()[0].job, stopped);
    queue.defer(&first, Duration::from_secs(3600)).await.unwrap();
    assert_eq!(queue.claim(10, true).await.unwrap()[0].job, JobKey::of(&json!("l")), "it need not wait");
}

async fn two_workers_share_the_tasks(place: &Place) {
    let (queue, other) = (place.open().await, place.open().await);
    let many: Vec<String> = (0..100).map(|n| format!("f{n}")).collect();
    queue.enqueue(&batch("j", &many.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap();
    let drain = async |queue: &Queue| {
        let mut done = Vec::new();
        loop {
            let tasks = queue.claim(3, true).await.unwrap();
            if tasks.is_empty() {
                return done;
            }
            for task in tasks {
                assert!(queue.finish(&task, &imported(&task)).await.unwrap());
                done.push(task.file_id);
            }
        }
    };
    let (mut one, two) = tokio::join!(drain(&queue), drain(&other));
    one.extend(two);
    let distinct: std::collections::HashSet<_> = one.iter().collect();
    assert_eq!((one.len(), distinct.len()), (100, 100));
}
