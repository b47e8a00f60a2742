//! Slow and many clients, over real sockets.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use axum::{body::Bytes, extract::Extension};
use futures::stream;
use tokio::sync::Notify;

use super::{server::*, *};

#[tokio::test]
async fn half_a_head_is_not_waited_for_even_if_it_grows() {
    let server = Server::start(Limits { header_time: SHORT, ..NONE }).await;
    let mut client = server.connect().await;
    client.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    let (mut reads, mut writes) = client.split();
    let dripping = async {
        let mut every = tokio::time::interval(SHORT / 8);
        loop {
            every.tick().await;
            if writes.write_all(b"y").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut end = [0; 16];
    let ended = tokio::select! {
        read = reads.read(&mut end) => read,
        () = dripping => Ok(1),
    };
    assert!(!matches!(ended, Ok(1..)), "{ended:?}");
}

#[tokio::test]
async fn the_head_of_a_further_request_has_the_same_time() {
    let server = Server::start(Limits { header_time: SHORT, ..NONE }).await;
    let mut client = server.connect().await;
    assert!(ask(&mut client).await.starts_with("HTTP/1.1 200 "));
    client.write_all(b"GET / HT").await.unwrap();
    assert_eq!(client.read(&mut [0; 16]).await.unwrap(), 0);
}

#[tokio::test]
async fn between_requests_only_the_idle_time_counts() {
    let server = Server::start(Limits { header_time: SHORT, ..NONE }).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert!(ask(&mut client).await.starts_with("HTTP/1.1 200 "));
        server.has_looked().await;
    }
    let brief = Server::start(Limits { idle_time: SHORT, ..NONE }).await;
    let mut client = brief.connect().await;
    assert!(ask(&mut client).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(client.read(&mut [0; 16]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_request_in_hand_has_all_the_time_it_needs() {
    let server = Server::start(Limits { header_time: SHORT, idle_time: SHORT, ..NONE }).await;
    let mut client = server.connect().await;
    client.write_all(b"GET /held HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    server.has_looked().await;
    server.has_looked().await;
    server.release.notify_one();
    assert!(answer(&mut client).await.ends_with("held"));
}

/// A route whose answer never ends. It counts what it gives, and tells when it is given up.
fn endless(given: &Arc<AtomicUsize>, gone: &Arc<Notify>) -> Router {
    struct Tells(Arc<Notify>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (given, gone) = (Arc::clone(given), Arc::clone(gone));
    let endless = get(move || {
        let (given, tells) = (Arc::clone(&given), Tells(Arc::clone(&gone)));
        async move {
            Body::from_stream(stream::repeat_with(move || {
                let _kept = &tells;
                given.fetch_add(65_536, SeqCst);
                Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 65_536]))
            }))
        }
    });
    Router::new().route("/endless", endless)
}

const ASK_ENDLESS: &[u8] = b"GET /endless HTTP/1.1\r\nhost: h\r\n\r\n";

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_dropped() {
    let (given, gone) = (Arc::default(), Arc::default());
    let limits = Limits { taking_time: SHORT, ..NONE };
    let server = Server::start_with(limits, endless(&given, &gone)).await;
    let mut client = server.connect().await;
    client.write_all(ASK_ENDLESS).await.unwrap();
    gone.notified().await;
}

#[tokio::test]
async fn a_client_that_takes_a_byte_now_and_then_is_dropped() {
    let (given, gone) = (Arc::default(), Arc::default());
    let limits = Limits { taking_time: SHORT * 5, ..NONE };
    let server = Server::start_with(limits, endless(&given, &gone)).await;
    let mut client = server.connect().await;
    client.write_all(ASK_ENDLESS).await.unwrap();
    let mut every = tokio::time::interval(SHORT / 8);
    let taking = async {
        loop {
            every.tick().await;
            if client.read_exact(&mut [0]).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = gone.notified() => {}
        () = taking => {}
    }
}

/// Else a slow client would have to take megabytes before we see that it takes something.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_client_does_not_take_waits_with_us_and_not_in_the_system() {
    let (given, gone) = (Arc::new(AtomicUsize::new(0)), Arc::default());
    let server = Server::start_with(NONE, endless(&given, &gone)).await;
    let mut client = server.connect().await;
    client.write_all(ASK_ENDLESS).await.unwrap();
    let (mut before, mut still) = (0, 0);
    while before == 0 || still < 20 {
        tokio::time::sleep(SHORT / 4).await;
        let now = given.load(SeqCst);
        still = if now == before { still + 1 } else { 0 };
        before = now;
    }
    assert!(before < 1 << 20, "{before} bytes wait in the system");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_answered_431() {
    let server = Server::start(NONE).await;
    for (length, status) in [(12_000, "HTTP/1.1 200 "), (17_000, "HTTP/1.1 431 "), (60_000, "HTTP/1.1 431 ")]
    {
        let mut client = server.connect().await;
        let head = format!("GET / HTTP/1.1\r\nhost: h\r\nx-long: {}\r\n\r\n", "y".repeat(length));
        client.write_all(head.as_bytes()).await.unwrap();
        let mut start = [0; 13];
        client.read_exact(&mut start).await.unwrap();
        assert_eq!(start, status.as_bytes(), "{length}");
    }
}

#[tokio::test]
async fn one_connection_more_ends_the_one_that_was_idle_for_longest() {
    let server = Server::start(Limits { connections: 2, ..NONE }).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    for client in [&mut first, &mut second] {
        assert!(ask(client).await.starts_with("HTTP/1.1 200 "));
    }
    // times count in whole milliseconds
    tokio::time::timeout(SHORT, std::future::pending::<()>()).await.unwrap_err();
    assert!(ask(&mut second).await.starts_with("HTTP/1.1 200 "));
    let mut third = server.connect().await;
    assert!(ask(&mut third).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(first.read(&mut [0; 16]).await.unwrap(), 0);
    assert!(ask(&mut second).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn where_none_is_idle_one_connection_more_is_told_to_come_back() {
    let server = Server::start(Limits { connections: 1, ..NONE }).await;
    let mut client = server.connect().await;
    client.write_all(b"GET /held HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    server.came.notified().await;
    let refused = ask(&mut server.connect().await).await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.contains("\r\nretry-after: 1\r\n"), "{refused}");
    let body: serde_json::Value = serde_json::from_str(refused.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["code"], "too-many-connections");
    server.release.notify_one();
    assert!(answer(&mut client).await.ends_with("held"));
}

#[tokio::test]
async fn two_thousand_idle_connections_keep_nobody_out() {
    let server = Server::start(Limits { connections: 1_000, ..NONE }).await;
    let mut idle = Vec::new();
    for _ in 0..2_000 {
        idle.push(server.connect().await);
    }
    for _ in 0..20 {
        assert!(ask(&mut server.connect().await).await.starts_with("HTTP/1.1 200 "));
    }
}

#[tokio::test]
async fn requests_know_who_asks_where_that_is_wanted() {
    let tells = get(|peer: Option<Extension<Peer>>| async move {
        format!("{:?} here", peer.map(|Extension(Peer(address))| address))
    });
    for (names_peer, expected) in [(true, "Some(127.0.0.1) here"), (false, "None here")] {
        let routes = Router::new().route("/peer", tells.clone());
        let server = Server::start_with(Limits { names_peer, ..NONE }, routes).await;
        let mut client = server.connect().await;
        client.write_all(b"GET /peer HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
        assert!(answer(&mut client).await.ends_with(expected));
    }
}

#[tokio::test]
async fn a_large_answer_that_is_taken_slowly_arrives_whole() {
    const WHOLE: usize = 48 << 20;
    // one piece: hyper is done with the body long before the client has it
    let large = Router::new().route("/large", get(|| async { Bytes::from(vec![b'x'; WHOLE]) }));
    let server = Server::start_with(Limits { idle_time: SHORT, header_time: SHORT, ..NONE }, large).await;
    let mut client = server.connect().await;
    client.write_all(b"GET /large HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut every = tokio::time::interval(SHORT / 8);
    let (mut got, mut piece) = (0, vec![0; 512 * 1024]);
    loop {
        every.tick().await;
        match client.read(&mut piece).await.unwrap() {
            0 => break,
            length => got += length,
        }
    }
    assert!(got > WHOLE, "{got} of {WHOLE} and a head");
}
