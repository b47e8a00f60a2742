//! What is counted of connections.

use super::{server::*, *};

#[tokio::test]
async fn connections_that_are_open_ended_and_refused_are_counted() {
    let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let (metrics, shutdown) = (Metrics::new("some-service"), Shutdown::new());
    let here = Router::new().route("/", get(|| async { "here" }));
    let routes = finish_measured(here, Cors::any(), &metrics, |routes| routes);
    let limits = Limits { connections: 2, idle_time: SHORT, ..NONE };
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move { serve_measured_within(limits, &metrics, listener, routes, &shutdown).await }
    });
    let connect = || async { tokio::net::TcpStream::connect(address).await.unwrap() };
    assert!(last_words(&mut connect().await, b"nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    // it is answered, and idle for too long
    assert!(last_words(&mut connect().await, ASK).await.ends_with("here"));
    let (mut first, _second) = (connect().await, connect().await);
    let mut last = connect().await;
    // two say nothing: the third takes the place of one of them
    let asked = b"GET /metrics HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let text = last_words(&mut last, asked).await;
    assert_eq!(first.read(&mut [0; 16]).await.unwrap(), 0);
    let refused = |reason| {
        format!("image_import_connections_refused_total{{service=\"some-service\",reason=\"{reason}\"}}")
    };
    for (name, number) in [
        (refused("bad-head"), 1),
        (refused("idle"), 1),
        (refused("made-room"), 1),
        (refused("full"), 0),
        ("image_import_connections_open{service=\"some-service\"}".to_owned(), 2),
    ] {
        assert!(text.contains(&format!("\n{name} {number}\n")), "{name} {number}: {text}");
    }
    shutdown.stop();
}
