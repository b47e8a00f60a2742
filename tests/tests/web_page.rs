//! The nginx of the web page's container, with its own configuration: the page, and the gateway behind `/api`.

use std::{fs, net::Ipv4Addr, time::Duration};

use axum::{Router, routing::get};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{
    Stack, drive,
    server::{Names, Nginx},
    wait_for,
};
use tokio::net::TcpListener;

use crate::gallery::{Album, content_url, imported, row, text};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A built page.
fn page() -> TempDir {
    let dir = tempfile::tempdir().expect("make a folder");
    fs::create_dir_all(dir.path().join("assets")).expect("make a folder");
    fs::create_dir_all(dir.path().join(".vite")).expect("make a folder");
    let code = "export const pictures = 'and more pictures';\n".repeat(50);
    for (name, text) in [
        ("index.html", "<title>the page</title>"),
        ("favicon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        (".vite/manifest.json", "{}"),
        ("assets/app-1a2b.js", &code),
        ("assets/app-3c4d.css", &code),
        ("assets/app-3c4d.css.gz", "compressed by the build"),
    ] {
        fs::write(dir.path().join(name), text).expect("write a file");
    }
    dir
}

/// nginx, and what it serves.
struct Front {
    nginx: Nginx,
    page: TempDir,
    http: reqwest::Client,
    names: Names,
}

impl Front {
    /// In front of a gateway at this port of the loopback.
    async fn of(port: u16) -> Self {
        Self::led_by(Names::leading_to(Ipv4Addr::LOCALHOST).await, port).await
    }

    async fn led_by(names: Names, port: u16) -> Self {
        let page = page();
        let gateway = format!("api-gateway:{port}");
        let nginx = Nginx::of_the_page(page.path(), page.path(), &gateway, names.address).await;
        Self { nginx, page, http: client::http::service_client(LIMIT), names }
    }

    async fn before(stack: &Stack) -> Self {
        Self::of(stack.api.port().expect("it has a port")).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.nginx.address()))
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.expect("nginx answers")
    }
}

#[tokio::test]
async fn nginx_serves_the_page_with_its_lifetimes_and_headers() {
    let mut front = Front::of(9).await;
    for (path, status, keep, is_page) in [
        ("/", 200, "no-cache", true),
        ("/index.html", 200, "no-cache", true),
        ("/jobs/7?x=1", 200, "no-cache", true),
        ("/apixyz", 200, "no-cache", true),
        ("/favicon.svg", 200, "no-cache", false),
        ("/assets/app-1a2b.js", 200, FOR_EVER, false),
        ("/assets/gone-9f.js", 404, "no-store", false),
        ("/gone.js", 404, "no-store", false),
        ("/.vite/manifest.json", 404, "no-store", false),
        ("/%2evite/manifest.json", 404, "no-store", false),
        ("/..%2f..%2fetc/passwd", 400, "", false),
    ] {
        let answer = front.get(path).await;
        assert_eq!(answer.status(), status, "{path}");
        let headers = answer.headers().clone();
        let body = answer.text().await.expect("it is whole");
        assert_eq!(body == "<title>the page</title>", is_page, "{path}: {body}");
        if status == 400 {
            // refused before anything is looked up
            continue;
        }
        assert_eq!(text(&headers, "cache-control"), keep, "{path}");
        let policy = text(&headers, "content-security-policy");
        assert!(policy.contains("connect-src 'self';") && !policy.contains('$'), "{path}: {policy}");
        assert_eq!(text(&headers, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(text(&headers, "x-frame-options"), "DENY", "{path}");
        assert_eq!(text(&headers, "referrer-policy"), "no-referrer", "{path}");
        assert!(!text(&headers, "permissions-policy").is_empty(), "{path}");
        assert_eq!(headers.get_all("cache-control").iter().count(), 1, "{path}");
        assert!(!text(&headers, "server").contains('/'), "{path} tells nobody its version");
    }
    for path in ["/", "/assets/app-1a2b.js"] {
        let first = front.get(path).await;
        let known = first.headers()["etag"].clone();
        let again = front.request(Method::GET, path).header("if-none-match", known).send().await;
        let again = again.expect("nginx answers");
        assert_eq!(again.status(), 304, "{path}");
        assert_eq!(again.headers()["cache-control"], first.headers()["cache-control"], "{path}");
    }
    assert_eq!(front.get("/health").await.json::<Value>().await.expect("JSON")["status"], "healthy");
    assert_eq!(front.get("/metrics").await.status(), 404, "numbers of the services are not for everybody");
    front.nginx.stop().await;
}

#[tokio::test]
async fn nginx_compresses_texts_and_takes_what_the_build_has_compressed() {
    let front = Front::of(9).await;
    for (path, accept, encoding, length) in [
        ("/assets/app-1a2b.js", "gzip, br", "gzip", None),
        ("/assets/app-1a2b.js", "identity", "", Some(2250)),
        ("/assets/app-3c4d.css", "gzip", "gzip", Some("compressed by the build".len())),
    ] {
        let answer = front.request(Method::GET, path).header("accept-encoding", accept).send().await;
        let answer = answer.expect("nginx answers");
        assert_eq!(text(answer.headers(), "content-encoding"), encoding, "{path}");
        assert_eq!(text(answer.headers(), "vary"), "Accept-Encoding", "{path}");
        let body = answer.bytes().await.expect("it is whole");
        match length {
            Some(length) => assert_eq!(body.len(), length, "{path}"),
            None => assert!(body.starts_with(&[0x1f, 0x8b]) && body.len() < 300, "{path}: {}", body.len()),
        }
    }
}

#[tokio::test]
async fn what_nginx_passes_on_is_the_gateways_own_answer() {
    let album = Album::new();
    let stack = imported(Stack::with(album.drive()), &album).await;
    let front = Front::before(&stack).await;
    let stats: Value = front.get("/api/stats").await.json().await.expect("JSON");
    assert_eq!(stats["total_images"], album.files.len());
    let name = "größe 日本 & #1 100%.jpg";
    let image = row(&stack, name).await;
    let answer = front.get(content_url(&image)).await;
    assert_eq!((answer.status().as_u16(), text(answer.headers(), "content-type")), (200, "image/jpeg"));
    // its own policy and lifetime, and none of the page's
    let policies: Vec<_> = answer.headers().get_all("content-security-policy").iter().collect();
    assert!(policies.len() == 1 && policies[0].to_str().is_ok_and(|policy| policy.contains("sandbox")));
    assert_eq!(answer.headers().get_all("cache-control").iter().count(), 1);
    assert_eq!(answer.headers().get("x-frame-options"), None);
    assert_eq!(answer.bytes().await.expect("it is whole"), album.files[name].bytes);
    let part = front.request(Method::GET, content_url(&image)).header("range", "bytes=3-9").send().await;
    assert_eq!(part.expect("nginx answers").status(), 206);
    // a slash inside a key stays inside its segment
    let absent: Value = front.get("/api/objects/a%2Fb/thumbnail").await.json().await.expect("JSON");
    assert_eq!(absent["code"], "no-such-object");
    let all = front.request(Method::GET, "/api/images/all").header("accept-encoding", "gzip").send().await;
    assert_eq!(text(all.expect("nginx answers").headers(), "content-encoding"), "gzip");
    for (method, path, body, status) in [
        (Method::POST, "/api/import/google-drive", "{}".to_owned(), 400),
        (Method::POST, "/api/import/google-drive", format!("{{\"x\": \"{}\"}}", "x".repeat(2 << 20)), 413),
        (Method::POST, "/api/import/google-drive", format!("{{\"x\": \"{}\"}}", "x".repeat(9 << 20)), 413),
        (Method::DELETE, "/api/images/999999", String::new(), 404),
        (Method::GET, "/api/unknown", String::new(), 404),
    ] {
        let request = front.request(method, path).header("content-type", "application/json").body(body);
        let answer = request.send().await.expect("nginx answers");
        assert_eq!(answer.status(), status, "{path}");
        let told: Value = answer.json().await.expect("errors are JSON");
        assert!(told["error"].is_string(), "{path}: {told}");
    }
}

#[tokio::test]
async fn events_pass_nginx_when_they_happen() {
    let items: Vec<_> = (0..20)
        .map(|number| json!({"id": format!("i{number}"), "name": "a.jpg", "mimeType": "image/jpeg", "bytes": 500}))
        .collect();
    let stack = Stack::with(drive::serving(&json!({"folders": {"album": items}}))).start().await;
    // so slow that it does not end before the first event is seen
    stack.drive.fail(&json!({"kind": "latency", "on": "media", "seconds": 60}));
    let front = Front::before(&stack).await;
    let job = stack.start_job("album").await;
    let events = format!("/api/import/events/{job}");
    let mut answer = front
        .request(Method::GET, &events)
        .header("accept", "text/event-stream")
        .header("accept-encoding", "gzip")
        .send()
        .await
        .expect("nginx answers");
    assert_eq!(text(answer.headers(), "content-encoding"), "", "what is compressed is held back");
    let first = answer.chunk().await.expect("the stream begins").expect("it has not ended");
    assert!(
        first.starts_with(b"event:") || first.starts_with(b"id:") || first.starts_with(b"retry:"),
        "{first:?}"
    );
    assert_eq!(stack.job(&job).await.status, "processing");
}

/// A gateway that is asked who it is.
async fn gateway_at(address: Ipv4Addr, port: u16, name: &'static str) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind((address, port)).await.expect("a port of the loopback");
    let port = listener.local_addr().expect("it is bound").port();
    let routes = Router::new().route("/api/who", get(move || async move { name }));
    let serving = async move { axum::serve(listener, routes).await.expect("it serves") };
    (port, tokio::spawn(serving))
}

#[tokio::test]
async fn a_gateway_that_comes_back_elsewhere_is_found_and_until_then_the_page_is_there() {
    let (old, new) = (Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2));
    let names = Names::leading_to(old).await;
    let (port, first) = gateway_at(old, 0, "the first").await;
    let front = Front::led_by(names, port).await;
    assert_eq!(front.get("/api/who").await.text().await.expect("it is whole"), "the first");
    first.abort();
    let look = || async { front.get("/api/who").await.status().as_u16() };
    wait_for("the gateway is away", LIMIT, look, |status| *status == 503).await;
    let away = front.get("/api/who").await;
    assert_eq!(
        (text(away.headers(), "cache-control"), text(away.headers(), "retry-after")),
        ("no-store", "2")
    );
    assert_eq!(away.json::<Value>().await.expect("JSON")["code"], "gateway-unavailable");
    assert_eq!(front.get("/jobs/7").await.status(), 200, "the page says so itself");
    front.names.lead_to(new);
    let (_, second) = gateway_at(new, port, "the second").await;
    let look = || async { front.get("/api/who").await.text().await.unwrap_or_default() };
    wait_for("the gateway is back", LIMIT, look, |name| name == "the second").await;
    second.abort();
}

#[tokio::test]
async fn a_new_build_is_seen_at_once() {
    let front = Front::of(9).await;
    let known = front.get("/").await.headers()["etag"].clone();
    fs::write(front.page.path().join("index.html"), "<title>the next page</title>").expect("write a file");
    let answer = front.request(Method::GET, "/").header("if-none-match", known).send().await;
    let body = answer.expect("nginx answers").text().await.expect("it is whole");
    assert_eq!(body, "<title>the next page</title>");
}
