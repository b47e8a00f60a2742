//! Bodies that nobody wants: what is left of one is never taken for a request.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use axum::{http::StatusCode, routing::post};

use super::{server::*, *};

/// A service that refuses what is posted, and counts what it should not see.
async fn refusing(limits: Limits) -> (Server, Arc<AtomicUsize>) {
    let smuggled = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&smuggled);
    let refused = || async { StatusCode::PAYLOAD_TOO_LARGE };
    let seen = get(move || async move {
        seen.fetch_add(1, SeqCst);
    });
    let routes = Router::new().route("/refused", post(refused)).route("/smuggled", seen);
    (Server::start_with(limits, routes).await, smuggled)
}

const SMUGGLED: &[u8] = b"GET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n";

#[tokio::test]
async fn the_rest_of_a_body_that_is_too_long_to_be_read_on_is_no_request() {
    let (server, smuggled) = refusing(NONE).await;
    let mut client = server.connect().await;
    client
        .write_all(b"POST /refused HTTP/1.1\r\nhost: h\r\ncontent-length: 9000000000\r\n\r\n")
        .await
        .unwrap();
    let (mut reads, mut writes) = client.split();
    let piece = SMUGGLED.repeat(2_000);
    let sending = async {
        let mut sent = 0;
        while writes.write_all(&piece).await.is_ok() {
            sent += piece.len();
        }
        sent
    };
    // an answer, and no second one
    let mut text = Vec::new();
    let (sent, _) =
        tokio::time::timeout(PATIENCE, async { tokio::join!(sending, reads.read_to_end(&mut text)) })
            .await
            .expect("the connection ends");
    assert!(sent > 60 << 20, "{sent}");
    assert!(text.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&text));
    assert_eq!(String::from_utf8_lossy(&text).matches("HTTP/1.1").count(), 1);
    assert_eq!(smuggled.load(SeqCst), 0);
}

#[tokio::test]
async fn a_body_that_was_not_asked_for_is_no_request() {
    let (server, smuggled) = refusing(NONE).await;
    let mut client = server.connect().await;
    // the length covers more than comes at once: hyper cannot skip it
    let head = format!(
        "POST /refused HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        SMUGGLED.len() * 10
    );
    let text = last_words(&mut client, &[head.as_bytes(), &SMUGGLED.repeat(3)].concat()).await;
    assert!(text.starts_with("HTTP/1.1 413 ") && text.matches("HTTP/1.1").count() == 1, "{text}");
    assert_eq!(smuggled.load(SeqCst), 0);
}

#[tokio::test]
async fn a_body_that_was_refused_and_came_whole_leaves_its_connection_as_any_other() {
    let (server, smuggled) = refusing(Limits { header_time: SHORT * 20, ..NONE }).await;
    let mut client = server.connect().await;
    let head = format!("POST /refused HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n", SMUGGLED.len() * 2);
    client.write_all(&[head.as_bytes(), SMUGGLED].concat()).await.unwrap();
    let mut answer = [0; 1024];
    let length = client.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 413 "));
    client.write_all(SMUGGLED).await.unwrap();
    // it waits for a request now, not for the end of one
    for _ in 0..2 {
        server.has_looked().await;
    }
    assert!(ask(&mut client).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(smuggled.load(SeqCst), 0);
}

#[tokio::test]
async fn the_answer_reaches_a_client_that_is_still_sending_what_nobody_reads() {
    let (server, _) = refusing(NONE).await;
    for _ in 0..20 {
        let mut client = server.connect().await;
        let head =
            "POST /refused HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 9000000\r\n\r\n";
        client.write_all(&[head.as_bytes(), &vec![b'x'; 200_000]].concat()).await.unwrap();
        let text = last_words(&mut client, b"").await;
        assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    }
}
