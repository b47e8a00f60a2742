//! Bad days.

use crate::harness::BUCKET;
use crate::harness::{TestServer, code, xml_code};

async fn book(server: &TestServer, faults: &str) {
    let answer = server
        .http
        .post(format!("{}/__faults", server.endpoint))
        .body(faults.to_owned())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

async fn put(server: &TestServer, key: &str) -> Result<(), String> {
    let put = server.s3.put_object().bucket(BUCKET).key(key).body(vec![1; 5_000_000].into());
    put.send().await.map(|_| ()).map_err(code)
}

#[tokio::test]
async fn refusals_come_as_booked_and_stop_when_used_up() {
    let server = TestServer::start().await;
    for (kind, expected) in
        [("slow-down", "SlowDown"), ("internal-error", "InternalError"), ("access-denied", "AccessDenied")]
    {
        book(&server, &format!(r#"{{"kind": "{kind}", "on": "PutObject", "count": 2}}"#)).await;
        assert_eq!(put(&server, "x").await, Err(expected.into()));
        assert_eq!(put(&server, "x").await, Err(expected.into()));
        assert_eq!(put(&server, "x").await, Ok(()));
    }
}

#[tokio::test]
async fn a_lost_reply_leaves_the_object() {
    let server = TestServer::start().await;
    book(&server, r#"{"kind": "lost-reply", "key": "lost", "on": "PutObject", "count": 1}"#).await;
    assert!(put(&server, "lost").await.unwrap_err().starts_with("no answer"));
    assert_eq!(server.get("lost").await.unwrap().len(), 5_000_000);
}

#[tokio::test]
async fn a_reset_does_nothing() {
    let server = TestServer::start().await;
    book(&server, r#"{"kind": "reset", "on": "PutObject", "count": 1}"#).await;
    assert!(put(&server, "reset").await.unwrap_err().starts_with("no answer"));
    assert_eq!(server.get("reset").await, Err("NoSuchKey".into()));
}

#[tokio::test]
async fn the_book_shows_hits_and_can_be_closed() {
    let server = TestServer::start().await;
    book(&server, r#"{"kind": "latency", "seconds": 0.001}"#).await;
    put(&server, "x").await.unwrap();
    let url = format!("{}/__faults", server.endpoint);
    let shown: serde_json::Value =
        serde_json::from_str(&server.http.get(&url).send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(shown[0]["fired"], 1);
    assert_eq!(server.http.delete(&url).send().await.unwrap().status(), 204);
    let several = r#" [{"kind": "reset"}, {"kind": "latency"}]"#;
    assert_eq!(server.http.put(&url).body(several).send().await.unwrap().status(), 200);
    assert_eq!(server.http.delete(&url).send().await.unwrap().status(), 204);
    let nonsense = server.http.post(&url).body(r#"{"kind": "nonsense"}"#).send().await.unwrap();
    assert_eq!(nonsense.status(), 400);
}

#[tokio::test]
async fn without_fault_control_there_is_no_book() {
    let server = TestServer::start_with(|config| config.fault_control = false).await;
    let answer = server.http.post(format!("{}/__faults", server.endpoint)).body("{}").send().await.unwrap();
    assert!(answer.status().is_client_error());
    assert_ne!(xml_code(&answer.text().await.unwrap()), "");
}
