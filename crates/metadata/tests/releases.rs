//! The loop that has released objects deleted.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use metadata::{Config, ReleaseTimes};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{Place, Service, image, on_both_engines, wait_for, with};

on_both_engines!(
    a_dropped_rows_object_is_deleted_twice_and_then_remembered,
    an_object_is_deleted_when_the_storage_service_is_back,
    what_the_storage_service_refuses_is_given_up,
    an_object_released_before_a_restart_is_deleted_after_it,
    many_processes_share_the_deletes,
);

/// A storage service that counts what it deletes.
#[derive(Clone, Default)]
struct Storage {
    deletes: Arc<Mutex<HashMap<String, u32>>>,
    status: Arc<AtomicU16>,
}

impl Storage {
    async fn serve(&self) -> url::Url {
        async fn delete(State(storage): State<Storage>, body: Bytes) -> (StatusCode, &'static str) {
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["provider"], "aws");
            let status = storage.status.load(Ordering::SeqCst);
            let path = body["file_path"].as_str().unwrap().to_owned();
            *storage.deletes.lock().unwrap().entry(path).or_default() += 1;
            (StatusCode::from_u16(status).unwrap(), r#"{"success":true}"#)
        }
        self.answer_with(200);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().route("/delete", post(delete)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn deletes_of(&self, path: &str) -> u32 {
        self.deletes.lock().unwrap().get(path).copied().unwrap_or(0)
    }

    async fn has_deleted(&self, path: &str, times: u32) {
        wait_for(&format!("{times} deletes of {path}"), || async {
            (self.deletes_of(path) >= times).then_some(())
        })
        .await;
    }
}

fn config(place: &Place, storage_url: url::Url, second_delete_after: Duration) -> Config {
    let release = ReleaseTimes {
        second_delete_after,
        longest_backoff: Duration::from_millis(50),
        ..ReleaseTimes::default()
    };
    Config { storage_url, release, ..place.config() }
}

const NEVER: Duration = Duration::from_secs(3600);
const DONE: &str = "SELECT COUNT(*) FROM released_objects WHERE deletes_left = 0";

async fn is_done(place: &Place) {
    wait_for("the release to be done", || async { (place.number(DONE).await == 1).then_some(()) }).await;
}

async fn a_dropped_rows_object_is_deleted_twice_and_then_remembered(place: Place) {
    let storage = Storage::default();
    let service = Service::start(config(&place, storage.serve().await, Duration::from_millis(50)));
    service.create(&image("a")).await;
    assert_eq!(service.delete("/images/1").await.status, 200);
    is_done(&place).await;
    assert_eq!(storage.deletes_of("https://b/a"), 2);
    assert_eq!(service.post("/images", &image("a")).await.body["code"], "object-released");

    // released once more: somebody wrote it once more
    let object = json!({"storage_path": "https://b/a", "storage_provider": "aws"});
    assert_eq!(service.post("/objects/release", &object).await.body["released"], true);
    storage.has_deleted("https://b/a", 4).await;
}

async fn an_object_is_deleted_when_the_storage_service_is_back(place: Place) {
    let storage = Storage::default();
    let service = Service::start(config(&place, storage.serve().await, NEVER));
    storage.answer_with(500);
    service.create(&image("a")).await;
    service.delete("/images/1").await;
    storage.has_deleted("https://b/a", 3).await;
    storage.answer_with(200);
    let once = "SELECT COUNT(*) FROM released_objects WHERE deletes_left = 1 AND failures = 0";
    wait_for("the first delete", || async { (place.number(once).await == 1).then_some(()) }).await;
}

async fn what_the_storage_service_refuses_is_given_up(place: Place) {
    let storage = Storage::default();
    let service = Service::start(config(&place, storage.serve().await, NEVER));
    storage.answer_with(400);
    service.create(&image("a")).await;
    service.delete("/images/1").await;
    is_done(&place).await;
    assert_eq!(storage.deletes_of("https://b/a"), 1);
}

async fn an_object_released_before_a_restart_is_deleted_after_it(place: Place) {
    let before = place.start();
    before.create(&image("a")).await;
    let changed = with(with(image("a"), "storage_path", "https://b/new"), "replaces", "https://b/a");
    assert_eq!(before.post("/images", &changed).await.status, 200);
    before.stop().await;
    // whatever was tried without a storage service is due at once
    place.execute("UPDATE released_objects SET due_ms = 0").await;
    let storage = Storage::default();
    let _after = Service::start(config(&place, storage.serve().await, NEVER));
    storage.has_deleted("https://b/a", 1).await;
    assert_eq!(storage.deletes_of("https://b/new"), 0);
}

async fn many_processes_share_the_deletes(place: Place) {
    let storage = Storage::default();
    let url = storage.serve().await;
    let services: Vec<_> = (0..3).map(|_| Service::start(config(&place, url.clone(), NEVER))).collect();
    for n in 0..200 {
        services[0].create(&image(&format!("a{n}"))).await;
    }
    let deletes = (1..=200).map(|id| {
        let service = &services[id % 3];
        async move { assert_eq!(service.delete(&format!("/images/{id}")).await.status, 200) }
    });
    futures::future::join_all(deletes).await;
    let left = "SELECT COUNT(*) FROM released_objects WHERE deletes_left = 1";
    wait_for("all first deletes", || async { (place.number(left).await == 200).then_some(()) }).await;
    let deletes = storage.deletes.lock().unwrap();
    assert_eq!(deletes.len(), 200);
    assert!(deletes.values().all(|times| *times == 1), "no two processes take the same");
}
