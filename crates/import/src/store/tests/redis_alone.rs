//! What can only be said of Redis: what it costs, and what happens while it is away.

use super::*;

#[path = "../../../tests/flows/harness/redis.rs"]
mod server;

const FILES: u32 = 100_000;

/// A file as a photo in Drive is listed.
fn photo(number: u32) -> File {
    let checksum = |length: usize| format!("{number:0length$x}");
    serde_json::from_value(json!({
        "id": format!("1i_rViDYPnCJERqClTVXxgT2Bl{number:07}"), "name": format!("IMG_{number:06}.jpg"),
        "size": "4032117", "mimeType": "image/jpeg", "md5Checksum": checksum(32), "sha1Checksum": checksum(40),
        "sha256Checksum": checksum(64), "createdTime": "2024-05-01T10:00:00.000Z",
        "modifiedTime": "2024-05-01T10:00:00.000Z", "capabilities": {"canDownload": true, "canListChildren": false},
        "imageMediaMetadata": {"width": 4032, "height": 3024, "rotation": 1, "time": "2024:05:01 12:00:00"}
    }))
    .unwrap()
}

fn stored(files: &[File]) -> Report {
    let result =
        |file: &File| json!({"file_id": file.id, "outcome": "imported", "bytes": 1, "image": {"id": 1}});
    report(&json!({"results": files.iter().map(result).collect::<Vec<_>>()}))
}

impl Place {
    fn in_redis(&self) -> &redis::Redis {
        match &self.one {
            Store::Redis(store) => store,
            Store::Sqlite(_) => unreachable!("these tests open Redis"),
        }
    }

    /// Waits until a Redis that was away answers again.
    async fn is_back(&self) {
        let mut tries = 0;
        while self.one.check_writable().await.is_err() {
            tries += 1;
            assert!(tries < 100, "the connection does not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Lists a job of so many photos, page by page.
    async fn big_job(&self, id: &str, files: u32) -> Held {
        let held = self.job(id, Vec::new(), Some("0")).await;
        for first in (0..files).step_by(1000) {
            let photos = (first..(first + 1000).min(files)).map(photo).collect();
            let next_token = (first + 1000 < files).then(|| first.to_string());
            let page = Page { files: photos, next_token, ..Page::default() };
            self.one.add_page(&held, page).await.unwrap();
        }
        held
    }

    /// Commands of what is done all the time for a job.
    async fn costs(&self, id: &str, held: &Held) -> [u64; 6] {
        let mut costs = [0; 6];
        for (number, cost) in costs.iter_mut().enumerate() {
            let before = self.in_redis().commands().await;
            match number {
                0 => drop(self.one.next_batch(held.job, 100).await.unwrap()),
                1 => drop(self.one.send(held, 100).await),
                2 => {
                    let files: Vec<_> = (0..50).map(photo).collect();
                    self.one.apply_report(id, stored(&files)).await.unwrap();
                }
                3 => drop(self.one.snapshot(id, true).await.unwrap()),
                4 => drop(self.one.job(id).await.unwrap()),
                _ => drop(self.one.failures(id, FailuresFrom::Offset(0), 100).await.unwrap()),
            }
            *cost = self.in_redis().commands().await - before;
        }
        costs
    }
}

#[tokio::test]
async fn costs_go_by_the_files_that_are_named_and_memory_by_those_that_are_pending() {
    let server = server::Redis::start();
    let place = Place::redis_at(&server.url());
    // scripts are sent to a server that does not know them yet
    let first = place.big_job("first", 1000).await;
    place.costs("first", &first).await;
    let small = place.big_job("small", 1000).await;
    let before = place.in_redis().memory().await;
    let big = place.big_job("big", FILES).await;
    let per_pending_file = (place.in_redis().memory().await - before) / u64::from(FILES);
    assert!(per_pending_file < 500, "{per_pending_file} bytes for a pending file");
    let (of_small, of_big) = (place.costs("small", &small).await, place.costs("big", &big).await);
    assert_eq!(of_small, of_big);
    assert!(of_big.iter().all(|&commands| commands < 1000), "{of_big:?}");

    // all are stored but one in a thousand
    for first in (0..FILES).step_by(1000) {
        let files: Vec<_> = (first..first + 999).map(photo).collect();
        place.one.apply_report("big", stored(&files)).await.unwrap();
    }
    let per_stored_file = (place.in_redis().memory().await - before) / u64::from(FILES);
    assert!(per_stored_file < 150, "{per_stored_file} bytes for a stored file");
    place.one.change(big.job, Progress::cancel).await.unwrap();
    place.other.tidy().await.unwrap();
    let after_the_end = place.in_redis().memory().await - before;
    assert!(after_the_end < 250_000, "{after_the_end} bytes after the end");
    assert_eq!(place.other.all_retryable("big").await.len(), 100);
    eprintln!(
        "{per_pending_file} bytes pending, {per_stored_file} stored, {after_the_end} after the end; {of_big:?}"
    );
}

#[tokio::test]
async fn a_redis_that_restarts_pauses_the_work_and_nothing_else() {
    let mut server = server::Redis::start();
    let place = Place::redis_at(&server.url());
    let held = place.job("a", files(0..10), Some("t1")).await;
    assert_eq!(place.one.send(&held, 4).await.len(), 4);
    place.one.apply_report("a", outcome("imported", 0..2)).await.unwrap();
    server.kill();
    let away = |error: Error| assert!(matches!(error, Error::Redis(_)), "{error:?}");
    away(place.one.apply_report("a", outcome("imported", 2..4)).await.unwrap_err());
    away(place.one.renew(&held).await.unwrap_err());
    away(place.one.add_page(&held, Page::default()).await.unwrap_err());
    away(place.one.check_writable().await.unwrap_err());
    away(place.one.create_job(&new_job("b"), Page::default(), &lease("one")).await.unwrap_err());
    server.come_back();
    // what was refused is sent again, and what was acknowledged is there
    place.is_back().await;
    place.one.apply_report("a", outcome("imported", 2..4)).await.unwrap();
    assert!(place.one.renew(&held).await.unwrap(), "the job is still held");
    assert_eq!(counts(&place.one.progress("a").await), (4, 0, 0, 10, 0));
    assert_eq!(place.one.send(&held, 10).await, ["f4", "f5", "f6", "f7", "f8", "f9"]);
}

#[tokio::test]
async fn an_answer_that_got_lost_makes_no_second_job() {
    let place = Place::redis();
    let page = Page { files: files(0..3), ..Page::default() };
    let [first, again] = place.in_redis().create_twice(&new_job("a"), &page, &lease("one")).await;
    assert_eq!(first, again);
    assert_eq!(place.other.jobs(1, 10).await.unwrap().1, 1);
    assert_eq!(counts(&place.other.progress("a").await), (0, 0, 0, 3, 0));
    place.clear().await;
}

#[tokio::test]
async fn nothing_is_left_of_a_process_whose_jobs_others_took() {
    let place = Place::redis();
    place.job("a", files(0..1), None).await;
    place.take_over().await;
    let keys = place.in_redis().keys().await;
    assert!(!keys.iter().any(|key| key.ends_with(":held:one")), "{keys:?}");
    place.one.apply_report("a", outcome("imported", [0])).await.unwrap();
    let keys = place.in_redis().keys().await;
    assert!(!keys.iter().any(|key| key.contains(":held:")), "{keys:?}");
    place.clear().await;
}

#[tokio::test]
async fn what_a_person_is_told_is_in_the_log_of_redis() {
    let server = server::Redis::start();
    let place = Place::redis_at(&server.url());
    let asked = async || place.in_redis().calls_of("info").await;
    let before = asked().await;
    let held = place.job("a", files(0..4), None).await;
    let made = asked().await;
    assert!(made > before + 1, "a new job");
    place.one.send(&held, 4).await;
    place.one.apply_report("a", outcome("imported", [0])).await.unwrap();
    assert_eq!(asked().await, made + 1, "work does not wait for it");
    place.one.change(held.job, Progress::cancel).await.unwrap();
    let cancelled = asked().await;
    assert!(cancelled > made + 2, "a cancelled job");
    place.other.change(held.job, Progress::cancel).await.unwrap();
    assert!(asked().await > cancelled + 1, "and once more, for who did not hear it");
}

#[tokio::test]
async fn a_restart_in_the_middle_leaves_nothing_of_stored_files() {
    let mut server = server::Redis::start();
    let place = Place::redis_at(&server.url());
    let held = place.job("a", Vec::new(), Some("t")).await;
    for first in (0..12_000).step_by(1000) {
        let next_token = (first < 11_000).then(|| first.to_string());
        let page = Page { files: files(first..first + 1000), next_token, ..Page::default() };
        place.one.add_page(&held, page).await.unwrap();
    }
    while !place.one.send(&held, 1000).await.is_empty() {}
    for first in (0..12_000).step_by(1000) {
        place.one.apply_report("a", outcome("imported", first..first + 1000)).await.unwrap();
    }
    assert!(place.in_redis().known_files(held.job).await > 0, "some are left for later");
    // it keeps what it has in another order then
    server.kill();
    server.come_back();
    place.is_back().await;
    place.one.tidy().await.unwrap();
    assert_eq!(place.in_redis().known_files(held.job).await, 0);
}

#[tokio::test]
async fn what_is_no_job_hides_no_other_and_holds_up_no_work() {
    for damage in [
        "call('HSET', P .. '2', 'progress', '{')",
        "call('HSET', P .. '2', 'folder', 'junk')",
        "call('HSET', P .. '2', 'created', 'long ago', 'id', '\\255\\254')",
        "call('HDEL', P .. '2', 'progress')",
        "call('HSET', P .. '2', 'claim', 'x')",
        "call('DEL', P .. '2')",
        "call('DEL', P .. '2') call('SET', P .. '2', 'text')",
        "call('DEL', P .. '2') call('RPUSH', P .. '2', 'a')",
        "call('ZADD', P .. 'list', 9, 'junk') call('ZADD', P .. 'open', 0, 'junk') call('SADD', P .. 'untidy', 'junk')",
        "call('ZADD', P .. 'list', 9, '9') call('ZADD', P .. 'open', 0, '9') call('SET', P .. '9', 'text')",
        "call('ZADD', P .. 'open', 0, '77') call('SADD', P .. 'untidy', '77')",
    ] {
        let place = Place::redis();
        for id in ["a", "b", "c"] {
            place.job(id, files(0..3), None).await;
        }
        place.in_redis().meddle(damage).await;
        place.in_redis().meddle("call('SADD', P .. 'untidy', '2', '1')").await;
        let (jobs, _) = place.one.jobs(1, 10).await.unwrap();
        let ids: Vec<_> = jobs.iter().map(|job| job.id.as_str()).filter(|id| *id != "b").collect();
        assert_eq!(ids, ["c", "a"], "{damage}");
        place.end_leases().await;
        let claimed = place.other.claim(&lease("other"), 16).await.unwrap();
        let numbers: Vec<_> = claimed.iter().map(|held| held.job.0).filter(|number| *number != 2).collect();
        assert_eq!(numbers, [1, 3], "{damage}");
        place.end_leases().await;
        assert!(place.other.claim(&lease("other"), 16).await.unwrap().len() <= 3, "{damage}");
        place.other.tidy().await.unwrap();
        place.one.apply_report("a", outcome("imported", 0..1)).await.unwrap();
        place.clear().await;
    }
}
