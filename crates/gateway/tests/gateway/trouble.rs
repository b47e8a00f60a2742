//! Services that are down, silent, confused or gone in the middle.

use std::time::Duration;

use axum::{body::Body, extract::Request};
use gateway::{App, Config};
use http_body_util::BodyExt;
use service::Env;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt;
use url::Url;

use crate::stub::{Answer, Got, Stack, send};

/// A gateway whose services are all at `url`.
fn before(url: &Url) -> axum::Router {
    let services = ["IMPORT_SERVICE_URL", "METADATA_SERVICE_URL", "STORAGE_SERVICE_URL"];
    let env = Env::from_pairs(services.map(|name| (name, url.as_str())));
    gateway::router(App::build(Config::from_env(&env).unwrap()))
}

async fn get(gateway: &axum::Router, path: &str) -> Got {
    send(gateway, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

/// Reads the head of a request; false when the connection ended first.
async fn read_head(socket: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read(&mut byte).await {
            Ok(1) => head.push(byte[0]),
            _ => return false,
        }
    }
    true
}

#[tokio::test]
async fn a_service_that_is_down_is_a_503_with_the_originals_prefix_and_no_host() {
    let (listener, url) = listen().await;
    drop(listener);
    let gateway = before(&url);
    let start = Request::post("/api/import/google-drive").header("content-type", "application/json");
    let started = send(&gateway, start.body("{\"folder_url\":\"x\"}".into()).unwrap()).await;
    for (got, prefix) in [
        (started, "Import service unavailable: "),
        (get(&gateway, "/api/import/status/j").await, "Import service unavailable: "),
        (get(&gateway, "/api/images").await, "Metadata service unavailable: "),
        (get(&gateway, "/api/objects/k").await, "Storage service unavailable: "),
    ] {
        let error = got.error();
        assert_eq!((got.status.as_u16(), got.header("cache-control")), (503, Some("no-store")));
        assert!(error.starts_with(prefix) && error.len() > prefix.len(), "{error}");
        assert!(!error.contains("127.0.0.1") && !error.contains(&url.port().unwrap().to_string()), "{error}");
    }
    let wrong = Request::post("/api/import/google-drive").body("{}".into()).unwrap();
    assert_eq!(send(&gateway, wrong).await.status, 415, "the body is looked at first");
    let ready = get(&gateway, "/ready").await;
    assert_eq!(ready.status, 503);
    for service in ["import-service", "metadata-service", "storage-service"] {
        assert_eq!(ready.json()["dependencies"][service]["status"], "down");
    }
    assert_eq!(get(&gateway, "/health").await.status, 200);
}

#[tokio::test]
async fn an_event_source_comes_back_while_the_service_is_away() {
    let (listener, url) = listen().await;
    drop(listener);
    let (away, stack) = (before(&url), Stack::start().await);
    let events = |accept: &str| {
        Request::get("/api/import/events/j").header("accept", accept).body(Body::empty()).unwrap()
    };
    let trouble = || Answer::new(503, "application/json", "{\"error\":\"no store\"}");
    stack.import.will_answer(trouble());
    for gateway in [&away, &stack.gateway] {
        let got = send(gateway, events("text/event-stream")).await;
        let told = String::from_utf8(got.body.to_vec()).unwrap();
        assert!(got.status == 200 && told.starts_with("retry: 2000\n: ") && told.ends_with("\n\n"), "{told}");
        assert!(got.header("content-type").unwrap().starts_with("text/event-stream"));
    }
    stack.import.will_answer(trouble());
    assert_eq!(send(&stack.gateway, events("*/*")).await.status, 503, "others are told why");
    for last in [204, 404] {
        stack.import.will_answer(Answer::new(last, "application/json", "{}"));
        assert_eq!(send(&stack.gateway, events("text/event-stream")).await.status, last, "it stops");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_a_503() {
    let stack = Stack::start().await;
    for (status, kind, body) in [
        (500, "text/html", "<!doctype html><h1>Internal Server Error</h1>"),
        (200, "application/json", ""),
        (204, "application/json", ""),
        (200, "application/json", "not json"),
        (200, "application/json", "<html>"),
        (200, "application/json", "{\"images\":["),
    ] {
        stack.metadata.will_answer(Answer::new(status, kind, body));
        let got = stack.ask("GET", "/api/stats").await;
        assert_eq!(got.status, 503, "{body}");
        assert!(got.error().starts_with("Metadata service unavailable: "), "{}", got.error());
    }
    let huge = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));
    stack.metadata.will_answer(Answer::new(200, "text/plain", huge));
    assert_eq!(stack.ask("GET", "/api/stats").await.status, 503);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_a_get_nothing() {
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        // the first connection answers once, and is cut at the next request; the second is well
        let (mut first, _) = listener.accept().await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        read_head(&mut first).await;
        first.write_all(answer).await.unwrap();
        read_head(&mut first).await;
        drop(first);
        let (mut second, _) = listener.accept().await.unwrap();
        read_head(&mut second).await;
        second.write_all(answer).await.unwrap();
        read_head(&mut second).await;
    });
    let gateway = before(&url);
    assert_eq!(get(&gateway, "/api/stats").await.status, 200);
    assert_eq!(get(&gateway, "/api/stats").await.status, 200);
}

#[tokio::test]
async fn an_import_is_never_started_twice() {
    let (listener, url) = listen().await;
    let connections = tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        read_head(&mut first).await;
        drop(first);
        tokio::time::timeout(Duration::from_millis(300), listener.accept()).await.is_ok()
    });
    let start = Request::post("/api/import/google-drive").header("content-type", "application/json");
    let got = send(&before(&url), start.body("{\"folder_url\":\"x\"}".into()).unwrap()).await;
    assert_eq!(got.status, 503);
    assert!(!connections.await.unwrap(), "a second connection came");
}

#[tokio::test]
async fn an_answer_cut_in_the_middle_is_cut_here_too() {
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_head(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
    });
    let request = Request::get("/api/objects/k").body(Body::empty()).unwrap();
    let response = before(&url).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.into_body().collect().await.is_err(), "a short body must not look whole");
}
