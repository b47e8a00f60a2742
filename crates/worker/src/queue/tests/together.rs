//! What many want at the same moment is done together, and each has its own answer.

use futures::future::join_all;
use serde_json::json;

use super::*;

on_both! {
    many_that_write_at_once_have_each_its_own_answer,
    what_is_at_hand_is_not_in_the_queue_for_others,
    an_outcome_at_hand_of_a_killed_worker_is_reported_by_the_next,
    who_hangs_up_is_in_nobodys_way,
    an_id_is_not_cut_at_its_nul,
}

async fn many_that_write_at_once_have_each_its_own_answer(place: &Place) {
    let (slow, quick) = (place.open().await, place.open().await);
    let names: Vec<String> = (0..40).map(|n| format!("f{n}")).collect();
    slow.enqueue(&batch("j", &names.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap();
    let tasks = slow.claim(40, true).await.unwrap();
    for task in tasks.iter().step_by(4) {
        slow.defer(task, Duration::ZERO).await.unwrap();
    }
    let lost: Vec<i64> = quick.claim(40, true).await.unwrap().iter().map(|task| task.id).collect();
    assert_eq!(lost.len(), 10);
    let write = async |number: usize, task: &Task| match number % 3 {
        0 => slow.finish(task, &imported(task)).await.unwrap(),
        1 => slow.defer(task, Duration::ZERO).await.unwrap(),
        _ => slow.keep(task).await.unwrap(),
    };
    let held = join_all(tasks.iter().enumerate().map(|(number, task)| write(number, task))).await;
    // those that only went on with it hold it still, and no longer
    let finish = async |task: &Task| slow.finish(task, &imported(task)).await.unwrap();
    let ends = join_all(tasks.iter().map(finish)).await;
    for (number, task) in tasks.iter().enumerate() {
        assert_eq!(held[number], !lost.contains(&task.id), "{number}");
        // Redis says it again to who asks again
        let has_ended = number % 3 == 0 && held[number] && matches!(slow, Queue::Redis(_));
        assert_eq!(ends[number], has_ended || (held[number] && number % 3 == 2), "{number}");
    }
}

async fn what_is_at_hand_is_not_in_the_queue_for_others(place: &Place) {
    let (queue, other) = (place.open().await, place.open().await);
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.finish(&task, &imported(&task)).await.unwrap();
    assert!(other.take_reports().await.unwrap().is_empty());
    assert_eq!(queue.written(), 1);
    let report = queue.take_written().remove(0);
    assert_eq!((report.job, report.accepts_results, report.ids), (task.job.clone(), true, vec![task.id]));
    assert_eq!((queue.written(), queue.waiting_reports().await), (0, 1));
    assert!(queue.take_reports().await.unwrap().is_empty(), "it is under way");
    queue.acknowledge(&[task.id]).await.unwrap();
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    assert_eq!(other.take_reports().await.unwrap()[0].results[0].bytes, 5);
}

async fn an_outcome_at_hand_of_a_killed_worker_is_reported_by_the_next(place: &Place) {
    let queue = place.open().await;
    queue.enqueue(&batch("j", &["a"])).await.unwrap();
    let task = queue.claim(1, true).await.unwrap().remove(0);
    queue.finish(&task, &imported(&task)).await.unwrap();
    drop(queue);
    let restarted = place.open().await;
    assert_eq!(restarted.take_reports().await.unwrap()[0].results[0].file_id, "a");
}

async fn who_hangs_up_is_in_nobodys_way(place: &Place) {
    let queue = place.open().await;
    for _ in 0..20 {
        let gone = batch("j", &["a", "b", "c"]);
        let mut enqueuing = Box::pin(queue.enqueue(&gone));
        // mostly in the middle of it
        let _ = futures::poll!(&mut enqueuing);
        drop(enqueuing);
    }
    queue.enqueue(&batch("k", &["d"])).await.unwrap();
    assert!(queue.claim(10, true).await.unwrap().iter().any(|task| task.file_id == "d"));
}

async fn an_id_is_not_cut_at_its_nul(place: &Place) {
    let queue = place.open().await;
    let files = vec![json!({"id": "a\0b", "name": "x\0y"}), json!({"id": "a"}), json!({"name": "\0"})];
    queue.enqueue(&NewTasks { files: files.clone(), ..batch("j", &[]) }).await.unwrap();
    let tasks = queue.claim(10, true).await.unwrap();
    assert_eq!(ids(&tasks), ["a\0b", "a", ""]);
    assert_eq!(tasks.iter().map(|task| (*task.file).clone()).collect::<Vec<_>>(), files);
    for task in &tasks {
        queue.finish(task, &imported(task)).await.unwrap();
    }
    let report = queue.take_reports().await.unwrap().remove(0);
    assert_eq!(report.results[0].file_id, "a\0b");
}
