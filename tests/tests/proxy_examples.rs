//! The nginx of the deployment guide, before a stand-in of the system: what it lets through, and what it says of the client.

use std::time::Duration;

use axum::{Router, extract::Request, http::HeaderMap};
use tests::server::Nginx;
use tokio::net::TcpListener;

/// Says what arrived: the target, then the headers that proxies write.
async fn echo(request: Request) -> String {
    let said = |headers: &HeaderMap, name: &str| {
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
        format!("\n{name}: {}", values.collect::<Vec<_>>().join("|"))
    };
    let names = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "authorization"];
    let lines = names.map(|name| said(request.headers(), name)).concat();
    format!("{}{lines}", request.uri())
}

/// The proxy, before the stand-in.
async fn start(dir: &std::path::Path) -> (Nginx, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind a port");
    let upstream = listener.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(echo)).await });
    let nginx = Nginx::of_the_guide(dir, upstream).await;
    let url = format!("http://{}", nginx.address());
    (nginx, url)
}

#[tokio::test]
async fn what_a_client_says_of_its_address_is_not_passed_on() {
    let dir = tempfile::tempdir().expect("make a folder");
    let (mut nginx, url) = start(dir.path()).await;
    let http = client::http::service_client(Duration::from_secs(60));
    let request = http
        .get(format!("{url}/api/objects/a%2Fb%20c?x=%25"))
        .header("x-forwarded-for", "6.6.6.6")
        .header("x-forwarded-proto", "gopher")
        .header("x-forwarded-host", "evil.example")
        .header("x-real-ip", "6.6.6.6")
        .header("authorization", "Bearer t");
    let seen = request.send().await.expect("nginx answers").text().await.expect("it is whole");
    let expected = "/api/objects/a%2Fb%20c?x=%25\nx-forwarded-for: 127.0.0.1\nx-forwarded-proto: http\n\
                    x-forwarded-host: 127.0.0.1\nx-real-ip: 127.0.0.1\nauthorization: Bearer t";
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
