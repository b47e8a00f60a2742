//! A Redis whose clock is set back, or that loses its last moments.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nobody_waiting() {
    let place = Place::redis();
    let (queue, other) = (place.open().await, place.open().await);
    queue.enqueue(&batch("j", &["a", "b", "c"])).await.unwrap();
    let tasks = queue.claim(3, true).await.unwrap();
    queue.defer(&tasks[0], Duration::from_millis(20)).await.unwrap();
    queue.finish(&tasks[1], &imported(&tasks[1])).await.unwrap();
    let report = queue.take_reports().await.unwrap().remove(0);
    queue.return_reports(&report.ids, Duration::from_millis(20)).await.unwrap();
    let Queue::Redis(redis) = &queue else { unreachable!() };
    redis.set_clock_back(Duration::from_secs(3600)).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let (mut taken, mut reported) = (Vec::new(), Vec::new());
    while taken.is_empty() || reported.is_empty() {
        assert!(Instant::now() < deadline, "they are due in an hour");
        taken.extend(other.claim(1, true).await.unwrap());
        reported.extend(other.take_reports().await.unwrap());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((ids(&taken), &reported[0].ids), (vec!["a"], &report.ids));
    assert_eq!(
        queue.renew(&[(tasks[2].id, tasks[2].claim)]).await.unwrap().len(),
        1,
        "a lease holds as before"
    );
    place.clear().await;
}

#[tokio::test]
async fn who_works_on_what_redis_forgot_ends_nothing_else() {
    let place = Place::redis();
    let queue = place.open().await;
    let Queue::Redis(redis) = &queue else { unreachable!() };
    queue.enqueue(&batch("j", &["first"])).await.unwrap();
    queue.claim(1, true).await.unwrap();
    let before = redis.snapshot().await;
    queue.enqueue(&batch("j", &["forgotten"])).await.unwrap();
    let forgotten = queue.claim(1, true).await.unwrap().remove(0);
    redis.restore(&before).await;
    queue.enqueue(&batch("k", &["other"])).await.unwrap();
    let other = queue.claim(1, true).await.unwrap().remove(0);
    assert_eq!(forgotten.id, other.id, "numbers are given again");
    assert!(!queue.finish(&forgotten, &imported(&forgotten)).await.unwrap());
    assert_eq!(queue.renew(&[(forgotten.id, forgotten.claim)]).await.unwrap(), []);
    assert!(queue.finish(&other, &imported(&other)).await.unwrap());
    place.clear().await;
}
