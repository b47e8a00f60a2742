//! Both stores do the same, whatever comes in whatever order; and anything may come twice.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::*;

on_both!(
    what_was_written_although_the_answer_got_lost_is_written_once,
    names_of_any_kind_come_back_as_they_were,
);

/// What happens to a job.
#[derive(Debug, Clone)]
enum Event {
    /// A page with these files, maybe the last one; and what metadata knows.
    Page(std::ops::Range<u32>, bool, Vec<u32>),
    /// The next batch is sent.
    Sent(usize, bool),
    /// Our worker says what became of files.
    Outcome(&'static str, Vec<u32>),
    /// The original's worker says it.
    Counters(u32, u32, Vec<u32>),
    /// What is at the worker is sent again.
    TakenBack(bool),
    /// No image can succeed.
    Failed,
    /// A person stops it.
    Cancelled,
    /// Another process takes it.
    TakenOver,
}

fn event() -> impl Strategy<Value = Event> {
    let file = 0..FILES;
    let some = proptest::collection::vec(file.clone(), 0..12);
    let outcomes = proptest::sample::select(vec!["imported", "imported", "known", "failed", "cancelled"]);
    prop_oneof![
        3 => (file, 0..20_u32, proptest::bool::weighted(0.2), some.clone())
            .prop_map(|(first, files, last, known)| Event::Page(first..first + files, last, known)),
        6 => (1..15_usize, proptest::bool::weighted(0.8)).prop_map(|(files, ours)| Event::Sent(files, ours)),
        8 => (outcomes, some.clone()).prop_map(|(outcome, files)| Event::Outcome(outcome, files)),
        3 => (0..4_u32, 0..3_u32, some).prop_map(|(processed, failed, files)| {
            Event::Counters(processed, failed, files.into_iter().take(4).collect())
        }),
        2 => any::<bool>().prop_map(Event::TakenBack),
        1 => Just(Event::TakenOver),
        1 => proptest::bool::weighted(0.3).prop_map(|failed| if failed { Event::Failed } else { Event::Cancelled }),
    ]
}

const FILES: u32 = 40;
const CASES: u32 = 24;

/// A job in one of the stores.
struct Played {
    place: Place,
    held: Held,
    sent: Vec<Vec<String>>,
}

impl Played {
    async fn new(place: Place) -> Self {
        let held = place.job("a", files(0..3), Some("t")).await;
        Self { place, held, sent: Vec::new() }
    }

    async fn play(&mut self, event: &Event) {
        let Self { place: Place { one, other, .. }, held, .. } = self;
        match event.clone() {
            Event::Page(numbers, last, known) => {
                let next_token = (!last).then(|| "t".to_owned());
                let known = known.into_iter().filter(|number| numbers.contains(number));
                let page = Page {
                    outcomes: known_images(known),
                    files: files(numbers),
                    next_token,
                    ..Page::default()
                };
                one.add_page(held, page).await.unwrap();
            }
            Event::Sent(at_most, ours) => {
                // who sends looks first, as the dispatch does
                if one.progress("a").await.end.is_none()
                    && let Some(batch) = one.next_batch(held.job, at_most).await.unwrap()
                {
                    one.mark_sent(held, &batch, ours).await.unwrap();
                    self.sent.push(batch.files.into_iter().map(|file| file.id).collect());
                }
            }
            Event::Outcome(what, numbers) => {
                other.apply_report("a", outcome(what, numbers)).await.unwrap();
            }
            Event::Counters(processed, failed, numbers) => {
                let imported: Vec<_> =
                    numbers.iter().map(|number| json!({"google_drive_id": id(*number), "size": 3})).collect();
                let body = json!({"processed": processed, "failed": failed, "imported": imported});
                other.apply_report("a", report(&body)).await.unwrap();
            }
            Event::TakenBack(forget) => drop(one.take_back(held, Duration::ZERO, forget).await.unwrap()),
            Event::Failed => {
                let failed = json!({"results": [], "job_failed":
                    {"reason": "bad-key", "message": "m", "advice": "a", "attempts": 1}});
                other.apply_report("a", report(&failed)).await.unwrap();
            }
            Event::Cancelled => drop(other.change(held.job, Progress::cancel).await.unwrap()),
            Event::TakenOver => {
                self.place.end_leases().await;
                if let Some(taken) = self.place.one.claim(&lease("next"), 1).await.unwrap().pop() {
                    self.held = taken;
                }
            }
        }
        // the one store begins with it at the end of a job, the other a little later
        self.place.other.tidy().await.unwrap();
    }

    /// Counters and state, but for times.
    async fn progress(&self) -> Progress {
        Progress { last_news_ms: 0, waited_until_ms: 0, ..self.place.other.progress("a").await }
    }

    /// Everything else.
    async fn rest(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let store = &self.place.one;
        let failures = store.failures("a", FailuresFrom::Offset(0), 1000).await.unwrap().unwrap();
        let failures: Vec<_> = failures.page.into_iter().map(|(_, failure)| failure).collect();
        let status = store.snapshot("a", true).await.unwrap().unwrap();
        let newest: BTreeSet<_> = status.failures.into_iter().map(|failure| failure.file_id).collect();
        let stored = store.stored_since("a", 0, 1000).await.unwrap();
        (self.sent.clone(), failures, newest, status.imported, stored, store.all_retryable("a").await)
    }
}

async fn agree(events: Vec<Event>) -> Result<(), TestCaseError> {
    let mut file = Played::new(Place::file().await).await;
    let mut redis = Played::new(Place::redis()).await;
    for event in &events {
        file.play(event).await;
        redis.play(event).await;
        let (in_file, in_redis) = (file.progress().await, redis.progress().await);
        prop_assert_eq!(&in_file, &in_redis, "after {:?}", event);
        if in_file.end.is_some() && in_file.anonymous.floor() == 0 {
            let counted = in_file.processed + in_file.failed + in_file.cancelled;
            prop_assert!(counted.floor() >= in_file.total, "{:?}", in_file);
        }
    }
    let (in_file, in_redis) = (file.rest().await, redis.rest().await);
    prop_assert_eq!(in_file, in_redis);
    redis.place.clear().await;
    Ok(())
}

#[test]
fn both_stores_agree_on_everything_that_can_happen() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&proptest::collection::vec(event(), 1..60), |events| runtime.block_on(agree(events)))
        .unwrap();
}

async fn what_was_written_although_the_answer_got_lost_is_written_once(place: &Place) {
    let held = place.job("a", files(0..6), Some("t1")).await;
    let page = Page { files: files(6..9), next_token: Some("t2".to_owned()), ..Page::default() };
    for _ in 0..2 {
        place.one.add_page(&held, page.clone()).await.unwrap();
    }
    let batch = place.one.next_batch(held.job, 4).await.unwrap().unwrap();
    for _ in 0..2 {
        place.one.mark_sent(&held, &batch, true).await.unwrap();
    }
    assert_eq!(counts(&place.one.progress("a").await), (0, 0, 0, 9, 4));
    for _ in 0..2 {
        place.one.apply_report("a", outcome("failed", [0])).await.unwrap();
        place.one.take_back(&held, Duration::ZERO, false).await.unwrap();
    }
    assert_eq!(counts(&place.one.progress("a").await), (0, 1, 0, 9, 0));
    let batch = place.one.next_batch(held.job, 4).await.unwrap().unwrap();
    assert_eq!(batch.files.iter().map(|file| file.id.as_str()).collect::<Vec<_>>(), ["f1", "f2", "f3", "f4"]);
    for _ in 0..2 {
        place.one.mark_sent(&held, &batch, true).await.unwrap();
        place.one.restart_listing(&held).await.unwrap();
        place.one.name_folder(held.job, "name").await.unwrap();
        place.one.change(held.job, Progress::cancel).await.unwrap();
        place.one.tidy().await.unwrap();
        place.one.change_held(&held, |progress| progress.tell_worker = false).await.unwrap();
    }
    for _ in 0..2 {
        place.one.release(&held).await.unwrap();
        place.one.release_all("one").await.unwrap();
    }
    assert_eq!(counts(&place.one.progress("a").await), (0, 1, 8, 9, 0));
    assert_eq!(place.one.all_retryable("a").await.len(), 9);
}

async fn names_of_any_kind_come_back_as_they_were(place: &Place) {
    let names =
        ["a\0b.jpg", "\u{1f600}\u{202e}gpj.exe", "\u{fffd}", "'; --\" \\ \n\r\t", "", "null", "\u{7f}\u{1}"];
    let files: Vec<File> = names
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let size = ["10", "9007199254740993", "18446744073709551615", "x"][number % 4];
            serde_json::from_value(json!({"id": format!("f{number}"), "name": name, "size": size})).unwrap()
        })
        .collect();
    let held = place.job("a", files.clone(), Some("\0t\u{1f600}")).await;
    place.one.name_folder(held.job, names[0]).await.unwrap();
    let job = place.other.job("a").await.unwrap().unwrap();
    assert_eq!(
        (job.folder_name.as_deref(), job.page_token.as_deref()),
        (Some(names[0]), Some("\0t\u{1f600}"))
    );
    assert_eq!(place.one.next_batch(held.job, 10).await.unwrap().unwrap().files, files);
    let numbers = 0..u32::try_from(names.len()).unwrap();
    let results: Vec<_> = numbers
        .map(|number| {
            json!({"file_id": id(number), "outcome": "failed", "failure":
        {"reason": "r", "message": names[number as usize], "advice": "", "attempts": 1}})
        })
        .collect();
    place.one.apply_report("a", report(&json!({"results": results}))).await.unwrap();
    let failures = place.other.failures("a", FailuresFrom::After(-1), 10).await.unwrap().unwrap();
    let found: Vec<_> = failures.page.iter().map(|(_, failure)| failure.name.as_str()).collect();
    assert_eq!(found, names);
    assert!(failures.page.iter().all(|(_, failure)| failure.name == failure.failure.message));
    assert_eq!(
        place
            .other
            .retryable("a", -1, 10)
            .await
            .unwrap()
            .into_iter()
            .map(|(_, file)| file)
            .collect::<Vec<_>>(),
        files
    );
    let image = json!({"google_drive_id": "f0", "name": names[0]});
    let stored = json!({"results": [{"file_id": "f0", "outcome": "imported", "image": image}]});
    place.one.apply_report("a", report(&stored)).await.unwrap();
    assert_eq!(place.other.stored_since("a", 0, 10).await.unwrap(), [(1, image.into())]);
}
