//! What a browser and a container's health check see.

use crate::harness::{BUCKET, TestServer};

#[tokio::test]
async fn a_page_of_another_origin_may_read() {
    let server = TestServer::start().await;
    server.put("x.png", b"x").await;
    let answer =
        server.http.get(server.url("x.png")).header("origin", "http://localhost:3000").send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let preflight = server.http.request(reqwest::Method::OPTIONS, server.url("x.png"));
    let preflight = preflight.header("origin", "http://x").header("access-control-request-method", "GET");
    let preflight = preflight.header("access-control-request-headers", "range").send().await.unwrap();
    assert_eq!(preflight.status(), 200);
    assert_eq!(preflight.headers()["access-control-allow-methods"], "GET,HEAD");
    assert_eq!(preflight.headers()["access-control-allow-headers"], "*");
}

#[tokio::test]
async fn a_head_answers_as_a_get_would() {
    let server = TestServer::start().await;
    server.put("x.png", b"12345").await;
    let head = server.http.head(server.url("x.png")).send().await.unwrap();
    let get = server.http.get(server.url("x.png")).send().await.unwrap();
    for name in ["content-length", "content-type", "etag", "last-modified", "accept-ranges"] {
        assert_eq!(head.headers().get(name), get.headers().get(name), "{name}");
    }
    assert_eq!(get.headers()["content-length"], "5");
    let missing = server.http.head(server.url("missing")).send().await.unwrap();
    assert_eq!((missing.status().as_u16(), missing.bytes().await.unwrap().len()), (404, 0));
}

#[tokio::test]
async fn health_hides_no_bucket() {
    let server = TestServer::start().await;
    let health = server.http.get(format!("{}/_health", server.endpoint)).send().await.unwrap();
    assert_eq!(health.status(), 200);
    server.s3.create_bucket().bucket("health").send().await.unwrap();
    let bucket = server.s3.create_bucket().bucket("_health").send().await;
    assert!(bucket.is_err());
    server.put("_health", b"an object of that name").await;
    let object = server.http.get(format!("{}/{BUCKET}/_health", server.endpoint)).send().await.unwrap();
    assert_eq!(object.text().await.unwrap(), "an object of that name");
}
