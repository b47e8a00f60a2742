//! Who is let in, where `API_TOKEN` is set.

use axum::{body::Body, extract::Request};
use client::{Secret, signature::UrlSigner};

use crate::stub::{Answer, Got, Stack, send};

const TOKEN: &str = "a-token-of-the-api";
const KEY: &str = "0123abcd-89ab-4def-8123-456789abcdef_a b.jpg";
const OBJECT: &str = "/api/objects/0123abcd-89ab-4def-8123-456789abcdef_a%20b.jpg";

/// Every route of the table, with whether it changes something.
const ROUTES: [(&str, &str, bool); 19] = [
    ("POST", "/api/import/google-drive", true),
    ("GET", "/api/import/status/j", false),
    ("GET", "/api/images", false),
    ("GET", "/api/images/all", false),
    ("GET", "/api/images/7", false),
    ("DELETE", "/api/images/7", true),
    ("GET", "/api/stats", false),
    ("POST", "/api/import/preview", true),
    ("GET", "/api/import/events/j", false),
    ("GET", "/api/import/jobs", false),
    ("GET", "/api/import/jobs/j", false),
    ("POST", "/api/import/jobs/j/cancel", true),
    ("POST", "/api/import/jobs/j/retry", true),
    ("GET", "/api/import/jobs/j/failures", false),
    ("GET", "/api/images/counts", false),
    ("GET", "/api/images/histogram", false),
    ("POST", "/api/images/delete", true),
    ("GET", OBJECT, false),
    ("GET", "/api/objects/k/thumbnail", false),
];

async fn open() -> Stack {
    Stack::start().await
}

async fn guarded() -> Stack {
    Stack::with(&[("API_TOKEN", TOKEN)]).await
}

async fn guarded_whole() -> Stack {
    Stack::with(&[("API_TOKEN", TOKEN), ("API_TOKEN_READS", "true")]).await
}

async fn ask(stack: &Stack, method: &str, path: &str, authorization: Option<&str>) -> Got {
    for stub in [&stack.import, &stack.metadata, &stack.storage] {
        stub.forget_answers();
        stub.will_answer(Answer::json("{}"));
    }
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request =
        authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
    send(&stack.gateway, request.body(Body::from("{}")).unwrap()).await
}

fn assert_refused(got: &Got, stack: &Stack, what: &str) {
    assert_eq!(got.status, 401, "{what}");
    assert_eq!(got.header("www-authenticate"), Some("Bearer"), "{what}");
    assert!(got.error().contains("token") && got.json()["request_id"].is_string(), "{what}");
    assert!(stack.asked().is_empty(), "{what}: a service was asked");
}

#[tokio::test]
async fn every_route_is_open_or_guarded_as_the_settings_say() {
    let right = format!("Bearer {TOKEN}");
    for (stack, guards_changes, guards_reads) in
        [(open().await, false, false), (guarded().await, true, false), (guarded_whole().await, true, true)]
    {
        for (method, path, changes) in ROUTES {
            let is_guarded = if changes { guards_changes } else { guards_reads };
            for (sent, is_right) in [
                (None, false),
                (Some("Bearer a-token-of-the-ap"), false),
                (Some("Bearer a-token-of-the-api2"), false),
                (Some("Bearer "), false),
                (Some("Basic a-token-of-the-api"), false),
                (Some(TOKEN), false),
                (Some(right.as_str()), true),
                (Some("bearer  a-token-of-the-api "), true),
            ] {
                let got = ask(&stack, method, path, sent).await;
                let what = format!("{method} {path} {sent:?} {guards_changes} {guards_reads}");
                if is_guarded && !is_right {
                    assert_refused(&got, &stack, &what);
                } else {
                    assert_eq!(got.status, 200, "{what}");
                    let asked = stack.asked();
                    assert_eq!(asked.len(), 1, "{what}");
                    assert!(!asked[0].headers.contains_key("authorization"), "{what}: the token went on");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_table_here_is_the_whole_table() {
    let table = include_str!("../../src/routes.rs");
    let lines = table.split("#[cfg(test)]").next().unwrap();
    let count = |kind: &str| {
        lines.matches(&format!("{kind}(GET, \"")).count()
            + lines.matches(&format!("{kind}(POST, \"")).count()
            + lines.matches(&format!("{kind}(DELETE, \"")).count()
    };
    assert_eq!(count("original") + count("addition"), ROUTES.len(), "a route has no line in this test");
}

#[tokio::test]
async fn heads_are_reads_and_all_other_methods_change_something() {
    let (guarded, whole) = (guarded().await, guarded_whole().await);
    for (method, path, open_to_read, refused_whole) in [
        ("HEAD", "/api/images", 200, true),
        ("HEAD", OBJECT, 200, true),
        ("GET", "/api/nothing", 404, true),
        ("PUT", "/api/images/7", 401, true),
        ("PATCH", "/api/images/7", 401, true),
        ("FOO", "/api/images", 401, true),
        ("POST", "/api/import/update-status", 401, true),
        ("POST", "/api", 401, true),
        ("DELETE", "/%61pi/images/%37", 401, true),
        ("DELETE", "//api/images/7", 401, true),
        ("POST", "/apixyz", 404, false),
        ("GET", "/health", 200, false),
        ("OPTIONS", "/api/images", 200, false),
        ("OPTIONS", "/api/import/google-drive", 200, false),
    ] {
        assert_eq!(ask(&guarded, method, path, None).await.status, open_to_read, "{method} {path}");
        assert_eq!(ask(&whole, method, path, None).await.status == 401, refused_whole, "{method} {path}");
    }
}

#[tokio::test]
async fn a_preflight_is_let_through_and_a_page_may_read_the_refusal() {
    let stack = guarded_whole().await;
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri("/api/images/7")
        .header("origin", "https://page.example")
        .header("access-control-request-method", "DELETE")
        .header("access-control-request-headers", "authorization");
    let got = send(&stack.gateway, preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.header("access-control-allow-headers"), Some("authorization"));
    let asked = Request::delete("/api/images/7").header("origin", "https://page.example");
    let got = send(&stack.gateway, asked.body(Body::empty()).unwrap()).await;
    assert_eq!(got.status, 401);
    assert_eq!(got.header("access-control-allow-origin"), Some("https://page.example"));
}

#[tokio::test]
async fn a_signed_address_opens_its_object_and_thumbnail_and_nothing_else() {
    let stack = guarded_whole().await;
    let signed = UrlSigner::new(&Secret::new(TOKEN)).query(KEY.as_bytes());
    let inside = OBJECT.strip_prefix("/api").unwrap();
    for (method, asked, goes_on) in [
        ("GET", format!("{OBJECT}?{signed}"), inside.to_owned()),
        ("HEAD", format!("{OBJECT}?{signed}&download=1"), format!("{inside}?download=1")),
        ("GET", format!("{OBJECT}/thumbnail?size=320&{signed}"), format!("{inside}/thumbnail?size=320")),
        (
            "GET",
            format!("{OBJECT}/thumbnail?{signed}&size=320&x=%26"),
            format!("{inside}/thumbnail?size=320&x=%26"),
        ),
    ] {
        let got = ask(&stack, method, &asked, None).await;
        assert_eq!(got.status, 200, "{method} {asked}");
        assert_eq!(stack.storage.asked()[0].uri, goes_on);
    }
    for (method, path) in [
        ("GET", "/api/objects/0123abcd-89ab-4def-8123-456789abcdef_other.jpg".to_owned()),
        ("GET", "/api/images".to_owned()),
        ("POST", OBJECT.to_owned()),
        ("DELETE", "/api/images/7".to_owned()),
        ("GET", format!("{OBJECT}/checksum")),
    ] {
        let got = ask(&stack, method, &format!("{path}?{signed}"), None).await;
        assert_eq!(got.status, 401, "{method} {path}");
        assert!(stack.asked().is_empty(), "{method} {path}");
    }
    let by_token = ask(&stack, "GET", &format!("{OBJECT}?{signed}0"), Some(&format!("Bearer {TOKEN}"))).await;
    assert_eq!(by_token.status, 200, "the token is enough whatever the signature");
    assert_eq!(stack.storage.asked()[0].uri, inside);
}

#[tokio::test]
async fn an_address_that_has_expired_or_was_changed_says_so() {
    let stack = guarded_whole().await;
    let signer = UrlSigner::new(&Secret::new(TOKEN));
    let expired = signer.query_until(KEY.as_bytes(), 1_700_000_000);
    let got = ask(&stack, "GET", &format!("{OBJECT}?{expired}"), None).await;
    assert_eq!((got.status.as_u16(), got.json()["code"].as_str()), (401, Some("address-expired")));
    assert!(got.error().contains("expired"), "{}", got.error());
    let changed = signer.query(KEY.as_bytes()).replace("expires=", "expires=9");
    let got = ask(&stack, "GET", &format!("{OBJECT}?{changed}"), None).await;
    assert_eq!((got.status.as_u16(), got.json()["code"].as_str()), (401, Some("address-not-signed")));
    assert!(stack.asked().is_empty());
}

#[tokio::test]
async fn what_only_some_may_read_is_in_no_shared_cache() {
    for (stack, kept) in
        [(guarded().await, "public, immutable"), (guarded_whole().await, "private, immutable")]
    {
        stack
            .storage
            .will_answer(Answer::new(200, "image/png", "x").with("cache-control", "public, immutable"));
        let asked = Request::get(OBJECT).header("authorization", format!("Bearer {TOKEN}"));
        let got = send(&stack.gateway, asked.body(Body::empty()).unwrap()).await;
        assert_eq!(got.header("cache-control"), Some(kept));
    }
}

#[tokio::test]
async fn a_token_of_the_services_is_sent_on_and_never_that_of_a_client() {
    for (setting, expected) in [("", None), ("the-services-know-it", Some("the-services-know-it"))] {
        let stack = Stack::with(&[("INTERNAL_TOKEN", setting)]).await;
        for (path, stub) in
            [("/api/stats", &stack.metadata), ("/api/import/jobs", &stack.import), (OBJECT, &stack.storage)]
        {
            stub.will_answer(Answer::json("{}"));
            let asked = Request::get(path).header("x-internal-token", "a guess of a client");
            send(&stack.gateway, asked.body(Body::empty()).unwrap()).await;
            let sent = stub.asked()[0]
                .headers
                .get("x-internal-token")
                .map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(sent.as_deref(), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn a_service_that_does_not_know_the_gateway_is_no_reason_to_ask_a_client_for_a_token() {
    let stack = open().await;
    for (scheme, status) in [("X-Internal-Token", 503), ("Bearer", 401)] {
        stack
            .metadata
            .will_answer(Answer::new(401, "application/json", "{}").with("www-authenticate", scheme));
        assert_eq!(stack.ask("GET", "/api/stats").await.status, status, "{scheme}");
    }
}

#[tokio::test]
async fn the_page_of_the_description_opens_without_the_token_and_the_description_does_not() {
    let stack = guarded_whole().await;
    for name in ["", "/start.js", "/page.css", "/swagger-ui.css", "/swagger-ui-bundle.js"] {
        for method in ["GET", "HEAD"] {
            let got = ask(&stack, method, &format!("/api/docs{name}"), None).await;
            assert_eq!(got.status, 200, "{method} {name}");
        }
    }
    let page = ask(&stack, "GET", "/api/docs", Some("Bearer another-token")).await;
    assert_eq!(page.status, 200, "a wrong token changes nothing");
    let policy = page.header("content-security-policy").unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(policy.contains("connect-src 'self'") && !policy.contains("http"), "{policy}");

    for (method, path) in [
        ("GET", "/api/openapi.json"),
        ("HEAD", "/api/openapi.json"),
        ("POST", "/api/docs"),
        ("GET", "/api/docsx"),
        ("GET", "/api/docs/../images"),
        ("GET", "/api/docs/a/b"),
    ] {
        assert_eq!(ask(&stack, method, path, None).await.status, 401, "{method} {path}");
    }
    let document = ask(&stack, "GET", "/api/openapi.json", Some(&format!("Bearer {TOKEN}"))).await;
    assert_eq!((document.status.as_u16(), document.json()["openapi"].as_str()), (200, Some("3.1.0")));
    assert!(stack.asked().is_empty());
}
