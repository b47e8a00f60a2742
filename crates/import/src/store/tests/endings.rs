//! What an end does to files, what stays of a job then, and when it goes.

use super::*;

on_both!(
    the_rest_of_a_cancelled_job_can_be_retried,
    the_rest_of_a_failed_job_has_its_reason,
    a_job_of_more_images_than_it_may_have_fails_with_that_page,
    what_is_discarded_was_never_there,
    a_success_after_the_end_still_counts,
    only_failed_and_cancelled_files_stay_after_the_end,
    a_big_job_ends_in_portions_and_nothing_is_missing,
    ended_jobs_expire_and_leave_nothing,
    what_a_retry_still_reads_does_not_expire,
    nothing_can_be_retried_that_is_gone,
    nothing_can_be_retried_that_is_just_going,
);

async fn the_rest_of_a_cancelled_job_can_be_retried(place: &Place) {
    let held = place.job("a", files(0..8), Some("t1")).await;
    place.one.send(&held, 4).await;
    place.one.apply_report("a", outcome("failed", [5, 1])).await.unwrap();
    place.one.apply_report("a", outcome("imported", [0])).await.unwrap();
    let after = place.other.change(held.job, Progress::cancel).await.unwrap().unwrap();
    assert_eq!(counts(&after), (1, 2, 5, 8, 0));
    assert_eq!(place.one.all_retryable("a").await, ["f1", "f2", "f3", "f4", "f5", "f6", "f7"]);
    let some = place.one.retryable("a", 2, 3).await.unwrap();
    assert_eq!(some.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(some[0].1, file(3), "as Drive listed it");
    assert_eq!(place.one.all_failures("a").await.0, ["f1", "f5"]);
    assert!(place.one.job("a").await.unwrap().unwrap().ended_at_ms.is_some());
}

async fn the_rest_of_a_failed_job_has_its_reason(place: &Place) {
    place.job("a", files(0..4), None).await;
    place.one.apply_report("a", outcome("failed", [2])).await.unwrap();
    let failed = report(&json!({"results": [], "job_failed":
        {"reason": "bad-key", "message": "the key is bad", "advice": "mend it", "attempts": 1}}));
    place.other.apply_report("a", failed.clone()).await.unwrap();
    assert_eq!(counts(&place.one.progress("a").await), (0, 4, 0, 4, 0));
    let failures = place.one.failures("a", FailuresFrom::Offset(0), 10).await.unwrap().unwrap();
    let reasons: Vec<_> = failures.page.iter().map(|(_, failure)| failure.failure.reason.as_str()).collect();
    assert_eq!((reasons, failures.total), (vec!["bad-key", "bad-key", "reason-2", "bad-key"], 4));
    assert_eq!(place.one.snapshot("a", false).await.unwrap().unwrap().failures.len(), 4);
}

fn limited(files: Vec<File>, known: &[u32], token: Option<&str>) -> Page {
    let outcomes = known_images(known.iter().copied());
    Page { files, outcomes, next_token: token.map(str::to_owned), most_images: Some(5), ..Page::default() }
}

async fn a_job_of_more_images_than_it_may_have_fails_with_that_page(place: &Place) {
    for (id, token, says) in [("a", Some("t3"), "more than 5 images"), ("b", None, "There are 7 images")] {
        let held = place.job(id, files(0..3), Some("t1")).await;
        place.one.send(&held, 2).await;
        place.one.apply_report(id, outcome("imported", [0])).await.unwrap();
        // one that comes again is none more
        let after = place.one.add_page(&held, limited(files(2..5), &[], Some("t2"))).await.unwrap();
        assert_eq!((after.end, after.total), (None, 5));
        let after = place.one.add_page(&held, limited(files(5..7), &[6], token)).await.unwrap();
        assert_eq!((counts(&after), after.end), ((2, 5, 0, 7, 0), Some(crate::job::End::Failed)));
        assert_eq!(after, place.other.progress(id).await);
        assert!(after.tell_worker, "it may have some of them");
        let why = after.failure.unwrap();
        assert!(why.message.contains(says), "{why:?}");
        assert_eq!(place.other.all_retryable(id).await, ["f1", "f2", "f3", "f4", "f5"]);
    }
    // known ones are images too
    let held = place.job("c", Vec::new(), Some("t1")).await;
    let after = place.one.add_page(&held, limited(files(0..6), &[0, 1, 2, 3, 4, 5], None)).await.unwrap();
    assert_eq!((counts(&after), after.end), ((6, 0, 0, 6, 0), Some(crate::job::End::Failed)));
}

async fn what_is_discarded_was_never_there(place: &Place) {
    let held = place.job("a", files(0..5000), Some("t1")).await;
    place.one.add_page(&held, limited(files(5000..5001), &[5000], None)).await.unwrap();
    place.one.discard(held.job).await.unwrap();
    assert!(place.other.job("a").await.unwrap().is_none());
    assert_eq!(place.other.jobs(1, 10).await.unwrap(), (vec![], 0));
    assert!(place.other.claim(&lease("other"), 10).await.unwrap().is_empty());
    assert!(matches!(place.one.add_page(&held, Page::default()).await, Err(Error::LeaseLost)));
    place.one.release(&held).await.unwrap();
    place.other.tidy().await.unwrap();
    match &place.one {
        Store::Sqlite(store) => assert_eq!(store.count("SELECT count(*) FROM files").await, 0),
        Store::Redis(store) => assert_eq!(store.keys().await.len(), 1, "the last number"),
    }
    place.job("a", files(0..1), None).await;
    assert_eq!(place.other.progress("a").await.total, 1);
}

async fn a_success_after_the_end_still_counts(place: &Place) {
    let held = place.job("a", files(0..4), None).await;
    place.one.send(&held, 2).await;
    place.one.change(held.job, Progress::cancel).await.unwrap();
    place.one.tidy().await.unwrap();
    place.other.apply_report("a", outcome("imported", [0, 3])).await.unwrap();
    place.other.apply_report("a", outcome("imported", [0, 3])).await.unwrap();
    assert_eq!(counts(&place.one.progress("a").await), (2, 0, 2, 4, 0));
    assert_eq!(place.one.all_retryable("a").await, ["f1", "f2"]);
}

async fn only_failed_and_cancelled_files_stay_after_the_end(place: &Place) {
    place.job("a", files(0..100), None).await;
    assert_eq!(place.files("a").await, 100);
    place.one.apply_report("a", outcome("imported", 0..97)).await.unwrap();
    assert_eq!(place.files("a").await, 100, "known as long as the job runs");
    place.one.apply_report("a", outcome("failed", 97..99)).await.unwrap();
    place.one.apply_report("a", outcome("cancelled", [99])).await.unwrap();
    place.other.tidy().await.unwrap();
    assert_eq!(place.files("a").await, 3);
    assert_eq!(place.one.all_retryable("a").await, ["f97", "f98", "f99"]);
    assert_eq!(place.one.snapshot("a", true).await.unwrap().unwrap().imported.len(), 97);
    assert_eq!(counts(&place.one.progress("a").await), (97, 2, 1, 100, 0));
}

async fn a_big_job_ends_in_portions_and_nothing_is_missing(place: &Place) {
    let held = place.job("a", files(0..9000), Some("t1")).await;
    while place.one.progress("a").await.in_flight < 3000 {
        place.one.send(&held, 1000).await;
    }
    place.one.apply_report("a", outcome("imported", 500..2000)).await.unwrap();
    place.one.change(held.job, Progress::cancel).await.unwrap();
    // asked before anybody tidied
    let retryable = place.other.all_retryable("a").await;
    assert_eq!(distinct(&retryable).len(), 7500);
    assert_eq!((retryable[0].as_str(), retryable[7499].as_str()), ("f0", "f8999"));
    let (one, other) = tokio::join!(place.one.tidy(), place.other.tidy());
    one.and(other).unwrap();
    assert_eq!((place.files("a").await, place.one.all_retryable("a").await.len()), (7500, 7500));
}

async fn ended_jobs_expire_and_leave_nothing(place: &Place) {
    let at_first = place.size().await;
    let new = NewJob { recursive: true, ..new_job("a") };
    let page = Page { files: files(0..3), subfolders: vec![folder("x"), folder("y")], ..Page::default() };
    let held = place.one.create_job(&new, page, &lease("one")).await.unwrap().1;
    place.one.send(&held, 2).await;
    place.one.apply_report("a", outcome("imported", [0])).await.unwrap();
    place.one.apply_report("a", outcome("failed", [1])).await.unwrap();
    assert_eq!(place.one.expire(Duration::ZERO).await.unwrap(), 0, "it has not ended");
    place.one.change(held.job, Progress::cancel).await.unwrap();
    assert_eq!(place.one.expire(Duration::ZERO).await.unwrap(), 0, "the worker has not been told");
    place.one.change_held(&held, |progress| progress.tell_worker = false).await.unwrap();
    place.one.release(&held).await.unwrap();
    assert_eq!(place.one.expire(Duration::from_secs(60)).await.unwrap(), 0, "it has just ended");
    assert_eq!(place.other.expire(Duration::ZERO).await.unwrap(), 1);
    assert!(place.one.job("a").await.unwrap().is_none());
    assert_eq!(place.one.jobs(1, 10).await.unwrap(), (vec![], 0));
    assert_eq!(place.size().await, at_first);
    place.one.tidy().await.unwrap();
    assert!(place.one.apply_report("a", outcome("imported", [1])).await.unwrap().is_none());
    assert_eq!(place.size().await, at_first);
}

async fn what_a_retry_still_reads_does_not_expire(place: &Place) {
    let source = place.job("a", files(0..3), None).await;
    place.one.apply_report("a", outcome("failed", 0..3)).await.unwrap();
    let retry = NewJob { retry_of: Some("a".to_owned()), ..new_job("b") };
    let page = Page { files: files(0..1), next_token: Some("0".to_owned()), ..Page::default() };
    let (job, held) = place.one.create_job(&retry, page, &lease("one")).await.unwrap();
    assert_eq!(job.retry_of.as_deref(), Some("a"));
    assert_eq!(place.other.expire(Duration::ZERO).await.unwrap(), 0);
    assert_eq!(place.other.retryable("a", 0, 10).await.unwrap().len(), 2);
    place.one.add_page(&held, Page { files: files(1..3), ..Page::default() }).await.unwrap();
    place.one.apply_report("b", outcome("imported", 0..3)).await.unwrap();
    assert_eq!(place.other.expire(Duration::ZERO).await.unwrap(), 2);
    assert!(place.one.job_by_number(source.job).await.unwrap().is_none());
}

async fn nothing_can_be_retried_that_is_gone(place: &Place) {
    let retry = NewJob { retry_of: Some("gone".to_owned()), ..new_job("b") };
    let refused = place.one.create_job(&retry, Page::default(), &lease("one")).await;
    assert!(matches!(refused, Err(Error::SourceGone)), "{refused:?}");
    assert!(place.one.job("b").await.unwrap().is_none());
}

async fn nothing_can_be_retried_that_is_just_going(place: &Place) {
    let held = place.job("a", files(0..9000), None).await;
    place.one.change(held.job, Progress::cancel).await.unwrap();
    place.one.change_held(&held, |progress| progress.tell_worker = false).await.unwrap();
    let retry = async {
        while place.other.all_retryable("a").await.len() == 9000 {
            tokio::task::yield_now().await;
        }
        let retry = NewJob { retry_of: Some("a".to_owned()), ..new_job("b") };
        place.other.create_job(&retry, Page::default(), &lease("other")).await
    };
    let (expired, retried) = tokio::join!(place.one.expire(Duration::ZERO), retry);
    assert!(matches!(retried, Err(Error::SourceGone)), "{retried:?}");
    assert_eq!(expired.unwrap(), 1);
}

impl Place {
    /// How many files of a job are known.
    async fn files(&self, id: &str) -> u64 {
        let job = self.one.job(id).await.unwrap().unwrap().number;
        match &self.one {
            Store::Sqlite(store) => {
                store.count(&format!("SELECT count(*) FROM files WHERE job_no = {}", job.0)).await
            }
            Store::Redis(store) => store.known_files(job).await,
        }
    }

    /// How much there is: rows, or keys.
    async fn size(&self) -> u64 {
        match &self.one {
            Store::Sqlite(store) => {
                let tables = ["jobs", "files", "stored_images", "folders"];
                let rows = tables.map(|table| format!("(SELECT count(*) FROM {table})")).join(" + ");
                store.count(&format!("SELECT {rows}")).await
            }
            Store::Redis(store) => {
                // the highest number is there for ever
                store.keys().await.iter().filter(|key| !key.ends_with(":last")).count() as u64
            }
        }
    }
}
