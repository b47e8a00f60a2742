//! The proxies of the deployment guide, before a stand-in of the system: what they let through, and what they say of the
//! client.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tests::server::{Caddy, Nginx};
use tokio::{net::TcpListener, sync::Semaphore};

/// Says what arrived: the target, then the headers that proxies write.
async fn echo(request: Request) -> String {
    let said = |headers: &HeaderMap, name: &str| {
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
        format!("\n{name}: {}", values.collect::<Vec<_>>().join("|"))
    };
    let names = [
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-real-ip",
        "authorization",
        "traceparent",
    ];
    let lines = names.map(|name| said(request.headers(), name)).concat();
    format!("{}{lines}", request.uri())
}

/// Events, one more whenever somebody has asked for it.
fn events(next: &Arc<Semaphore>) -> Response {
    let next = Arc::clone(next);
    let stream = futures::stream::unfold(0, move |number| {
        let next = Arc::clone(&next);
        async move {
            if number > 0 {
                next.acquire().await.ok()?.forget();
            }
            Some((Ok::<_, Infallible>(format!("data: {number}\n\n")), number + 1))
        }
    });
    ([("content-type", "text/event-stream")], Body::from_stream(stream)).into_response()
}

/// Stands in for the system; where it is.
async fn stand_in() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind a port");
    let upstream = listener.local_addr().expect("a bound socket has an address");
    let asked = Arc::new(Semaphore::new(0));
    let more = Arc::clone(&asked);
    let routes = Router::new()
        .route("/events", get(move || async move { events(&more) }))
        .route("/next", post(move || async move { asked.add_permits(1) }))
        .fallback(echo);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    upstream
}

/// The proxy, before the stand-in.
async fn start(dir: &std::path::Path) -> (Nginx, String) {
    let upstream = stand_in().await;
    let nginx = Nginx::of_the_guide(dir, upstream).await;
    let url = format!("http://{}", nginx.address());
    (nginx, url)
}

/// Says that it is somebody else, and what is to be traced.
fn of_a_client_that_lies(http: &reqwest::Client, url: &str) -> reqwest::RequestBuilder {
    http.get(format!("{url}/api/objects/a%2Fb%20c?x=%25"))
        .header("x-forwarded-for", "6.6.6.6")
        .header("x-forwarded-proto", "gopher")
        .header("x-forwarded-host", "evil.example")
        .header("x-real-ip", "6.6.6.6")
        .header("authorization", "Bearer t")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
}

#[tokio::test]
async fn what_a_client_says_of_its_address_is_not_passed_on() {
    let dir = tempfile::tempdir().expect("make a folder");
    let (mut nginx, url) = start(dir.path()).await;
    let http = client::http::service_client(Duration::from_secs(60));
    let request = of_a_client_that_lies(&http, &url);
    let seen = request.send().await.expect("nginx answers").text().await.expect("it is whole");
    let expected = "/api/objects/a%2Fb%20c?x=%25\nx-forwarded-for: 127.0.0.1\nx-forwarded-proto: http\n\
                    x-forwarded-host: 127.0.0.1\nx-real-ip: 127.0.0.1\nauthorization: Bearer t\ntraceparent: ";
    assert_eq!(seen, expected);
    nginx.stop().await;
}

#[tokio::test]
async fn what_is_for_the_inside_is_not_there_for_the_outside() {
    let dir = tempfile::tempdir().expect("make a folder");
    let (mut nginx, url) = start(dir.path()).await;
    let http = client::http::service_client(Duration::from_secs(60));
    for path in ["/metrics", "/metrics?x", "//metrics", "/%6detrics", "/api/../metrics", "/ready"] {
        let answer = http.get(format!("{url}{path}")).send().await.expect("nginx answers");
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }
    let health = http.get(format!("{url}/health")).send().await.expect("nginx answers");
    assert_eq!(health.status().as_u16(), 200);
    let long = http.post(format!("{url}/api/import/google-drive")).body(vec![b' '; 9 << 20]);
    let refused = long.send().await.expect("nginx answers").status().as_u16();
    assert_eq!(refused, 413);
    nginx.stop().await;
}

/// What the Caddyfile says, without comments and indents.
fn caddyfile() -> Vec<String> {
    let text = include_str!("../../crates/gateway/deploy/Caddyfile");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_caddyfile_says_what_a_proxy_must_do() {
    let lines = caddyfile();
    for line in [
        "images.example.com {",
        "reverse_proxy 127.0.0.1:3000 {",
        "flush_interval -1",
        "header_up X-Real-IP {remote_host}",
        "header_up -traceparent",
        "response_header_timeout 330s",
        "read_header 10s",
        "@inside path /metrics /ready",
        "respond @inside 404",
        "Strict-Transport-Security \"max-age=31536000\"",
    ] {
        assert!(lines.iter().any(|known| known == line), "{line}");
    }
    // it would believe what clients say of their address
    assert!(!lines.iter().any(|line| line.contains("trusted_proxies")));
    let opened = lines.iter().filter(|line| line.ends_with('{')).count();
    assert_eq!(opened, lines.iter().filter(|line| *line == "}").count());
}

/// Where Caddy is installed, which is in no distribution's basic set, the file is taken by its word as well.
#[tokio::test]
async fn caddy_says_the_clients_address_itself_and_passes_events_when_they_happen() {
    let dir = tempfile::tempdir().expect("make a folder");
    let upstream = stand_in().await;
    let Some(caddy) = Caddy::of_the_guide(dir.path(), upstream).await else {
        eprintln!("caddy is not installed: only the words of its file are looked at");
        return;
    };
    let url = format!("http://{}", caddy.address());
    let http = client::http::service_client(Duration::from_secs(60));
    let request = of_a_client_that_lies(&http, &url);
    let seen = request.send().await.expect("Caddy answers").text().await.expect("it is whole");
    let expected = format!(
        "/api/objects/a%2Fb%20c?x=%25\nx-forwarded-for: 127.0.0.1\nx-forwarded-proto: http\n\
         x-forwarded-host: {}\nx-real-ip: 127.0.0.1\nauthorization: Bearer t\ntraceparent: ",
        caddy.address()
    );
    assert_eq!(seen, expected);
    for path in ["/metrics", "/metrics?x", "//metrics", "/%6detrics", "/api/../metrics", "/ready"] {
        let answer = http.get(format!("{url}{path}")).send().await.expect("Caddy answers");
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }
    // the second event comes only when the first was seen
    let mut events = http.get(format!("{url}/events")).send().await.expect("Caddy answers");
    for number in 0..3 {
        let event = events.chunk().await.expect("the stream goes on").expect("it has not ended");
        assert_eq!(event, format!("data: {number}\n\n"));
        let next = http.post(format!("{url}/next")).send().await.expect("Caddy answers");
        assert_eq!(next.status().as_u16(), 200);
    }
}
