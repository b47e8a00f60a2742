//! The rules of a job, and what holds for any order of events.

use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_000_000;

fn listed(files: u64) -> Progress {
    let mut job = Progress::new(NOW);
    job.listed(files, files * 10, true, NOW);
    job
}

fn why() -> Failure {
    Failure { reason: "r".into(), message: "m".into(), advice: "a".into(), attempts: 1 }
}

#[test]
fn a_job_goes_from_listing_through_running_to_completed() {
    let mut job = Progress::new(NOW);
    assert_eq!(job.state(NOW), JobState::Listing);
    job.listed(2, 20, false, NOW);
    job.sent(2);
    for _ in 0..2 {
        job.file_ended(FileState::Sent, FileState::Stored);
        job.settle();
    }
    assert_eq!(job.state(NOW), JobState::Listing, "no job completes while it lists");
    job.listed(1, 10, true, NOW);
    assert_eq!(job.state(NOW), JobState::Running);
    job.file_ended(FileState::Pending, FileState::Failed);
    job.settle();
    assert_eq!(job.state(NOW), JobState::Completed);
    assert_eq!((job.processed, job.failed, job.in_flight), (Count::Whole(2), Count::Whole(1), 0));
    assert!(!job.is_open());
}

#[test]
fn waiting_ends_by_news_and_by_the_clock() {
    let mut job = listed(2);
    job.wait_for(NOW + 500, "quota".to_owned());
    assert_eq!(job.state(NOW), JobState::Waiting);
    assert_eq!(job.state(NOW + 500), JobState::Running);
    job.news(NOW + 100);
    assert_eq!(job.state(NOW + 100), JobState::Running);
    assert_eq!(job.waited_until_ms, NOW + 100);
}

#[test]
fn a_job_that_fails_or_is_cancelled_counts_its_rest() {
    for cancel in [false, true] {
        let mut job = listed(5);
        job.sent(3);
        job.file_ended(FileState::Sent, FileState::Stored);
        if cancel {
            job.cancel();
        } else {
            job.fail(why());
        }
        let (failed, cancelled) = if cancel { (0, 4) } else { (4, 0) };
        assert_eq!((job.failed, job.cancelled), (Count::Whole(failed), Count::Whole(cancelled)));
        assert!(job.is_open(), "the worker must still be told");
        job.settle();
        job.fail(why());
        job.cancel();
        let state = if cancel { JobState::Cancelled } else { JobState::Failed };
        assert_eq!(job.state(NOW), state, "a final state stays");
        job.file_ended(job.rest_state(), FileState::Stored);
        assert_eq!(
            (job.processed + job.failed + job.cancelled).floor(),
            5,
            "late successes move within the sum"
        );
    }
}

#[test]
fn a_broken_listing_lets_the_known_images_finish_and_fails_then() {
    let mut job = Progress::new(NOW);
    job.listed(1, 10, false, NOW);
    job.listing_broke(why());
    job.settle();
    assert_eq!(job.state(NOW), JobState::Running);
    job.file_ended(FileState::Sent, FileState::Stored);
    job.settle();
    assert_eq!(job.state(NOW), JobState::Failed);
    assert_eq!(job.failure, Some(why()));
    assert_eq!(job.failed, Count::ZERO);
}

#[test]
fn outcomes_of_a_file_never_go_from_success_back() {
    use FileState::{Cancelled, Failed, Pending, Sent, Stored};
    for (before, outcome, after) in [
        (Pending, Stored, Some(Stored)),
        (Sent, Failed, Some(Failed)),
        (Sent, Cancelled, Some(Cancelled)),
        (Failed, Stored, Some(Stored)),
        (Cancelled, Stored, Some(Stored)),
        (Failed, Cancelled, None),
        (Cancelled, Failed, None),
        (Stored, Failed, None),
        (Stored, Stored, None),
    ] {
        assert_eq!(before.ended_as(outcome), after, "{before:?} {outcome:?}");
    }
}

#[test]
fn anonymous_failures_make_room_in_the_window() {
    let mut job = listed(10);
    job.sent(6);
    job.failed = job.failed + Count::Whole(2);
    job.anonymous = job.anonymous + Count::Whole(2);
    assert_eq!(job.unfinished_at_worker(), 4);
    assert!(!job.anonymous_explain_all());
    job.forget_anonymous();
    assert_eq!((job.failed, job.unfinished_at_worker()), (Count::ZERO, 6));
}

#[derive(Debug, Clone)]
enum Event {
    Page(u64, bool),
    Outcome(usize, FileState),
    Broke,
    Fail,
    Cancel,
}

fn event() -> impl Strategy<Value = Event> {
    let outcome = prop_oneof![Just(FileState::Stored), Just(FileState::Failed), Just(FileState::Cancelled)];
    prop_oneof![
        4 => (0..5_u64, any::<bool>()).prop_map(|(files, last)| Event::Page(files, last)),
        12 => (0..20_usize, outcome).prop_map(|(file, outcome)| Event::Outcome(file, outcome)),
        1 => Just(Event::Broke),
        1 => Just(Event::Fail),
        1 => Just(Event::Cancel),
    ]
}

proptest! {
    #[test]
    fn counters_are_the_sums_of_states_and_the_end_is_final(events in proptest::collection::vec(event(), 0..80)) {
        let mut job = Progress::new(NOW);
        let mut files: Vec<FileState> = Vec::new();
        for event in events {
            let before = job.clone();
            match event {
                Event::Page(new, last) if job.listing == Listing::Open && job.end.is_none() => {
                    job.listed(new, 0, last, NOW);
                    files.extend(std::iter::repeat_n(FileState::Sent, usize::try_from(new).unwrap()));
                    job.sent(new);
                }
                Event::Page(..) => {}
                Event::Outcome(file, outcome) => {
                    if let Some(state) = files.get_mut(file)
                        && let Some(after) = state.ended_as(outcome)
                    {
                        job.file_ended(*state, after);
                        *state = after;
                    }
                }
                Event::Broke => job.listing_broke(why()),
                Event::Fail => job.fail(why()),
                Event::Cancel => job.cancel(),
            }
            job.settle();
            if before.end.is_none() && job.end.is_some() {
                let rest = job.rest_state();
                files.iter_mut().filter(|state| **state == FileState::Sent).for_each(|state| *state = rest);
            }
            let count = |wanted: FileState| files.iter().filter(|state| **state == wanted).count() as u64;
            prop_assert_eq!(job.processed.floor(), count(FileState::Stored));
            prop_assert_eq!(job.failed.floor(), count(FileState::Failed));
            prop_assert_eq!(job.cancelled.floor(), count(FileState::Cancelled));
            prop_assert_eq!(job.in_flight, count(FileState::Sent));
            prop_assert!(before.end.is_none() || before.end == job.end);
            if job.end.is_some() {
                prop_assert_eq!((job.processed + job.failed + job.cancelled).floor(), job.total);
            }
        }
    }
}
