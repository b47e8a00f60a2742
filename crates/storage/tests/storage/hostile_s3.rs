//! Something that is no S3, or means harm, behind `AWS_ENDPOINT_URL`.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;
use uuid::Uuid;

use crate::{
    harness::{SECRET_KEY, Service, bytes, config, json},
    stub::{Seen, Stub, answer, refusal},
};

/// A service whose S3 answers so, once it has settled whether the bucket takes ACLs.
async fn before(reply: impl Fn(&Seen) -> String + Send + Sync + 'static) -> (Stub, Service) {
    let stub = Stub::start(move |seen| {
        let settles = seen.is("put") && seen.body.is_empty();
        Some(if settles { answer("200 OK", &[]) } else { reply(seen) })
    })
    .await;
    let mut config = config(&stub.endpoint);
    config.limits.silence = Duration::from_secs(60);
    let service = Service::start(config).await;
    service.stored("first", b"").await;
    (stub, service)
}

async fn refused(service: &Service) -> (u16, Value) {
    let answer = service.put(Uuid::new_v4(), "a.jpg", &bytes(1000), None).await;
    (answer.status().as_u16(), json(answer).await)
}

#[tokio::test]
async fn an_error_without_an_end_is_read_for_a_while_only() {
    // it announces ten gigabytes, sends three megabytes, and then falls silent
    let endless =
        format!("HTTP/1.1 403 Forbidden\r\ncontent-length: 10000000000\r\n\r\n{}", "a".repeat(3 << 20));
    let (_stub, service) = before(move |_| endless.clone()).await;
    let (status, body) = refused(&service).await;
    assert_eq!((status, &body["code"]), (500, &"s3-error".into()), "{body}");
    assert!(body["error"].as_str().unwrap().contains("(403)"), "{body}");
}

#[tokio::test]
async fn an_answer_that_is_no_object_is_read_for_a_while_only() {
    let endless = format!("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n{}", "a".repeat(20 << 20));
    let (_stub, service) = before(move |_| endless.clone()).await;
    let listed = service.http.get(service.url("/objects")).send().await.unwrap();
    assert!(listed.status().is_server_error());
    let body = json(listed).await;
    assert!(!body["error"].as_str().unwrap().contains("in time"), "{body}");
}

#[tokio::test]
async fn what_a_server_says_comes_as_one_short_line() {
    for (code, message, shown) in [
        ("Odd Code", "a&#10;b&#27;[31mc&#155;d", "(400)"),
        ("SomeCode", &*"long ".repeat(100_000), "(SomeCode)"),
        (&*"C".repeat(100_000), "short", "(400)"),
    ] {
        let reply = refusal("400 Bad Request", code, message);
        let (_stub, service) = before(move |_| reply.clone()).await;
        let (status, body) = refused(&service).await;
        let error = body["error"].as_str().unwrap();
        assert_eq!(status, 500, "{error}");
        assert!(error.contains(shown) && error.len() < 1000, "{shown}: {}", error.len());
        assert!(!error.contains(char::is_control), "{error:?}");
    }
}

#[tokio::test]
async fn entities_of_xml_are_not_expanded() {
    let mut laughs = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a0 \"ha\">".to_owned();
    for n in 1..=30 {
        let before = n - 1;
        write!(laughs, "<!ENTITY a{n} \"&a{before};&a{before};\">").unwrap();
    }
    laughs += "<!ENTITY file SYSTEM \"file:///etc/passwd\">]><Error><Code>X</Code><Message>&a30;&file;</Message></Error>";
    let reply = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{laughs}", laughs.len());
    let (_stub, service) = before(move |_| reply.clone()).await;
    let (status, body) = refused(&service).await;
    let error = body["error"].as_str().unwrap();
    assert_eq!(status, 500, "{error}");
    assert!(error.len() < 1000 && !error.contains("haha") && !error.contains("root:"), "{error}");
}

#[tokio::test]
async fn xml_that_is_deep_or_broken_is_an_error_like_any_other() {
    for body in [
        "<a>".repeat(300_000),
        format!("<Error>{}<Code>X</Code></Error>", "<a>".repeat(100_000)),
        "<Error><Code>X".to_owned(),
        "\u{0}\u{1}\u{2}".to_owned(),
        "{\"Code\": \"X\"}".to_owned(),
    ] {
        let reply = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let (_stub, service) = before(move |_| reply.clone()).await;
        let (status, told) = refused(&service).await;
        assert_eq!((status, &told["code"]), (500, &"s3-error".into()), "{told}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_other_server_sees_a_credential() {
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let other = Stub::start(|_| Some(answer("200 OK", &[]))).await;
        let location = format!("location: {}/elsewhere", other.endpoint);
        let (_stub, service) = before(move |_| answer(status, &[&location])).await;
        let (told, body) = refused(&service).await;
        assert!(told >= 500, "{status}: {body}");
        assert!(other.seen().is_empty(), "{status}: {:?}", other.seen());
        let host = other.endpoint.trim_start_matches("http://");
        assert!(!body.to_string().contains(host) && !body.to_string().contains(SECRET_KEY), "{body}");
    }
}
