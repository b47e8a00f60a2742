//! Bad days.

use std::time::{Duration, Instant};

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
async fn an_upload_that_is_cut_leaves_nothing() {
    let server = TestServer::start().await;
    for after in ["", r#", "afterBytes": 0"#, r#", "afterBytes": 1000000"#] {
        book(&server, &format!(r#"{{"kind": "cut-upload", "on": "PutObject", "count": 1{after}}}"#)).await;
        assert!(put(&server, "cut").await.unwrap_err().starts_with("no answer"), "{after}");
        assert_eq!(server.get("cut").await, Err("NoSuchKey".into()), "{after}");
    }
}

#[tokio::test]
async fn an_answer_can_end_in_the_middle() {
    let server = TestServer::start().await;
    server.put("whole", &vec![7; 100_000]).await;
    book(&server, r#"{"kind": "cut-answer", "on": "GetObject", "count": 1, "afterBytes": 60000}"#).await;
    let mut answer = server.http.get(server.url("whole")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(100_000)));
    let mut taken = 0;
    let ended = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => taken += chunk.len(),
            ended => break ended,
        }
    };
    assert!(ended.is_err() && taken == 60_000, "{taken} bytes, {ended:?}");
    assert_eq!(server.get("whole").await.unwrap().len(), 100_000);
}

#[tokio::test]
async fn a_slow_answer_is_about_something_already_done() {
    let server = TestServer::start().await;
    book(&server, r#"{"kind": "slow-answer", "on": "PutObject", "count": 1, "seconds": 3600}"#).await;
    tokio::select! {
        answered = put(&server, "slow") => panic!("{answered:?}"),
        () = there(&server, "slow") => {}
    }
}

async fn there(server: &TestServer, key: &str) {
    while server.get(key).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn nobody_gets_in_until_the_time_is_over() {
    let server = TestServer::start().await;
    book(&server, r#"{"kind": "refuse", "on": "PutObject", "skip": 1, "count": 1, "seconds": 1}"#).await;
    assert_eq!(put(&server, "first").await, Ok(()));
    let shut = Instant::now();
    assert!(put(&server, "second").await.unwrap_err().starts_with("no answer"));
    let address = server.endpoint.trim_start_matches("http://");
    // what waited at the door when it was shut is turned away as well
    while shut.elapsed() < Duration::from_millis(900) {
        if let Err(error) = tokio::net::TcpStream::connect(address).await {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
            break;
        }
    }
    assert!(shut.elapsed() < Duration::from_millis(900), "connections were not refused");
    while put(&server, "second").await.is_err() {
        assert!(shut.elapsed() < Duration::from_secs(20), "it stays shut");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(shut.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_was_done_on_purpose_is_counted() {
    let server = TestServer::start().await;
    book(&server, r#"{"kind": "slow-down", "on": "PutObject", "count": 2, "every": 3}"#).await;
    let put: Vec<_> = [put(&server, "a").await, put(&server, "b").await, put(&server, "c").await].into();
    assert_eq!(put, [Err("SlowDown".into()), Err("SlowDown".into()), Ok(())]);
    let url = format!("{}/__stats", server.endpoint);
    let shown = server.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert_eq!(shown, r#"{"requests":{"PutObject":3},"injected":{"slow-down":{"PutObject":2}}}"#);
    assert_eq!(server.http.delete(&url).send().await.unwrap().status(), 204);
    let shown = server.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert_eq!(shown, r#"{"requests":{},"injected":{}}"#);
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
