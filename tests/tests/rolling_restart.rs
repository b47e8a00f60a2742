//! Every service is stopped in order and started again while an import runs and a client asks: no image fails, and no
//! question stays without an answer that is asked again a second later.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tests::{Backend, Stack, audit::assert_all_stored, drive, stack::SERVICES};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::drive_folders::folder;

const FILES: usize = 200;

/// What a client that asks all the time has seen.
#[derive(Debug, Default)]
struct Seen {
    asked: u32,
    /// Not answered at once, but a second later.
    late: Vec<String>,
    /// Not even then.
    failed: Vec<String>,
}

/// Asks what the UI asks, until told to stop.
async fn ask_all_the_time(
    http: reqwest::Client,
    api: String,
    job_id: String,
    stop: watch::Receiver<bool>,
) -> Seen {
    let questions = [
        format!("{api}/import/status/{job_id}"),
        format!("{api}/images?page=1&per_page=20"),
        format!("{api}/stats"),
    ];
    let mut seen = Seen::default();
    while !*stop.borrow() {
        for url in &questions {
            seen.asked += 1;
            let Err(first) = ask(&http, url).await else { continue };
            sleep(Duration::from_secs(1)).await;
            match ask(&http, url).await {
                Ok(()) => seen.late.push(first),
                Err(second) => seen.failed.push(format!("{url}: {first}, then {second}")),
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    seen
}

async fn ask(http: &reqwest::Client, url: &str) -> Result<(), String> {
    let answer = http.get(url).send().await.map_err(|error| error.without_url().to_string())?;
    let status = answer.status();
    let body = answer.text().await.map_err(|error| error.without_url().to_string())?;
    if status.as_u16() == 200 { Ok(()) } else { Err(format!("{status}: {body}")) }
}

async fn a_rolling_restart_is_not_noticed(backend: Backend, replicas: usize) {
    let (manifest, expected) = folder("rolling", FILES, 4000);
    let mut builder = Stack::with(drive::serving(&manifest))
        .backend(backend)
        .set("WORKER_CONCURRENCY", 2)
        .set("LIST_WAIT_SECS", 1)
        .set("DISPATCH_WINDOW", 50)
        .set("BATCH_SIZE", 10);
    if replicas > 1 {
        builder = SERVICES.into_iter().fold(builder, |builder, service| builder.replicas(service, replicas));
    }
    let mut stack = builder.start().await;
    stack.drive.fail(&json!([
        {"kind": "latency", "on": "media", "seconds": 0.1},
        {"kind": "short-page", "items": 20, "on": "list"},
        {"kind": "latency", "on": "list", "seconds": 0.3},
    ]));
    let started = Instant::now();
    let job_id = stack.start_job("rolling").await;
    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let api = stack.api.to_string();
    let asking = tokio::spawn(ask_all_the_time(stack.http.clone(), api, job_id.clone(), stopped));
    let mut slowest = Duration::ZERO;
    for service in SERVICES {
        for replica in 0..replicas {
            let asked = Instant::now();
            assert!(stack.replica(service, replica).terminate(20).await, "{service} ends in order");
            slowest = slowest.max(asked.elapsed());
            stack.replica(service, replica).start_again();
            stack.ready(service).await;
        }
    }
    let job = stack.finished(&job_id).await;
    let time = started.elapsed();
    stop.send_replace(true);
    let seen = asking.await.expect("the client goes on");
    assert_all_stored(&job, FILES);
    stack.assert_stored_exactly(&expected).await;
    stack.assert_nothing_left_to_do().await;
    stack.assert_no_panic_in_logs();
    eprintln!(
        "{backend}, {replicas} of each: {FILES} images in {:.1} s; {} questions, {} answered only at the second try, \
         slowest stop {:.1} s {:?}",
        time.as_secs_f64(),
        seen.asked,
        seen.late.len(),
        slowest.as_secs_f64(),
        seen.late.first(),
    );
    assert!(seen.failed.is_empty(), "{:#?}", seen.failed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_of_single_services_is_not_noticed() {
    a_rolling_restart_is_not_noticed(Backend::Files, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_of_replicas_is_not_noticed() {
    a_rolling_restart_is_not_noticed(Backend::Servers, 2).await;
}
