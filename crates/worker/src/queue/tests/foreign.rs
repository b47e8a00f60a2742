//! What stands in Redis and was not written by this system, or is damaged: it stops nothing but itself.

use super::*;

/// A queue with these files of a job `j`: tasks 1, 2 and so on.
async fn queue_with(place: &Place, ids: &[&str]) -> Queue {
    let queue = place.open().await;
    queue.enqueue(&batch("j", ids)).await.unwrap();
    queue
}

async fn meddle(queue: &Queue, script: &str) {
    let Queue::Redis(redis) = queue else { unreachable!() };
    redis.meddle(script).await;
}

async fn claimed(queue: &Queue) -> Vec<String> {
    let tasks = queue.claim(50, true).await.unwrap();
    let mut ids: Vec<_> = tasks.into_iter().map(|task| task.file_id).collect();
    ids.sort();
    ids
}

/// Each makes another thing of task 2.
const DAMAGES: [&str; 11] = [
    "call('HSET', P .. 'task:2', 'file', '{\"id\":')",
    "call('HSET', P .. 'task:2', 'file', '\\255\\254')",
    "call('HSET', P .. 'task:2', 'claim', 'one')",
    "call('HSET', P .. 'task:2', 'touched', 'perhaps')",
    "call('HDEL', P .. 'task:2', 'claim')",
    "call('HDEL', P .. 'task:2', 'drive', 'sha256')",
    "call('HDEL', P .. 'task:2', 'file')",
    "call('HDEL', P .. 'task:2', 'job')",
    "call('DEL', P .. 'task:2') call('SET', P .. 'task:2', 'text')",
    "call('DEL', P .. 'task:2') call('RPUSH', P .. 'task:2', 'a', 'list')",
    "call('DEL', P .. 'task:2')",
];

#[tokio::test]
async fn a_task_that_cannot_be_read_is_set_aside_and_made_anew_when_it_is_sent_again() {
    for damage in DAMAGES {
        let place = Place::redis();
        let queue = queue_with(&place, &["a", "b", "c"]).await;
        meddle(&queue, damage).await;
        assert_eq!(claimed(&queue).await, ["a", "c"], "{damage}");
        queue.end_leases().await;
        assert_eq!(claimed(&queue).await, ["a", "c"], "{damage}: it is nobody's");
        assert_eq!(queue.figures().await.unwrap().leased, 2, "{damage}");
        queue.enqueue(&batch("j", &["a", "b", "c"])).await.unwrap();
        assert_eq!(claimed(&queue).await, ["b"], "{damage}");
        place.clear().await;
    }
}

#[tokio::test]
async fn a_task_in_hand_that_is_damaged_costs_no_other_its_lease() {
    for damage in DAMAGES {
        let place = Place::redis();
        let queue = queue_with(&place, &["a", "b", "c"]).await;
        let mut tasks = queue.claim(3, true).await.unwrap();
        tasks.sort_by_key(|task| task.id);
        meddle(&queue, damage).await;
        let leases: Vec<_> = tasks.iter().map(|task| (task.id, task.claim)).collect();
        let held: Vec<_> = queue.renew(&leases).await.unwrap().into_iter().map(|(id, _)| id).collect();
        assert!(held.contains(&1) && held.contains(&3), "{damage}: {held:?}");
        queue.finish(&tasks[0], &imported(&tasks[0])).await.unwrap();
        queue.end_leases().await;
        assert!(claimed(&queue).await.contains(&"c".to_owned()), "{damage}");
        place.clear().await;
    }
}

#[tokio::test]
async fn progress_that_cannot_be_read_begins_again_and_an_object_may_be_there() {
    let place = Place::redis();
    let queue = queue_with(&place, &["a"]).await;
    meddle(&queue, "call('HSET', P .. 'task:1', 'progress', '[1')").await;
    let task = queue.claim(1, true).await.unwrap().remove(0);
    assert!(task.progress.maybe_stored);
    place.clear().await;
}

#[tokio::test]
async fn what_is_no_task_among_those_that_wait_holds_nobody_up() {
    for foreign in [
        "call('ZADD', P .. 'delayed', 0, 'junk') call('SET', P .. 'task:junk', 'x')",
        "call('ZADD', P .. 'leases', 0, 'junk') call('SET', P .. 'task:junk', 'x')",
        "call('ZADD', P .. 'leases', 0, 'junk') call('HSET', P .. 'task:junk', 'owner', 'x')",
        "call('ZADD', P .. 'freed', 0, 'junk') call('SET', P .. 'waiting:junk', 'x')",
        "call('ZADD', P .. 'turns:drive', 0, 'k') call('SET', P .. 'tasks:drive:k', 'x')",
        "call('ZADD', P .. 'turns:drive', 0, 'k') call('XADD', P .. 'tasks:drive:k', '*', 'task', '7')",
        "call('XADD', P .. 'tasks:drive:\"j\"', '1-1', 'task', 'junk')",
        "call('SADD', P .. 'hands:me', 'junk')",
        "call('HSET', P .. 'task:junk', 'job', 'k', 'file_id', 'x') call('ZADD', P .. 'reports', 0, 'junk')",
        "call('SET', P .. 'task:junk', 'x') call('ZADD', P .. 'reports', 0, 'junk')",
    ] {
        let place = Place::redis();
        let queue = place.open().await;
        // an entry of a job comes after the job
        if foreign.contains("1-1") {
            queue.enqueue(&batch("j", &["a"])).await.unwrap();
            meddle(&queue, &foreign.replace("1-1", "*")).await;
        } else {
            meddle(&queue, foreign).await;
            queue.enqueue(&batch("j", &["a"])).await.unwrap();
        }
        assert_eq!(claimed(&queue).await, ["a"], "{foreign}");
        assert!(queue.take_reports().await.unwrap().is_empty(), "{foreign}");
        assert_eq!(queue.figures().await.unwrap().leased, 1, "{foreign}");
        place.clear().await;
    }
}

#[tokio::test]
async fn an_outcome_that_cannot_be_read_holds_no_other_back() {
    for damage in [
        "call('HSET', P .. 'task:2', 'outcome', 'junk')",
        "call('HSET', P .. 'task:2', 'outcome', '{}')",
        "call('HDEL', P .. 'task:2', 'owner')",
        "call('DEL', P .. 'task:2') call('SET', P .. 'task:2', 'x')",
    ] {
        let place = Place::redis();
        let queue = queue_with(&place, &["a", "b", "c"]).await;
        for task in queue.claim(3, true).await.unwrap() {
            queue.finish(&task, &imported(&task)).await.unwrap();
        }
        meddle(&queue, damage).await;
        queue.end_reports().await;
        let other = place.open().await;
        let reports = other.take_reports().await.unwrap();
        let mut told: Vec<_> = reports[0].results.iter().map(|result| result.file_id.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["a", "c"], "{damage}");
        other.acknowledge(&reports[0].ids).await.unwrap();
        other.end_reports().await;
        assert!(other.take_reports().await.unwrap().is_empty(), "{damage}");
        place.clear().await;
    }
}
