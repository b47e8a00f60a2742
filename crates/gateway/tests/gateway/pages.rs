//! The files of the web UI.

use std::{fs, path::Path};

use axum::{body::Body, extract::Request};
use gateway::{App, Config};
use service::{Env, cors::Cors};

use crate::stub::{Got, send};

/// Long enough to be worth compressing.
const CODE: &str =
    "export const a = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';\n";

/// A built UI.
fn build(dir: &Path) {
    fs::create_dir_all(dir.join("assets")).unwrap();
    fs::create_dir_all(dir.join(".vite")).unwrap();
    let code = CODE.repeat(20);
    for (name, text) in [
        ("index.html", "<page>"),
        ("icon.svg", "<svg/>"),
        (".vite/manifest.json", "{}"),
        ("assets/app-1a2b.js", "code"),
        ("assets/long-3c4d.js", &code),
        ("assets/both-5e6f.css", &code),
        ("assets/both-5e6f.css.gz", "small"),
        ("assets/both-5e6f.css.br", "smaller"),
    ] {
        fs::write(dir.join(name), text).unwrap();
    }
}

fn serving(dir: &Path, settings: &[(&str, &str)]) -> axum::Router {
    let mut config = Config::from_env(&Env::from_pairs(settings.iter().copied())).unwrap();
    config.ui_dir = Some(dir.to_owned());
    config.cors = Cors::any();
    gateway::router(App::build(config))
}

fn gateway(dir: &tempfile::TempDir) -> axum::Router {
    build(dir.path());
    serving(dir.path(), &[])
}

async fn ask(gateway: &axum::Router, method: &str, path: &str) -> Got {
    ask_with(gateway, method, path, &[]).await
}

async fn ask_with(gateway: &axum::Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    send(gateway, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn files_and_pages_are_served_with_the_right_lifetimes() {
    let dir = tempfile::tempdir().unwrap();
    let gateway = gateway(&dir);
    for (path, body, keep) in [
        ("/", "<page>", "no-cache"),
        ("/index.html", "<page>", "no-cache"),
        ("/jobs/7?x=1", "<page>", "no-cache"),
        ("/apixyz", "<page>", "no-cache"),
        ("/icon.svg", "<svg/>", "no-cache"),
        ("/assets/app-1a2b.js", "code", "public, max-age=31536000, immutable"),
    ] {
        let got = ask(&gateway, "GET", path).await;
        assert_eq!((got.status.as_u16(), &*got.body), (200, body.as_bytes()), "{path}");
        assert_eq!(got.header("cache-control"), Some(keep), "{path}");
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    let head = ask(&gateway, "HEAD", "/jobs/7").await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn nothing_of_the_api_turns_into_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let gateway = gateway(&dir);
    for (method, path, status) in [
        ("GET", "/api/unknown", 404),
        ("GET", "/api", 404),
        ("GET", "/api/images/", 404),
        ("GET", "/health/", 404),
        ("GET", "/metrics/x", 404),
        ("POST", "/jobs/7", 404),
        ("GET", "/assets/gone-9f.js", 404),
        ("GET", "/gone.js", 404),
        ("GET", "/../../etc/passwd.txt", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd.txt", 404),
        ("GET", "/..%2f..%2fetc/passwd", 404),
        ("GET", "/..%5c..%5cwin.ini", 404),
        ("GET", "/icon.svg%00.html", 404),
        ("GET", "/.vite/manifest.json", 404),
        ("GET", "/%2evite/manifest.json", 404),
        ("GET", "/.git", 404),
        ("GET", "/assets", 200),
        ("GET", "/assets/", 404),
        ("GET", "/jobs//7", 404),
        ("GET", "/api//images", 308),
        ("GET", "/health", 200),
    ] {
        let got = ask(&gateway, method, path).await;
        assert_eq!(got.status, status, "{method} {path}");
        let is_page = status == 200 && path != "/health";
        assert_eq!(&*got.body == b"<page>", is_page, "{method} {path}");
        assert_ne!(&*got.body, b"{}", "{method} {path}");
    }
    // a script that is missing for a moment, while a new build takes the place of the old one, is not missing for ever
    let gone = ask(&gateway, "GET", "/assets/gone-9f.js").await;
    assert_eq!(gone.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let gateway = gateway(&dir);
    for path in ["/", "/jobs/7", "/icon.svg", "/assets/app-1a2b.js"] {
        let first = ask(&gateway, "GET", path).await;
        let etag = first.header("etag").unwrap_or_else(|| panic!("{path} has an ETag"));
        let again = ask_with(&gateway, "GET", path, &[("if-none-match", etag)]).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
        for name in ["etag", "cache-control", "content-security-policy"] {
            assert_eq!(again.header(name), first.header(name), "{path}: {name}");
        }
        let other = ask_with(&gateway, "GET", path, &[("if-none-match", "\"another\"")]).await;
        assert_eq!((other.status.as_u16(), &other.body), (200, &first.body), "{path}");
    }
    let before = ask(&gateway, "GET", "/").await.header("etag").unwrap().to_owned();
    fs::write(dir.path().join("index.html"), "<a new page>").unwrap();
    let after = ask_with(&gateway, "GET", "/", &[("if-none-match", &before)]).await;
    assert_eq!((after.status.as_u16(), &*after.body), (200, b"<a new page>".as_slice()));
}

#[tokio::test]
async fn texts_are_compressed_for_who_can_read_that() {
    let dir = tempfile::tempdir().unwrap();
    let gateway = gateway(&dir);
    for (path, accept, encoding) in [
        ("/assets/long-3c4d.js", "gzip, deflate, br", Some("gzip")),
        ("/assets/long-3c4d.js", "identity", None),
        ("/assets/app-1a2b.js", "gzip", None),
        ("/icon.svg", "gzip", None),
        ("/assets/both-5e6f.css", "gzip, br", Some("br")),
        ("/assets/both-5e6f.css", "gzip", Some("gzip")),
        ("/assets/both-5e6f.css", "", None),
    ] {
        let got = ask_with(&gateway, "GET", path, &[("accept-encoding", accept)]).await;
        assert_eq!((got.status.as_u16(), got.header("content-encoding")), (200, encoding), "{path} {accept}");
        assert!(got.header("etag").is_some_and(|etag| etag.starts_with("W/")), "{path} {accept}");
        // as it was compressed by the build, or here
        match (path, encoding) {
            ("/assets/both-5e6f.css", Some("br")) => assert_eq!(&*got.body, b"smaller"),
            ("/assets/both-5e6f.css", Some(_)) => assert_eq!(&*got.body, b"small"),
            (_, Some(_)) => assert!(got.body.starts_with(&[0x1f, 0x8b]) && got.body.len() < 300, "{path}"),
            (_, None) => assert!(!got.body.is_empty(), "{path}"),
        }
        if path != "/assets/app-1a2b.js" && path != "/icon.svg" {
            assert_eq!(got.header("vary").map(str::to_ascii_lowercase).as_deref(), Some("accept-encoding"));
        }
    }
}

#[tokio::test]
async fn pages_take_nothing_from_elsewhere_and_cannot_be_framed() {
    let dir = tempfile::tempdir().unwrap();
    let own = gateway(&dir);
    for path in ["/", "/jobs/7", "/icon.svg", "/assets/app-1a2b.js", "/assets/gone.js"] {
        let got = ask(&own, "GET", path).await;
        let policy = got.header("content-security-policy").unwrap_or_default();
        for rule in
            ["default-src 'self'", "script-src 'self';", "frame-ancestors 'none'", "connect-src 'self';"]
        {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(got.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(got.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(got.header("permissions-policy").is_some(), "{path}");
    }
    let health = ask(&own, "GET", "/health").await;
    assert_eq!(health.header("content-security-policy"), None, "only pages have it");
    let other = serving(dir.path(), &[("REACT_APP_API_URL", "https://api.example/api")]);
    let got = ask(&other, "GET", "/").await;
    let policy = got.header("content-security-policy").unwrap();
    for rule in ["connect-src 'self' https://api.example;", "img-src 'self' data: blob: https://api.example;"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
}

#[tokio::test]
async fn a_ui_that_is_built_while_it_is_served_appears_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let dist = dir.path().join("dist");
    let gateway = serving(&dist, &[]);
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let early = ask_with(&gateway, "GET", "/jobs/7", &browser).await;
    assert_eq!((early.status.as_u16(), early.header("retry-after")), (503, Some("2")));
    assert_eq!(early.header("cache-control"), Some("no-store"));
    let text = String::from_utf8(early.body.to_vec()).unwrap();
    assert!(text.contains("http-equiv=\"refresh\""), "it looks again by itself: {text}");
    assert_eq!(ask(&gateway, "GET", "/").await.json()["code"], "page-not-built");
    assert_eq!(ask(&gateway, "GET", "/assets/app-1a2b.js").await.status, 404);
    assert_eq!(ask(&gateway, "GET", "/health").await.status, 200);
    build(&dist);
    let built = ask_with(&gateway, "GET", "/jobs/7", &browser).await;
    assert_eq!((built.status.as_u16(), &*built.body), (200, b"<page>".as_slice()));
}
