//! Files on their way to the worker.

use super::*;

on_both!(
    files_are_sent_in_the_order_of_the_listing_each_once,
    an_outcome_before_the_batch_is_marked_counts_once,
    what_ended_before_it_was_sent_is_not_sent,
    what_was_taken_back_is_sent_again_first,
    only_what_was_sent_long_enough_ago_is_taken_back,
    anonymous_failures_are_forgotten_with_what_is_taken_back,
    nothing_is_sent_of_an_ended_job,
    how_the_worker_reports_is_remembered,
);

async fn files_are_sent_in_the_order_of_the_listing_each_once(place: &Place) {
    let held = place.job("a", files(0..5), Some("t1")).await;
    assert_eq!(place.one.send(&held, 3).await, ["f0", "f1", "f2"]);
    place.one.add_page(&held, Page { files: files(5..7), ..Page::default() }).await.unwrap();
    let held = place.take_over().await;
    assert_eq!(place.other.send(&held, 3).await, ["f3", "f4", "f5"]);
    assert_eq!(place.other.send(&held, 3).await, ["f6"]);
    assert!(place.other.send(&held, 3).await.is_empty());
    assert_eq!(place.one.progress("a").await.in_flight, 7);
}

async fn an_outcome_before_the_batch_is_marked_counts_once(place: &Place) {
    let held = place.job("a", files(0..4), None).await;
    let batch = place.one.next_batch(held.job, 3).await.unwrap().unwrap();
    place.other.apply_report("a", outcome("imported", [0])).await.unwrap();
    place.other.apply_report("a", outcome("failed", [1])).await.unwrap();
    place.one.mark_sent(&held, &batch, true).await.unwrap();
    assert_eq!(counts(&place.other.progress("a").await), (1, 1, 0, 4, 1));
    assert_eq!(place.one.send(&held, 10).await, ["f3"]);
    place.one.take_back(&held, Duration::ZERO, false).await.unwrap();
    assert_eq!(place.one.send(&held, 10).await, ["f2", "f3"]);
    place.other.apply_report("a", outcome("imported", 0..4)).await.unwrap();
    assert_eq!(counts(&place.one.progress("a").await), (4, 0, 0, 4, 0));
}

async fn what_ended_before_it_was_sent_is_not_sent(place: &Place) {
    let held = place.job("a", files(0..60), None).await;
    place.other.apply_report("a", outcome("imported", 0..20)).await.unwrap();
    place.other.apply_report("a", outcome("failed", 20..50)).await.unwrap();
    place.other.apply_report("a", outcome("cancelled", 50..59)).await.unwrap();
    // a few at a time: none of the gaps is sent, none of them ends the search
    assert_eq!(place.one.send(&held, 2).await, ["f59"]);
    assert!(place.one.send(&held, 2).await.is_empty());
}

async fn what_was_taken_back_is_sent_again_first(place: &Place) {
    let held = place.job("a", files(0..6), None).await;
    for _ in 0..2 {
        place.one.send(&held, 2).await;
    }
    place.other.apply_report("a", outcome("imported", [1])).await.unwrap();
    assert_eq!(place.one.take_back(&held, Duration::ZERO, false).await.unwrap(), 3);
    assert_eq!(counts(&place.other.progress("a").await), (1, 0, 0, 6, 0));
    // an outcome may still come of what was taken back
    place.other.apply_report("a", outcome("imported", [2])).await.unwrap();
    place.other.apply_report("a", outcome("failed", [3])).await.unwrap();
    assert_eq!(counts(&place.other.progress("a").await), (2, 1, 0, 6, 0));
    assert_eq!(place.one.send(&held, 2).await, ["f0", "f4"]);
    assert_eq!(place.one.send(&held, 3).await, ["f5"]);
    assert_eq!(place.one.progress("a").await.in_flight, 3);
}

async fn only_what_was_sent_long_enough_ago_is_taken_back(place: &Place) {
    let held = place.job("a", files(0..3), None).await;
    place.one.send(&held, 3).await;
    assert_eq!(place.one.take_back(&held, Duration::from_secs(60), false).await.unwrap(), 0);
    assert_eq!(place.one.progress("a").await.in_flight, 3);
    assert_eq!(place.one.take_back(&held, Duration::ZERO, false).await.unwrap(), 3);
    assert_eq!(place.one.take_back(&held, Duration::ZERO, false).await.unwrap(), 0);
}

async fn anonymous_failures_are_forgotten_with_what_is_taken_back(place: &Place) {
    let held = place.job("a", files(0..2500), Some("t1")).await;
    while !place.one.send(&held, 1000).await.is_empty() {}
    place
        .other
        .apply_report("a", report(&json!({"processed": 0, "failed": 2, "imported": []})))
        .await
        .unwrap();
    assert_eq!(counts(&place.one.progress("a").await), (0, 2, 0, 2500, 2500));
    assert_eq!(place.one.take_back(&held, Duration::ZERO, true).await.unwrap(), 2500);
    let after = place.other.progress("a").await;
    assert_eq!((counts(&after), after.anonymous.floor()), ((0, 0, 0, 2500, 0), 0));
}

async fn nothing_is_sent_of_an_ended_job(place: &Place) {
    let held = place.job("a", files(0..4), None).await;
    let batch = place.one.next_batch(held.job, 2).await.unwrap().unwrap();
    place.other.change(held.job, Progress::cancel).await.unwrap();
    place.one.mark_sent(&held, &batch, true).await.unwrap();
    assert_eq!(counts(&place.one.progress("a").await), (0, 0, 4, 4, 0));
    assert_eq!(place.one.take_back(&held, Duration::ZERO, false).await.unwrap(), 0);
    assert_eq!(place.one.all_retryable("a").await, ["f0", "f1", "f2", "f3"]);
    assert!(place.one.next_batch(held.job, 2).await.unwrap().is_none());
}

async fn how_the_worker_reports_is_remembered(place: &Place) {
    let held = place.job("a", files(0..4), None).await;
    for names_files in [true, false, true] {
        let batch = place.one.next_batch(held.job, 1).await.unwrap().unwrap();
        place.one.mark_sent(&held, &batch, names_files).await.unwrap();
        assert_eq!(place.other.job("a").await.unwrap().unwrap().worker_names_files, names_files);
    }
}
