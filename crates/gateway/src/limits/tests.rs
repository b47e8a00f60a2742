//! Rates and streams, as clients meet them.

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use service::{Env, serve::Peer};

use super::*;
use crate::Config;

fn limits(settings: &[(&str, &str)]) -> Arc<Limits> {
    let env = Env::from_pairs(settings.iter().copied());
    Arc::new(Limits::new(&Config::from_env(&env).unwrap().limits))
}

fn request(method: &str, path: &str, from: &str) -> Request {
    let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    request.extensions_mut().insert(Peer(from.parse().unwrap()));
    request
}

/// The statuses of the same request, sent again and again.
fn statuses(limits: &Limits, method: &str, path: &str, from: &str, times: usize) -> Vec<u16> {
    let status = |_| {
        let request = request(method, path, from);
        let checked = limits.check_client(&request).and_then(|()| limits.check_all(&request));
        checked.map_or_else(|error| error.status().as_u16(), |()| 200)
    };
    (0..times).map(status).collect()
}

#[test]
fn each_address_has_a_rate_of_its_own() {
    let limits = limits(&[("RATE_LIMIT", "2")]);
    assert_eq!(statuses(&limits, "GET", "/api/stats", "10.0.0.1", 3), [200, 200, 429]);
    assert_eq!(statuses(&limits, "GET", "/api/stats", "10.0.0.2", 1), [200]);
    for unlimited in ["/health", "/ready", "/metrics", "/", "/assets/index.js", "/apiary"] {
        assert_eq!(statuses(&limits, "GET", unlimited, "10.0.0.1", 3), [200; 3], "{unlimited}");
    }
    assert_eq!(statuses(&limits, "OPTIONS", "/api/stats", "10.0.0.1", 3), [200; 3]);
}

#[test]
fn all_addresses_together_have_another() {
    let limits = limits(&[("RATE_LIMIT_GLOBAL", "2")]);
    assert_eq!(statuses(&limits, "GET", "/api/stats", "10.0.0.1", 2), [200, 200]);
    assert_eq!(statuses(&limits, "GET", "/api/stats", "10.0.0.2", 1), [429]);
}

#[test]
fn a_client_that_is_refused_uses_up_nothing_that_all_share() {
    let limits = limits(&[("RATE_LIMIT", "1"), ("RATE_LIMIT_GLOBAL", "2")]);
    assert_eq!(statuses(&limits, "GET", "/api/stats", "10.0.0.1", 9)[..3], [200, 429, 429]);
    assert_eq!(statuses(&limits, "GET", "/api/stats", "10.0.0.2", 1), [200]);
    assert_eq!(statuses(&limits, "GET", "/api/stats", "10.0.0.3", 1), [429]);
    let import = "/api/import/google-drive";
    let limits = self::limits(&[("RATE_LIMIT_IMPORTS", "1"), ("RATE_LIMIT_GLOBAL", "2")]);
    assert_eq!(statuses(&limits, "POST", import, "10.0.0.1", 9)[..3], [200, 429, 429]);
    assert_eq!(statuses(&limits, "POST", import, "10.0.0.2", 1), [200]);
    assert_eq!(statuses(&limits, "POST", import, "10.0.0.3", 1), [429]);
}

#[test]
fn imports_are_counted_apart_from_all_else() {
    for (per_client, from_another) in [("RATE_LIMIT_IMPORTS", 200), ("RATE_LIMIT_IMPORTS_GLOBAL", 429)] {
        for path in ["/api/import/google-drive", "/api/import/preview", "/api/import/jobs/7/retry"] {
            let limits = limits(&[(per_client, "1")]);
            assert_eq!(statuses(&limits, "POST", path, "10.0.0.1", 2), [200, 429], "{path}");
            assert_eq!(statuses(&limits, "POST", path, "10.0.0.2", 1), [from_another], "{path}");
            assert_eq!(statuses(&limits, "GET", "/api/import/jobs/7", "10.0.0.1", 3), [200; 3]);
            assert_eq!(statuses(&limits, "POST", "/api/import/jobs/7/cancel", "10.0.0.1", 3), [200; 3]);
        }
    }
}

#[tokio::test]
async fn one_request_too_many_is_told_when_to_come_back() {
    let routes = Router::new().fallback(|| async { "here" });
    let limited = before(&limits(&[("RATE_LIMIT", "1")]), routes);
    let ask = || limited.clone().oneshot(request("GET", "/api/stats", "10.0.0.1"));
    assert_eq!(ask().await.unwrap().status(), 200);
    let refused = ask().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let body = axum::body::to_bytes(refused.into_body(), 10_000).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["code"], "rate-limited");
    assert!(body["error"].as_str().unwrap().contains("try again in"), "{body}");
}

#[tokio::test]
async fn streams_of_one_client_are_counted_while_they_are_open() {
    let limits = limits(&[("EVENTS_PER_CLIENT", "2")]);
    let (here, there) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
    let answer = |kind: &'static str| {
        let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let mut answer = Response::new(Body::from_stream(never));
        *answer.headers_mut() = HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
        answer
    };
    let first = limits.stream(here).unwrap().kept_by(answer("text/event-stream"));
    let _second = limits.stream(here).unwrap().kept_by(answer("text/event-stream; charset=utf-8"));
    assert_eq!(limits.stream(here).unwrap_err().status(), 429);
    // what is no stream keeps no place
    let _error = limits.stream(there).unwrap().kept_by(answer("application/json"));
    let _one = limits.stream(there).unwrap();
    let _two = limits.stream(there).unwrap();
    assert!(limits.stream(there).is_err());
    drop(first);
    assert!(limits.stream(here).is_ok());
}

#[tokio::test]
async fn strangers_use_up_nothing_that_all_share() {
    for rate in ["RATE_LIMIT_IMPORTS_GLOBAL", "RATE_LIMIT_GLOBAL"] {
        let env = Env::from_pairs([
            ("API_TOKEN", "canary-canary-canary"),
            (rate, "1"),
            ("RATE_LIMIT", "4"),
            ("IMPORT_SERVICE_URL", "http://127.0.0.1:1"),
        ]);
        let gateway = crate::router(crate::App::build(Config::from_env(&env).unwrap()));
        let import = async |token: &str, from: &str| {
            let mut request = request("POST", "/api/import/google-drive", from);
            *request.body_mut() = Body::from(r#"{"folder_url": "x"}"#);
            let headers = request.headers_mut();
            headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
            headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
            gateway.clone().oneshot(request).await.unwrap().status().as_u16()
        };
        // of their own they do: nobody tries tokens for long
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(import("a stranger's", "10.0.0.1").await);
        }
        assert_eq!(answers, [401, 401, 401, 401, 429], "{rate}");
        // let through to the service, which is not there
        assert_eq!(import("canary-canary-canary", "10.0.0.2").await, 503, "{rate}");
        assert_eq!(import("canary-canary-canary", "10.0.0.3").await, 429, "{rate}");
    }
}

#[tokio::test]
async fn an_event_source_that_is_refused_comes_back_by_itself() {
    let routes = Router::new().fallback(|| async { "here" });
    let limits = limits(&[("RATE_LIMIT", "1")]);
    let limited = before(&limits, routes);
    let ask = async |path: &str, headers: &[(&'static str, &'static str)]| {
        let mut request = request("GET", path, "10.0.0.1");
        request.headers_mut().extend(headers.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), header::HeaderValue::from_static(value))
        }));
        let answer = limited.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let (events, accept) = ("/api/import/events/j", ("accept", "text/event-stream"));
    let source = [accept, ("cache-control", "no-cache")];
    assert_eq!(ask(events, &source).await.0, 200);
    let (status, body) = ask(events, &source).await;
    assert_eq!(status, 200);
    let wait = body.strip_prefix("retry: ").and_then(|rest| rest.split_once('\n')).unwrap();
    assert!((1..=60_000).contains(&wait.0.parse::<u32>().unwrap()), "{body}");
    assert!(wait.1.starts_with(": Too many requests from your address") && body.ends_with("\n\n"), "{body}");
    // who reads the answer is told the truth
    assert_eq!(ask(events, &[accept]).await.0, 429);
    assert_eq!(ask("/api/stats", &source).await.0, 429);
}
