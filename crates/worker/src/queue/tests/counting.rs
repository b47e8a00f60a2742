//! What `/metrics` is told.

use super::*;
use crate::queue::figures::Figures;

on_both! {
    tasks_are_counted_by_what_they_wait_for,
}

async fn tasks_are_counted_by_what_they_wait_for(place: &Place) {
    let queue = place.open().await;
    assert_eq!(queue.figures().await.unwrap(), Figures::default());
    queue.enqueue(&batch("j", &["a", "b", "c"])).await.unwrap();
    queue.enqueue(&batch("k", &["d", "e"])).await.unwrap();
    let counts = |figures: Figures| (figures.ready, figures.delayed, figures.leased, figures.ended);
    assert_eq!(counts(queue.figures().await.unwrap()), (5, 0, 0, 0));
    let tasks = queue.claim(3, true).await.unwrap();
    assert_eq!(counts(queue.figures().await.unwrap()), (2, 0, 3, 0));
    queue.defer(&tasks[0], Duration::from_secs(3600)).await.unwrap();
    queue.finish(&tasks[1], &imported(&tasks[1])).await.unwrap();
    assert_eq!(counts(queue.figures().await.unwrap()), (2, 1, 1, 1));
    let aged = || async { queue.figures().await.unwrap().oldest };
    let look = tokio::time::timeout(Duration::from_secs(10), async { while aged().await.is_zero() {} });
    look.await.expect("who waits gets older");
    queue.claim(10, true).await.unwrap();
    let left = queue.figures().await.unwrap();
    assert_eq!((counts(left), left.oldest), ((0, 1, 3, 1), Duration::ZERO));
}

#[tokio::test]
async fn what_is_counted_in_a_file_is_counted_in_indexes_alone() {
    let place = Place::file();
    let Queue::Sqlite(queue) = place.open().await else { unreachable!("it is a file") };
    let plan = queue.plan_of_figures().await;
    let of_tasks: Vec<_> = plan.iter().filter(|step| step.contains(" tasks ")).collect();
    assert_eq!(of_tasks.len(), 2, "{plan:?}");
    assert!(of_tasks.iter().all(|step| step.contains("USING COVERING INDEX")), "{plan:?}");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_opened() {
    let place = Place::file();
    let Queue::Sqlite(newer) = place.open().await else { unreachable!("it is a file") };
    newer
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'of a newer version', TRUE, x'00', 0)",
        )
        .await;
    let older = place.open().await;
    older.enqueue(&batch("j", &["a"])).await.unwrap();
    assert_eq!(older.figures().await.unwrap().ready, 1);
}
