//! The wires themselves: what a test of the system relies on.

use std::time::Duration;

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

/// A server that says who it is, and a long body at `/long`.
async fn server(name: &'static str) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new()
        .route("/", get(move || async move { name }))
        .route("/long", get(|| async { "x".repeat(100_000) }));
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    (address, serving)
}

async fn text(url: String) -> Result<String, String> {
    let http = client::http::service_client(Duration::from_secs(10));
    let answer = http.get(url).send().await.map_err(|error| error.to_string())?;
    answer.text().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_dead_replica_is_skipped() {
    let (one, dying) = server("one").await;
    let (other, _) = server("other").await;
    let link = Link::start(Protocol::Http, vec![one, other]).await;
    let both = [text(link.url("/")).await.unwrap(), text(link.url("/")).await.unwrap()];
    assert!(both.contains(&"one".to_owned()) && both.contains(&"other".to_owned()), "{both:?}");
    dying.abort();
    let _ = dying.await;
    for _ in 0..3 {
        assert_eq!(text(link.url("/")).await.unwrap(), "other");
    }
}

#[tokio::test]
async fn a_request_is_caught_at_each_of_its_points() {
    let (address, _) = server("one").await;
    let link = Link::start(Protocol::Http, vec![address]).await;
    let long = Pattern::exactly("GET", "/long");
    for point in [Point::Asked, Point::Answered, Point::Middle(1000), Point::Passed] {
        let trap = link.catch(long, point);
        let call = tokio::spawn(text(link.url("/long")));
        let caught = trap.caught(LIMIT).await.expect("it is caught");
        assert_eq!((caught.caller, caught.callee), (0, 0));
        assert!(point == Point::Passed || !call.is_finished(), "{point:?} stands still");
        assert_eq!(text(link.url("/")).await.unwrap(), "one", "others go on");
        drop(caught);
        assert_eq!(call.await.unwrap().unwrap().len(), 100_000, "{point:?} goes on");
    }
    let trap = link.catch(long, Point::Middle(1000));
    let call = tokio::spawn(text(link.url("/long")));
    trap.caught(LIMIT).await.expect("it is caught").cut();
    assert!(call.await.unwrap().is_err(), "what is cut never becomes whole");
}

#[tokio::test]
async fn a_lost_answer_was_carried_out() {
    let (address, _) = server("one").await;
    let link = Link::start(Protocol::Http, vec![address]).await;
    link.lose_answers(Pattern::exactly("GET", "/"), 1);
    assert!(text(link.url("/")).await.is_err());
    assert_eq!(link.lost_answers(), 1);
    assert_eq!(text(link.url("/")).await.unwrap(), "one");
}

#[tokio::test]
async fn silence_holds_everything_and_a_refusal_breaks_everything() {
    let (address, _) = server("one").await;
    let link = Link::start(Protocol::Raw, vec![address]).await;
    let mut open = TcpStream::connect(link.address).await.unwrap();
    link.set_weather(Weather::Silent);
    open.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    let nothing = tokio::time::timeout(Duration::from_millis(200), open.read_exact(&mut answer)).await;
    assert!(nothing.is_err(), "no byte passes");
    link.set_weather(Weather::Clear);
    open.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");

    link.set_weather(Weather::Refused);
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(LIMIT, open.read_to_end(&mut rest)).await.expect("the connection breaks");
    crate::wait_for(
        "new connections are refused",
        LIMIT,
        || TcpStream::connect(link.address),
        Result::is_err,
    )
    .await
    .expect_err("refused");
    link.set_weather(Weather::Clear);
    crate::wait_for("it clears up", LIMIT, || text(link.url("/")), Result::is_ok).await.unwrap();
}
