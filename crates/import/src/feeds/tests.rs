//! What watching costs.

use std::time::Duration;

use client::{drive::DriveRef, ids::DriveId};
use service::{Env, Shutdown};

use super::*;
use crate::{
    Config,
    store::{NewJob, Page},
};

/// A service with a job in which nothing happens.
async fn stage() -> (App, Job, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let env = Env::from_pairs([("DATA_DIR", dir.path().to_str().unwrap())]);
    let app = App::build(Config::from_env(&env).unwrap(), Shutdown::new()).await.unwrap();
    let new = NewJob {
        id: "j".into(),
        folder: DriveRef { id: DriveId::parse("album").unwrap(), resource_key: None },
        folder_name: None,
        request_id: None,
        recursive: false,
        retry_of: None,
        most_running: None,
    };
    let page = Page { next_token: Some("more".into()), ..Page::default() };
    let (job, _held) = app.store.create_job(&new, page, &app.lease().await.unwrap()).await.unwrap();
    (app, job, dir)
}

async fn eventually(what: &str, seen: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !seen() {
        assert!(tokio::time::Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn any_number_of_watchers_is_one_look_out_and_none_is_none() {
    let (app, job, _dir) = stage().await;
    let mut watchers: Vec<_> = (0..100).map(|_| app.feeds.watch(&app, &job)).collect();
    assert_eq!(app.feeds.count(), 1);
    app.store.name_folder(job.number, "Holiday").await.unwrap();
    app.wakeups.wake(job.number);
    for watcher in &mut watchers {
        watcher.look();
    }
    assert!(watchers[0].has_news().await);
    assert_eq!(watchers[0].look().job.folder_name.as_deref(), Some("Holiday"));
    watchers.truncate(1);
    assert_eq!(app.feeds.count(), 1);
    watchers.clear();
    eventually("nobody looks out", || app.feeds.count() == 0).await;
    let mut again = app.feeds.watch(&app, &job);
    app.store.change(job.number, crate::job::Progress::cancel).await.unwrap();
    app.wakeups.wake(job.number);
    again.look();
    assert!(again.has_news().await && again.look().job.state.is_final());
    eventually("an ended job needs no look-out", || app.feeds.count() == 0).await;
    assert!(!again.has_news().await);
}

#[tokio::test]
async fn a_stop_ends_every_look_out() {
    let (app, job, _dir) = stage().await;
    let mut watcher = app.feeds.watch(&app, &job);
    watcher.look();
    app.shutdown.stop();
    assert!(!watcher.has_news().await);
    assert!(app.shutdown.drain(Duration::from_secs(10)).await);
}

#[tokio::test]
async fn time_that_goes_by_is_no_news() {
    let (_app, job, _dir) = stage().await;
    let look = Look::at(&job);
    let mut later = Look::at(&job);
    later.job.images_per_second = Some(1.0);
    later.job.seconds_left = Some(5);
    assert!(!later.is_news_after(&look));
    later.job.failed = 1;
    assert!(later.is_news_after(&look));
}

#[tokio::test]
async fn the_end_of_a_job_is_told_sooner_than_its_middle() {
    let (_app, job, _dir) = stage().await;
    let mut look = Look::at(&job);
    (look.job.total, look.job.processed) = (10_000, 300);
    assert_eq!(look.pause(), Duration::from_millis(250));
    (look.job.processed, look.job.failed, look.job.cancelled) = (9_898, 1, 1);
    assert_eq!(look.pause(), Duration::from_millis(100));
    look.job.cancelled = 100;
    assert_eq!(look.pause(), Duration::from_millis(20));
}
