//! Who keeps a seat when all are taken.

use futures::stream;
use tokio::net::TcpStream;

use super::{server::*, *};

async fn start(connections: usize) -> Server {
    let events = get(|| async {
        let first = stream::iter([Ok::<_, std::io::Error>(b": here".to_vec())]);
        ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(first.chain(stream::pending())))
    });
    Server::start_with(Limits { connections, ..NONE }, Router::new().route("/events", events)).await
}

/// A connection from there that has been answered, and is idle.
async fn idle(server: &Server, last: u8) -> TcpStream {
    let mut client = server.connect_from(last).await;
    assert!(ask(&mut client).await.starts_with("HTTP/1.1 200 "), "of 127.0.0.{last}");
    // which one has been idle for longer is told by the millisecond
    tokio::time::timeout(SHORT / 8, std::future::pending::<()>()).await.unwrap_err();
    client
}

async fn events(server: &Server, last: u8) -> TcpStream {
    let mut client = server.connect_from(last).await;
    client.write_all(b"GET /events HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    assert!(answer_until(&mut client, b": here").await, "of 127.0.0.{last}");
    client
}

async fn answer_until(client: &mut TcpStream, end: &[u8]) -> bool {
    let mut text = Vec::new();
    let mut piece = [0; 1024];
    while !text.windows(end.len()).any(|window| window == end) {
        match client.read(&mut piece).await {
            Ok(length @ 1..) => text.extend_from_slice(&piece[..length]),
            _ => return false,
        }
    }
    true
}

/// Waits for its end.
async fn ends(client: &mut TcpStream) {
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, client.read_to_end(&mut rest)).await;
    let _ = ended.expect("the connection ends");
}

#[tokio::test]
async fn who_holds_most_gives_way() {
    let server = start(4).await;
    let mut alone = idle(&server, 3).await;
    let mut many = Vec::new();
    for _ in 0..3 {
        many.push(idle(&server, 2).await);
    }
    let mut third = idle(&server, 4).await;
    ends(&mut many[0]).await;
    for client in [&mut alone, &mut third].into_iter().chain(&mut many[1..]) {
        assert!(ask(client).await.starts_with("HTTP/1.1 200 "));
    }
}

#[tokio::test]
async fn a_flood_from_one_address_takes_no_seat_of_another() {
    let server = start(8).await;
    let mut alone = idle(&server, 3).await;
    let mut flood = Vec::new();
    for round in 0..100 {
        // some say nothing at all, some ask
        flood.push(if round % 2 == 0 { server.connect_from(2).await } else { idle(&server, 2).await });
    }
    assert!(ask(&mut alone).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn event_streams_give_way_when_nobody_is_idle_and_the_oldest_of_most_first() {
    let server = start(3).await;
    let mut one = events(&server, 2).await;
    let mut other = events(&server, 3).await;
    let mut waits = idle(&server, 3).await;
    let mut next = events(&server, 4).await;
    ends(&mut waits).await;
    let _more = events(&server, 2).await;
    // each held one: the one that had been open for longest went
    ends(&mut one).await;
    let mut last = idle(&server, 5).await;
    ends(&mut other).await;
    let mut again = idle(&server, 6).await;
    ends(&mut last).await;
    assert!(ask(&mut again).await.starts_with("HTTP/1.1 200 "));
    let mut piece = [0; 1];
    let open = tokio::time::timeout(SHORT, next.read(&mut piece)).await;
    assert!(open.is_err(), "a stream ended while somebody was idle");
}
