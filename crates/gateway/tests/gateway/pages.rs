//! The files of the web UI.

use std::fs;

use axum::{body::Body, extract::Request};
use gateway::{App, Config};
use service::{Env, cors::Cors};

use crate::stub::{Got, send};

fn gateway(dir: &tempfile::TempDir) -> axum::Router {
    fs::create_dir(dir.path().join("assets")).unwrap();
    for (name, text) in [("index.html", "<page>"), ("icon.svg", "<svg/>"), ("assets/app-1a2b.js", "code")] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let mut config = Config::from_env(&Env::default()).unwrap();
    config.ui_dir = Some(dir.path().to_owned());
    config.cors = Cors::any();
    gateway::router(App::build(config))
}

async fn ask(gateway: &axum::Router, method: &str, path: &str) -> Got {
    send(gateway, Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn files_and_pages_are_served_with_the_right_lifetimes() {
    let dir = tempfile::tempdir().unwrap();
    let gateway = gateway(&dir);
    for (path, body, keep) in [
        ("/", "<page>", "no-cache"),
        ("/index.html", "<page>", "no-cache"),
        ("/jobs/7?x=1", "<page>", "no-cache"),
        ("/apixyz", "<page>", "no-cache"),
        ("/icon.svg", "<svg/>", "no-cache"),
        ("/assets/app-1a2b.js", "code", "public, max-age=31536000, immutable"),
    ] {
        let got = ask(&gateway, "GET", path).await;
        assert_eq!((got.status.as_u16(), &*got.body), (200, body.as_bytes()), "{path}");
        assert_eq!(got.header("cache-control"), Some(keep), "{path}");
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    let head = ask(&gateway, "HEAD", "/jobs/7").await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn nothing_of_the_api_turns_into_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let gateway = gateway(&dir);
    for (method, path, status) in [
        ("GET", "/api/unknown", 404),
        ("GET", "/api", 404),
        ("GET", "/api/images/", 404),
        ("GET", "/health/", 404),
        ("GET", "/metrics/x", 404),
        ("POST", "/jobs/7", 404),
        ("GET", "/assets/gone-9f.js", 404),
        ("GET", "/gone.js", 404),
        ("GET", "/../../etc/passwd.txt", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd.txt", 404),
        ("GET", "/jobs//7", 404),
        ("GET", "/api//images", 308),
        ("GET", "/health", 200),
    ] {
        let got = ask(&gateway, method, path).await;
        assert_eq!(got.status, status, "{method} {path}");
        assert_ne!(&*got.body, b"<page>", "{method} {path}");
    }
}
