//! `GET /import/events/{id}`.

use std::time::Instant;

use serde_json::json;

use crate::harness::{Drive, Event, Kind, Redis, Settings, Worker, eventually, image_ids};

async fn stage() -> (Drive, Worker, tempfile::TempDir) {
    (Drive::new().await, Worker::start(Kind::Down).await, tempfile::tempdir().unwrap())
}

fn file(number: u32) -> Vec<String> {
    vec![format!("small3_f{number}")]
}

fn is_end(event: &Event) -> bool {
    event.name == "end"
}

fn has_processed(number: u64) -> impl Fn(&Event) -> bool {
    move |event| event.name == "progress" && event.data["processed"] == number
}

#[tokio::test]
async fn a_watcher_sees_progress_each_image_once_and_the_end() {
    let (drive, worker, dir) = stage().await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small3").await;
    let mut events = import.watch(&job, None).await;
    let first = events.next().await.unwrap();
    assert_eq!((first.name.as_str(), &first.data["job_id"], &first.id), ("progress", &json!(job), &None));
    import.report_stored(&job, &file(0)).await;
    let mut seen = events.until(has_processed(1)).await;
    assert_eq!(image_ids(&seen), ["1"], "an image comes before a progress that counts it");
    let image = seen.iter().find(|event| event.name == "image").unwrap();
    assert_eq!(image.data, json!({"google_drive_id": "small3_f0"}));
    import.report_failed(&job, "small3_f1").await;
    import.report_stored(&job, &file(2)).await;
    seen.extend(events.until(is_end).await);
    assert_eq!(image_ids(&seen), ["1", "2"]);
    let end = seen.last().unwrap();
    assert_eq!((end.id.as_deref(), &end.data["state"]), (Some("end"), &json!("completed")));
    assert_eq!(end.data, import.ask(&format!("import/jobs/{job}")).await.body);
    assert_eq!(events.next().await, None, "the stream closes after the end");
}

#[tokio::test]
async fn who_comes_back_goes_on_after_the_last_event_it_saw() {
    let (drive, worker, dir) = stage().await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small3").await;
    import.report_stored(&job, &file(0)).await;
    import.report_stored(&job, &file(1)).await;
    let mut events = import.watch(&job, Some("1")).await;
    let seen = events.until(has_processed(2)).await;
    assert_eq!(image_ids(&seen), ["2"], "while it runs");
    import.report_stored(&job, &file(2)).await;
    assert_eq!(image_ids(&events.until(is_end).await), ["3"]);
    for (query, header, ids) in [
        ("", None, &["1", "2", "3"][..]),
        ("", Some("1"), &["2", "3"]),
        ("?last_event_id=2", None, &["3"]),
        ("?last_event_id=1", Some("3"), &[]),
        ("", Some("nonsense"), &["1", "2", "3"]),
        ("", Some("77"), &["1", "2", "3"]),
    ] {
        let mut events = import.watch(&format!("{job}{query}"), header).await;
        assert_eq!(image_ids(&events.until(is_end).await), ids, "{query} {header:?}");
        assert_eq!(events.next().await, None);
    }
    // only that ends the attempts of a browser to come back
    let answer = import.connect(&format!("import/events/{job}"), Some("end")).await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (204, ""));
}

#[tokio::test]
async fn only_the_newest_thousand_images_are_told_to_who_comes_late() {
    let (drive, worker, dir) = stage().await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("bench-1105-10").await;
    let mut early = import.watch(&job, None).await;
    let ids: Vec<String> = (0..1105).map(|number| format!("bench-1105-10_f{number}")).collect();
    let mut seen = Vec::new();
    for (ids, sum) in [(&ids[..400], 400), (&ids[400..800], 800), (&ids[800..1104], 1104)] {
        import.report_stored(&job, ids).await;
        seen.extend(early.until(has_processed(sum)).await);
    }
    import.report_stored(&job, &ids[1104..]).await;
    seen.extend(early.until(is_end).await);
    let all: Vec<String> = (1..=1105).map(|number: u32| number.to_string()).collect();
    assert!(image_ids(&seen) == all, "who watches misses none");
    let mut late = import.watch(&job, None).await;
    assert!(image_ids(&late.until(is_end).await) == all[105..], "and the others see the newest");
}

#[tokio::test]
async fn a_burst_is_told_in_few_events() {
    let (drive, worker, dir) = stage().await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    // far from its end, near which a job is looked at more often
    let job = import.job("bench-600-10").await;
    let mut events = import.watch(&job, None).await;
    let began = Instant::now();
    let reports = async {
        for number in 0..300 {
            import.report_stored(&job, &[format!("bench-600-10_f{number}")]).await;
        }
    };
    let ((), seen) = tokio::join!(reports, events.until(has_processed(300)));
    assert_eq!(image_ids(&seen).len(), 300, "every image is told");
    let told = seen.iter().filter(|event| event.name == "progress").count();
    // four times a second, the first one, and one that was due
    let most = usize::try_from(began.elapsed().as_millis() / 250).unwrap() + 2;
    assert!(told <= most, "{told} times, and at most {most} were due");
}

async fn another_process_tells_the_same(settings: [Settings; 2]) {
    let (one, other) = (settings[0].start().await, settings[1].start().await);
    let job = one.job("small3").await;
    let mut events = other.watch(&job, None).await;
    one.report_stored(&job, &file(0)).await;
    assert_eq!(image_ids(&events.until(has_processed(1)).await), ["1"]);
    one.kill().await;
    other.report_stored(&job, &file(1)).await;
    other.report_stored(&job, &file(2)).await;
    assert_eq!(image_ids(&events.until(is_end).await), ["2", "3"]);
}

#[tokio::test]
async fn another_process_of_the_same_machine_tells_the_same() {
    let (drive, worker, dir) = stage().await;
    let settings = || Settings::new(dir.path(), &drive, &worker);
    another_process_tells_the_same([settings(), settings()]).await;
}

#[tokio::test]
async fn another_machine_that_shares_redis_tells_the_same() {
    let (drive, worker, dir) = stage().await;
    let (other_dir, redis) = (tempfile::tempdir().unwrap(), Redis::start());
    let settings =
        |dir: &tempfile::TempDir| Settings::new(dir.path(), &drive, &worker).with("REDIS_URL", &redis.url());
    another_process_tells_the_same([settings(&dir), settings(&other_dir)]).await;
}

#[tokio::test]
async fn while_redis_is_away_a_stream_stays_open_and_then_goes_on() {
    let ((drive, worker, dir), mut redis) = (stage().await, Redis::start());
    let import = Settings::new(dir.path(), &drive, &worker).with("REDIS_URL", &redis.url()).start().await;
    let job = import.job("small3").await;
    import.report_stored(&job, &file(0)).await;
    let mut events = import.watch(&job, None).await;
    events.until(has_processed(1)).await;
    redis.kill();
    eventually("it is noticed", || async { (import.ask("ready").await.status == 503).then_some(()) }).await;
    redis.come_back();
    eventually("it is over", || async {
        let report =
            json!({"job_id": job, "results": [{"file_id": file(1)[0], "outcome": "imported", "image": {}}]});
        (import.post("import/update-status", &report).await.status == 200).then_some(())
    })
    .await;
    assert_eq!(image_ids(&events.until(has_processed(2)).await), ["2"]);
}

#[tokio::test]
async fn a_stop_ends_the_stream_and_the_next_process_goes_on() {
    let (drive, worker, dir) = stage().await;
    let settings = Settings::new(dir.path(), &drive, &worker);
    let import = settings.start().await;
    let job = import.job("small3").await;
    import.report_stored(&job, &file(0)).await;
    let mut events = import.watch(&job, None).await;
    events.until(has_processed(1)).await;
    import.stop().await;
    assert_eq!(events.next().await, None, "no end: the job has not ended");
    let import = settings.start().await;
    import.report_stored(&job, &file(1)).await;
    let mut events = import.watch(&job, Some("1")).await;
    assert_eq!(image_ids(&events.until(has_processed(2)).await), ["2"]);
}

#[tokio::test]
async fn a_cancelled_job_ends_its_stream() {
    let (drive, worker, dir) = stage().await;
    let import = Settings::new(dir.path(), &drive, &worker).start().await;
    let job = import.job("small3").await;
    let mut events = import.watch(&job, None).await;
    events.next().await.unwrap();
    assert_eq!(import.post(&format!("import/jobs/{job}/cancel"), &json!({})).await.status, 202);
    let seen = events.until(is_end).await;
    assert_eq!(seen.last().unwrap().data["cancelled"], 3);
}
