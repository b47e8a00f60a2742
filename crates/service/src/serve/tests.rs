//! Stopping, and what is left unread.

mod bodies;
mod counted;
mod fairness;
mod heads;
mod limits;
mod resting;
mod server;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const LIMIT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_request_and_work_that_never_end_do_not_add_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let shutdown = Shutdown::new();
    let asked = shutdown.clone();
    let hangs = get(move || async move {
        asked.spawn(std::future::pending::<()>());
        asked.stop();
        std::future::pending::<()>().await;
    });
    client.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    let serving = tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            let routes = Router::new().route("/", hangs);
            serve_until(listener, routes, Limits::default(), Counts::default(), &shutdown, LIMIT).await
        }
    });
    shutdown.stopping().await;
    let begun = Instant::now();
    serving.await.unwrap().unwrap();
    assert!(begun.elapsed() < LIMIT + LIMIT / 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_client_that_is_still_sending_finds_the_answer_and_the_connection_open() {
    const BODY: usize = 8 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let shutdown = Shutdown::new();
    // nothing of the body is read, or only its beginning
    let begins = |body: Body| async move { drop(body.into_data_stream().next().await) };
    let refused = axum::http::StatusCode::PAYLOAD_TOO_LARGE;
    let routes = Router::new().route("/whole", axum::routing::post(move || async move { refused })).route(
        "/begun",
        axum::routing::post(move |body: Body| async move {
            begins(body).await;
            refused
        }),
    );
    let serving = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { serve(listener, routes, &shutdown).await }
    });
    let piece = vec![b'x'; 65_536];
    for path in ["/whole", "/begun", "/whole"] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: h\r\ncontent-length: {BODY}\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..BODY / piece.len() {
            client.write_all(&piece).await.expect("the connection stays open");
        }
        let mut answer = [0; 1024];
        let length = client.read(&mut answer).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 413 "), "{path}");
    }
    shutdown.stop();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_asks_before_sending_a_body_that_nobody_reads_is_answered_and_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let shutdown = Shutdown::new();
    let refused = axum::http::StatusCode::PAYLOAD_TOO_LARGE;
    let routes = Router::new().route("/", axum::routing::post(move || async move { refused }));
    let serving = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { serve(listener, routes, &shutdown).await }
    });
    let head = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n";
    client.write_all(head).await.unwrap();
    let mut answer = String::new();
    let read = client.read_to_string(&mut answer);
    tokio::time::timeout(unread::LONGEST / 2, read).await.expect("the connection ends").unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && !answer.contains("100 Continue"), "{answer}");
    shutdown.stop();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_event_stream_does_not_hold_up_a_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let shutdown = Shutdown::new();
    let events = get(|| async {
        let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let first = futures::stream::iter([Ok(b": here\n\n".to_vec())]);
        ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(first.chain(never)))
    });
    let serving = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { serve(listener, Router::new().route("/", events), &shutdown).await }
    });
    let answer = client::http::service_client(LIMIT).get(url).send().await.unwrap();
    shutdown.stop();
    assert_eq!(answer.text().await.unwrap(), ": here\n\n");
    tokio::time::timeout(DRAIN / 2, serving).await.expect("it stops at once").unwrap().unwrap();
}
