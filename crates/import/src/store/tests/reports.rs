//! Outcomes, failures, and the list of stored images.

use super::*;

on_both!(
    each_outcome_counts_once_wherever_it_is_reported,
    a_later_success_replaces_a_failure,
    counters_are_exact_under_many_reporters,
    failures_are_in_the_order_of_the_listing_by_number_and_by_position,
    a_status_names_the_newest_failures,
    the_newest_thousand_stored_images_are_kept_and_numbered,
    reports_of_the_originals_worker_count_as_they_did,
    a_wait_is_kept_until_there_is_news,
);

async fn each_outcome_counts_once_wherever_it_is_reported(place: &Place) {
    let held = place.job("a", files(0..6), Some("t1")).await;
    place.one.send(&held, 6).await;
    let (first, second) = (outcome("imported", 0..3), outcome("imported", 2..5));
    for store in [&place.one, &place.other, &place.one] {
        assert_eq!(store.apply_report("a", first.clone()).await.unwrap(), Some(held.job));
        store.apply_report("a", second.clone()).await.unwrap();
        // files that are not the job's
        store.apply_report("a", outcome("imported", 90..95)).await.unwrap();
    }
    let after = place.other.progress("a").await;
    assert_eq!((counts(&after), after.bytes_done, after.imported), ((5, 0, 0, 6, 1), 35, 5));
    assert_eq!(place.other.snapshot("a", true).await.unwrap().unwrap().imported.len(), 5);
}

async fn a_later_success_replaces_a_failure(place: &Place) {
    place.job("a", files(0..3), Some("t1")).await;
    place.one.apply_report("a", outcome("failed", 0..2)).await.unwrap();
    place.one.apply_report("a", outcome("cancelled", 0..3)).await.unwrap();
    assert_eq!(counts(&place.other.progress("a").await), (0, 2, 1, 3, 0));
    assert_eq!(place.other.all_retryable("a").await, ["f0", "f1", "f2"]);
    place.other.apply_report("a", outcome("imported", [0, 2])).await.unwrap();
    assert_eq!(counts(&place.one.progress("a").await), (2, 1, 0, 3, 0));
    assert_eq!(place.one.all_failures("a").await, (vec!["f1".to_owned()], 1));
    assert_eq!(place.one.all_retryable("a").await, ["f1"]);
    let status = place.one.snapshot("a", false).await.unwrap().unwrap();
    assert_eq!((status.failures.len(), status.imported.len()), (1, 0));
}

async fn counters_are_exact_under_many_reporters(place: &Place) {
    const REPORTERS: u32 = 8;
    const EACH: u32 = 60;
    let held = place.job("a", files(0..REPORTERS * EACH), None).await;
    let sending = async { while !place.one.send(&held, 50).await.is_empty() {} };
    let reporters = (0..REPORTERS).map(|number| {
        let store = if number % 2 == 0 { place.one.clone() } else { place.other.clone() };
        async move {
            for file in number * EACH..(number + 1) * EACH {
                let what = if file % 5 == 0 { "failed" } else { "imported" };
                // and one that another reporter has too
                let files = [file, (file + EACH) % (REPORTERS * EACH)].map(|file| (file, file % 5 == 0));
                let same = files.iter().filter(|(_, failed)| *failed == (what == "failed"));
                store.apply_report("a", outcome(what, same.map(|(file, _)| *file))).await.unwrap();
            }
        }
    });
    tokio::join!(sending, futures::future::join_all(reporters));
    let after = place.one.progress("a").await;
    assert_eq!(counts(&after), (384, 96, 0, 480, 0));
    assert_eq!((after.end, after.imported, after.files_ended), (Some(crate::job::End::Completed), 384, 480));
    assert_eq!(place.other.all_failures("a").await.1, 96);
    assert_eq!(place.other.stored_since("a", 0, 1000).await.unwrap().len(), 384);
}

async fn failures_are_in_the_order_of_the_listing_by_number_and_by_position(place: &Place) {
    place.job("a", files(0..20), Some("t1")).await;
    for number in [9, 3, 12, 7] {
        place.one.apply_report("a", outcome("failed", [number])).await.unwrap();
    }
    let page = async |from, at_most| {
        let failures = place.other.failures("a", from, at_most).await.unwrap().unwrap();
        assert_eq!(failures.total, 4);
        failures.page.into_iter().map(|(position, failure)| (position, failure.name)).collect::<Vec<_>>()
    };
    let named = |number: i64| (number, format!("{number}.jpg"));
    assert_eq!(page(FailuresFrom::Offset(0), 3).await, [3, 7, 9].map(named));
    assert_eq!(page(FailuresFrom::Offset(3), 3).await, [12].map(named));
    assert_eq!(page(FailuresFrom::Offset(u64::MAX), 3).await, []);
    assert_eq!(page(FailuresFrom::After(-1), 2).await, [3, 7].map(named));
    assert_eq!(page(FailuresFrom::After(7), 9).await, [9, 12].map(named));
    assert_eq!(page(FailuresFrom::After(0), 0).await, []);
    let failures = place.one.failures("a", FailuresFrom::After(9), 9).await.unwrap().unwrap();
    assert_eq!(failures.page[0].1.failure.reason, "reason-12");
    assert_eq!(failures.page[0].1.file_id, "f12");
}

async fn a_status_names_the_newest_failures(place: &Place) {
    place.job("a", files(0..150), Some("t1")).await;
    for number in 0..150 {
        place.one.apply_report("a", outcome("failed", [number])).await.unwrap();
    }
    place.one.apply_report("a", outcome("imported", [149])).await.unwrap();
    let failures = place.other.snapshot("a", false).await.unwrap().unwrap().failures;
    let named: BTreeSet<String> = failures.into_iter().map(|failure| failure.file_id).collect();
    assert_eq!(named, (49..149).map(id).collect());
}

async fn the_newest_thousand_stored_images_are_kept_and_numbered(place: &Place) {
    place.job("a", files(0..2300), Some("t1")).await;
    place.one.apply_report("a", outcome("imported", 0..600)).await.unwrap();
    let numbered = async |after, at_most| {
        let entries = place.other.stored_since("a", after, at_most).await.unwrap();
        entries.into_iter().map(|(number, entry)| (number, drive_id(&entry))).collect::<Vec<_>>()
    };
    assert_eq!(numbered(0, 2).await, [(1, json!("f0")), (2, json!("f1"))]);
    assert_eq!(numbered(598, 5).await, [(599, json!("f598")), (600, json!("f599"))]);
    assert_eq!(numbered(600, 5).await, []);
    for files in [600..1100, 1100..2300] {
        place.one.apply_report("a", outcome("imported", files)).await.unwrap();
    }
    let status = place.other.snapshot("a", true).await.unwrap().unwrap();
    assert_eq!((status.imported.len(), status.job.progress.imported), (1000, 2300));
    assert_eq!(drive_id(&status.imported[0]), "f1300");
    assert_eq!(numbered(0, 1).await, [(1301, json!("f1300"))]);
    assert_eq!(numbered(2299, 9).await, [(2300, json!("f2299"))]);
    assert_eq!(numbered(u64::MAX, 9).await, []);
}

async fn reports_of_the_originals_worker_count_as_they_did(place: &Place) {
    let held = place.job("a", files(0..3), None).await;
    let batch = place.one.next_batch(held.job, 3).await.unwrap().unwrap();
    place.one.mark_sent(&held, &batch, false).await.unwrap();
    let stored = report(&json!({"processed": 1, "failed": 0, "imported": [{"google_drive_id": "f1"}]}));
    let failed = report(&json!({"processed": 0, "failed": 1, "imported": []}));
    let other = report(&json!({"processed": 1, "failed": 0, "imported": [{"google_drive_id": "f2"}]}));
    for (report, expected) in
        [(&stored, (1, 0, 0, 3)), (&stored, (1, 0, 0, 3)), (&failed, (1, 1, 0, 3)), (&other, (2, 1, 0, 3))]
    {
        place.other.apply_report("a", report.clone()).await.unwrap();
        let (processed, failed, cancelled, total, _) = counts(&place.one.progress("a").await);
        assert_eq!((processed, failed, cancelled, total), expected);
    }
    assert_eq!(place.one.progress("a").await.end, Some(crate::job::End::Completed));
    place.one.tidy().await.unwrap();
    // it has ended; a file that is done twice is still not counted twice
    place.one.apply_report("a", stored.clone()).await.unwrap();
    assert_eq!(counts(&place.other.progress("a").await).0, 2);
    // the one that was not named is the failure
    assert_eq!(place.other.all_failures("a").await, (vec!["f0".to_owned()], 1));
}

async fn a_wait_is_kept_until_there_is_news(place: &Place) {
    place.job("a", files(0..3), None).await;
    let waiting =
        report(&json!({"results": [], "waiting": {"until": "2999-01-01T00:00:00Z", "reason": "quota"}}));
    place.one.apply_report("a", waiting.clone()).await.unwrap();
    assert_eq!(place.other.progress("a").await.wait.unwrap().reason, "quota");
    place.one.apply_report("a", outcome("imported", [0])).await.unwrap();
    assert!(place.other.progress("a").await.wait.is_none());
}

fn drive_id(entry: &Entry) -> Value {
    serde_json::from_str::<Value>(entry.json()).unwrap()["google_drive_id"].take()
}
