//! Connections that wait for a request hold nothing, and lose nothing of it.

use std::sync::Arc;

use tokio::net::TcpStream;

use super::{
    super::{
        connection::{self, Http},
        seat::Seat,
        seats::Seats,
        watched::Answer,
    },
    server::*,
    *,
};

/// One connection whose seat can be looked at.
async fn connected() -> (TcpStream, Arc<Seat>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (socket, peer) = listener.accept().await.unwrap();
    let seats = Arc::new(Seats::new(NONE, Counts::default()));
    let (seat, holding) = seats.take(peer.ip()).unwrap();
    let of_answers = Arc::clone(&seat);
    let service = hyper::service::service_fn(move |_: http::Request<hyper::body::Incoming>| {
        let seat = Arc::clone(&of_answers);
        async move {
            seat.begins(false).unwrap();
            Ok::<_, std::convert::Infallible>(Response::new(Answer::new(Body::from("here"), seat)))
        }
    });
    let http = Http { builder: hyper::server::conn::http1::Builder::new(), header_bytes: 16 * 1024 };
    tokio::spawn(connection::hold(socket, Arc::new(http), service, Arc::clone(&seat), holding));
    tokio::spawn(async move { seats.watch().await });
    (client, seat)
}

/// Waits until it does.
async fn rests(seat: &Seat) {
    let resting = async {
        while !seat.is_resting() {
            tokio::time::sleep(SHORT).await;
        }
    };
    tokio::time::timeout(PATIENCE, resting).await.expect("it comes to rest");
}

#[tokio::test]
async fn a_connection_holds_nothing_before_its_first_byte_and_between_requests() {
    let (mut client, seat) = connected().await;
    rests(&seat).await;
    for _ in 0..2 {
        assert!(ask(&mut client).await.ends_with("here"));
        rests(&seat).await;
    }
    client.write_all(&ASK[..5]).await.unwrap();
    let begun = async {
        while seat.is_resting() {
            tokio::time::sleep(SHORT).await;
        }
    };
    tokio::time::timeout(PATIENCE, begun).await.expect("it takes up half a head");
    client.write_all(&ASK[5..]).await.unwrap();
    assert!(answer(&mut client).await.ends_with("here"));
}

#[tokio::test]
async fn half_a_head_is_all_that_is_held_of_it() {
    let server = Server::start(NONE).await;
    let mut client = server.connect().await;
    for byte in ASK {
        client.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(answer(&mut client).await.ends_with("here"));
    // what can be no head is not waited for
    let mut client = server.connect().await;
    let refused = last_words(&mut client, b"\x16\x03\x01").await;
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
}

#[tokio::test]
async fn a_request_may_come_in_any_two_pieces() {
    let server = Server::start(NONE).await;
    let mut client = server.connect().await;
    for at in 1..ASK.len() {
        client.write_all(&ASK[..at]).await.unwrap();
        tokio::task::yield_now().await;
        client.write_all(&ASK[at..]).await.unwrap();
        assert!(answer(&mut client).await.ends_with("here"), "{at}");
    }
}

/// So many that nothing is kept between two requests.
#[tokio::test]
async fn in_a_crowd_requests_in_odd_pieces_are_all_answered() {
    let echo = axum::routing::post(|body: String| async move { body });
    let server = Server::start_with(NONE, Router::new().route("/echo", echo)).await;
    let mut crowd = Vec::new();
    for _ in 0..1_100 {
        crowd.push(server.connect().await);
    }
    let one = b"POST /echo HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\n<abc>";
    let all = one.repeat(300);
    let mut client = server.connect().await;
    let (mut reads, mut writes) = client.split();
    let sending = async {
        let (mut rest, mut length) = (&all[..], 1);
        while !rest.is_empty() {
            let (piece, others) = rest.split_at(length.min(rest.len()));
            writes.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
            (rest, length) = (others, (length * 7 % 331).max(1));
        }
    };
    let reading = async {
        let (mut text, mut piece) = (Vec::new(), [0; 4096]);
        while text.windows(5).filter(|window| *window == b"<abc>").count() < 300 {
            let length = reads.read(&mut piece).await.unwrap();
            assert!(length > 0, "{}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&piece[..length]);
        }
    };
    tokio::time::timeout(PATIENCE, async { tokio::join!(sending, reading) }).await.expect("all are answered");
    assert!(ask(&mut crowd[0]).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn stopping_ends_who_rests_and_lets_half_a_head_become_a_request() {
    let server = Server::start(NONE).await;
    let (mut fresh, mut idle, mut halfway) =
        (server.connect().await, server.connect().await, server.connect().await);
    for client in [&mut idle, &mut halfway] {
        assert!(ask(client).await.ends_with("here"));
    }
    let mut begun = server.connect().await;
    for client in [&mut begun, &mut halfway] {
        client.write_all(&ASK[..10]).await.unwrap();
    }
    // all of them have been accepted, and what they sent has been read
    let mut held = server.connect().await;
    held.write_all(b"GET /held HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    server.came.notified().await;
    server.shutdown.stop();
    for client in [&mut fresh, &mut idle] {
        assert_eq!(client.read(&mut [0; 16]).await.unwrap(), 0);
    }
    for client in [&mut begun, &mut halfway] {
        let text = last_words(client, &ASK[10..]).await;
        assert!(text.contains("connection: close\r\n") && text.ends_with("here"), "{text}");
    }
    server.release.notify_one();
    assert!(answer(&mut held).await.ends_with("held"));
}
