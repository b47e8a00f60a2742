//! Who works on which job.

use super::*;

on_both!(
    a_held_job_is_left_alone_and_a_free_one_is_taken_once,
    who_lost_a_job_cannot_do_anything_with_it,
    a_job_that_was_lost_and_taken_again_has_to_be_held_anew,
    a_lease_that_ended_is_renewed_while_nobody_else_took_the_job,
    jobs_given_back_are_free_at_once,
    the_next_process_under_a_name_frees_what_the_one_before_held,
    those_that_wait_longest_are_taken_first,
    ended_jobs_are_not_taken_until_the_worker_has_to_be_told,
);

async fn claim(store: &Store, owner: &str, at_most: u32) -> Vec<Held> {
    store.claim(&lease(owner), at_most).await.unwrap()
}

async fn a_held_job_is_left_alone_and_a_free_one_is_taken_once(place: &Place) {
    let held = place.job("a", files(0..1), None).await;
    assert!(claim(&place.other, "other", 10).await.is_empty());
    place.end_leases().await;
    let (one, other) = tokio::join!(claim(&place.one, "x", 10), claim(&place.other, "y", 10));
    assert_eq!(one.len() + other.len(), 1);
    assert_eq!([one, other].concat()[0].job, held.job);
}

async fn who_lost_a_job_cannot_do_anything_with_it(place: &Place) {
    let lost = place.job("a", files(0..4), Some("t1")).await;
    let batch = place.one.next_batch(lost.job, 2).await.unwrap().unwrap();
    let held = place.take_over().await;
    nothing_goes(&place.one, &lost, &batch).await;
    let job = place.other.job("a").await.unwrap().unwrap();
    assert_eq!((counts(&job.progress), job.page_token.as_deref()), ((0, 0, 0, 4, 0), Some("t1")));
    // and its giving back took nothing from the new holder
    assert!(place.other.renew(&held).await.unwrap());
    assert!(claim(&place.one, "one", 1).await.is_empty());
    assert_eq!(place.other.send(&held, 2).await, ["f0", "f1"]);
}

async fn a_job_that_was_lost_and_taken_again_has_to_be_held_anew(place: &Place) {
    let lost = place.job("a", files(0..4), Some("t1")).await;
    let batch = place.one.next_batch(lost.job, 2).await.unwrap().unwrap();
    let between = place.take_over().await;
    place.other.release(&between).await.unwrap();
    let held = claim(&place.one, "one", 1).await.pop().unwrap();
    nothing_goes(&place.one, &lost, &batch).await;
    place.one.mark_sent(&held, &batch, true).await.unwrap();
    assert_eq!(counts(&place.other.progress("a").await), (0, 0, 0, 4, 2));
}

async fn a_lease_that_ended_is_renewed_while_nobody_else_took_the_job(place: &Place) {
    let held = place.job("a", files(0..1), None).await;
    place.end_leases().await;
    assert!(place.one.renew(&held).await.unwrap());
    assert!(claim(&place.other, "other", 1).await.is_empty());
}

async fn jobs_given_back_are_free_at_once(place: &Place) {
    let held = place.job("a", files(0..1), None).await;
    place.one.release(&held).await.unwrap();
    assert_eq!(claim(&place.other, "other", 1).await.len(), 1);
}

async fn the_next_process_under_a_name_frees_what_the_one_before_held(place: &Place) {
    let lost = place.job("a", files(0..1), None).await;
    place.job("b", files(0..1), None).await;
    let kept = place.other.create_job(&new_job("c"), Page::default(), &lease("other")).await.unwrap().1;
    place.one.release_all("one").await.unwrap();
    let claimed = claim(&place.one, "one", 10).await;
    assert_eq!(claimed.len(), 2);
    assert!(place.other.renew(&kept).await.unwrap());
    assert!(!place.other.renew(&lost).await.unwrap(), "the process before is another one");
    place.one.release_all("one").await.unwrap();
    assert_eq!(claim(&place.other, "other", 10).await.len(), 2);
    place.one.release_all("one").await.unwrap();
    assert!(claim(&place.one, "one", 10).await.is_empty(), "what others hold is theirs");
}

async fn those_that_wait_longest_are_taken_first(place: &Place) {
    let mut made = Vec::new();
    for id in ["a", "b", "c"] {
        made.push(place.job(id, files(0..1), None).await.job);
    }
    place.end_leases().await;
    let first = claim(&place.one, "one", 2).await;
    assert_eq!(first.iter().map(|held| held.job).collect::<Vec<_>>(), made[..2]);
    place.one.release(&first[1]).await.unwrap();
    place.one.release(&first[0]).await.unwrap();
    assert_eq!(claim(&place.other, "other", 10).await.len(), 3);
}

async fn ended_jobs_are_not_taken_until_the_worker_has_to_be_told(place: &Place) {
    let done = place.job("a", files(0..1), None).await;
    place.one.apply_report("a", outcome("imported", [0])).await.unwrap();
    let cancelled = place.job("b", files(0..1), None).await;
    place.one.change(cancelled.job, Progress::cancel).await.unwrap();
    place.end_leases().await;
    let claimed = claim(&place.other, "other", 10).await;
    assert_eq!(claimed.iter().map(|held| held.job).collect::<Vec<_>>(), [cancelled.job]);
    place.other.change_held(&claimed[0], |progress| progress.tell_worker = false).await.unwrap();
    place.end_leases().await;
    assert!(claim(&place.one, "one", 10).await.is_empty());
    place.one.release(&done).await.unwrap();
}
