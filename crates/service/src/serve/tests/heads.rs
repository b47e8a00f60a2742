//! Every odd head has a defined answer, and none is read in two ways. Over raw sockets.

use std::fmt::Write as _;

use axum::routing::post;

use super::{server::*, *};

async fn start() -> Server {
    Server::start_with(NONE, Router::new().route("/echo", post(|body: String| async move { body }))).await
}

/// The statuses of all answers in `text`.
fn statuses(text: &str) -> Vec<&str> {
    let lines = text.match_indices("HTTP/1.").map(|(at, _)| &text[at + 9..at + 12]);
    lines.filter(|status| status.bytes().all(|byte| byte.is_ascii_digit())).collect()
}

/// Sends `head`, and one more request after it: the statuses of what is answered until the connection ends.
async fn answered(server: &Server, head: &str) -> String {
    let last = "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let mut client = server.connect().await;
    let text = last_words(&mut client, format!("{head}{last}").as_bytes()).await;
    let found = statuses(&text);
    let refused = found.iter().find(|status| status.starts_with('4'));
    if refused.is_some() {
        let (head, body) = text.rsplit_once("\r\n\r\n").unwrap();
        assert!(head.contains("\r\nconnection: close"), "{text}");
        assert!(head.contains("\r\ncontent-type: application/json"), "{text}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["error"].is_string() && body["code"].is_string(), "{body}");
        let id = body["request_id"].as_str().unwrap();
        assert!(head.contains(&format!("\r\nx-request-id: {id}\r\n")), "{text}");
    }
    found.join(" ")
}

#[tokio::test]
async fn odd_heads_are_refused_with_a_reason_or_answered_and_never_both() {
    let server = start().await;
    let chunked = "5\r\nhello\r\n0\r\n\r\n";
    for (head, expected) in [
        // what stands for itself
        ("GET / HTTP/1.1\r\n\r\n", "200 200"),
        ("GET http://elsewhere/ HTTP/1.1\r\nhost: h\r\n\r\n", "200 200"),
        ("\r\n\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n", "200 200"),
        // RFC 9112, 2.2: a lone line feed may end a line
        ("GET / HTTP/1.1\nhost: h\n\n", "200 200"),
        ("GET / HTTP/1.0\r\n\r\n", "200"),
        ("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", "200 200"),
        // line by line
        ("GET / HTTP/1.1\r\nhost: h\r\n folded: x\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost : h\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: h\rx: y\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: h\r\nx: a\0b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: h\r\nno colon\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", "400"),
        ("GET  / HTTP/1.1\r\nhost: h\r\n\r\n", "400"),
        ("GET /\r\n\r\n", "400"),
        ("GET / HTTP/2.0\r\n\r\n", "400"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", "400"),
    ] {
        assert_eq!(answered(&server, head).await, expected, "{head:?}");
    }
    for (headers, body, expected) in [
        // RFC 9112, 6.3: chunked it is, and the end of the connection
        ("content-length: 3\r\ntransfer-encoding: chunked", chunked, "200"),
        ("transfer-encoding: chunked\r\ncontent-length: 3", chunked, "200"),
        ("transfer-encoding: chunked", chunked, "200 200"),
        ("content-length: 5\r\ncontent-length: 5", "hello", "200 200"),
        ("content-length: 5\r\ncontent-length: 6", "hello", "400"),
        ("content-length: 5, 5", "hello", "400"),
        ("content-length: +5", "hello", "400"),
        ("content-length: 0x5", "hello", "400"),
        ("content-length: 99999999999999999999", "hello", "400"),
        ("transfer-encoding: xchunked", chunked, "400"),
        ("transfer-encoding: chunked, identity", chunked, "400"),
        ("transfer-encoding: gzip, chunked", chunked, "400"),
        ("transfer-encoding: identity\r\ntransfer-encoding: chunked", chunked, "400"),
        ("transfer-encoding : chunked", chunked, "400"),
        ("expect: 100-continue\r\ncontent-length: 5", "hello", "100 200 200"),
    ] {
        let head = format!("POST /echo HTTP/1.1\r\nhost: h\r\n{headers}\r\n\r\n{body}");
        assert_eq!(answered(&server, &head).await, expected, "{headers}");
    }
    let head = "POST /echo HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    assert_eq!(answered(&server, head).await, "400");
}

#[tokio::test]
async fn a_chunk_that_is_none_ends_the_connection() {
    let server = start().await;
    for chunk in
        ["5;x\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n", "fffffffffffffffff\r\n", "5\r\nhelloX0\r\n\r\n"]
    {
        let head = format!("POST /echo HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n{chunk}");
        let text = last_words(&mut server.connect().await, &[head.as_bytes(), ASK].concat()).await;
        assert_eq!(statuses(&text), ["400"], "{chunk:?}: {text}");
    }
}

#[tokio::test]
async fn nobody_is_connected_with_anybody() {
    let server = start().await;
    for head in ["CONNECT elsewhere:80 HTTP/1.1\r\nhost: elsewhere:80\r\n\r\n", "OPTIONS * HTTP/1.1\r\n\r\n"]
    {
        let sent = format!("{head}GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
        let text = last_words(&mut server.connect().await, sent.as_bytes()).await;
        let found = statuses(&text);
        assert!(found[0].starts_with('4') && found[1..] == ["200"], "{text}");
    }
    let upgrade = "GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";
    assert_eq!(answered(&server, upgrade).await, "200 200");
}

#[tokio::test]
async fn what_is_too_long_is_named() {
    let server = start().await;
    let url = format!("GET /{} HTTP/1.1\r\nhost: h\r\n\r\n", "x".repeat(20_000));
    let header = format!("GET / HTTP/1.1\r\nhost: h\r\nx: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET / HTTP/1.1\r\nhost: h\r\n{}\r\n", "x: y\r\n".repeat(101));
    for (head, expected) in [(url, "414"), (header, "431"), (many, "431")] {
        assert_eq!(answered(&server, &head).await, expected);
    }
}

#[tokio::test]
async fn what_cannot_be_read_after_a_request_is_refused_after_its_answer() {
    let server = start().await;
    let text = last_words(&mut server.connect().await, &[ASK, b"nonsense\r\n\r\n"].concat()).await;
    assert_eq!(statuses(&text), ["200", "400"], "{text}");
    assert!(text.contains("\r\n\r\nhereHTTP/1.1 400 Bad Request\r\n"), "{text}");
}

#[tokio::test]
async fn a_hundred_requests_at_once_are_answered_in_order() {
    let server = start().await;
    let mut sent = String::new();
    for number in 0..100 {
        let head = "POST /echo HTTP/1.1\r\nhost: h\r\ncontent-length: 6";
        write!(sent, "{head}\r\n\r\n<{number:04}>").unwrap();
    }
    sent += "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let text = last_words(&mut server.connect().await, sent.as_bytes()).await;
    let echoed: Vec<u32> =
        text.match_indices('<').map(|(at, _)| text[at + 1..at + 5].parse().unwrap()).collect();
    assert_eq!(echoed, (0..100).collect::<Vec<_>>());
    assert_eq!(statuses(&text).len(), 101);
}
