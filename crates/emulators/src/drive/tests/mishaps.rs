//! Every fault of the fault book, as a caller sees it.

use super::{Answer, Emulator};
use crate::drive::{Call, Kind, Rule};
use md5::{Digest, Md5};
use serde_json::{Value, json};

pub(super) const FILE: &str = "bench-9-100000_f4";
pub(super) const MEDIA: &str = "/drive/v3/files/bench-9-100000_f4?alt=media";

/// An emulator with these rules.
pub(super) async fn with(rules: Value) -> Emulator {
    let emulator = Emulator::of_manifest(json!({})).await;
    let answer = emulator.control(http::Method::POST, "/__faults", Some(rules)).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    emulator
}

pub(super) async fn list(emulator: &Emulator) -> Answer {
    emulator.get("files", &[("q", "'bench-9-100000' in parents")]).await
}

pub(super) fn head_and_body(raw: &[u8]) -> (String, &[u8]) {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8_lossy(&raw[..end]).to_lowercase(), &raw[end..])
}

pub(super) fn md5(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

#[tokio::test]
async fn the_book_is_written_read_and_cleared_over_http() {
    let emulator = with(json!({"kind": "internalError", "count": 1})).await;
    assert_eq!(list(&emulator).await.status, 500);
    assert_eq!(list(&emulator).await.status, 200);
    let shown = emulator.control(http::Method::GET, "/__faults", None).await.json();
    assert_eq!((&shown["faults"][0]["fired"], &shown["faults"][0]["matched"]), (&json!(1), &json!(2)));
    assert_eq!(shown["faults"][0]["rule"]["kind"], "internalError");
    let wrong =
        [json!({"kind": "nonsense"}), json!([{"kind": "reset"}, {"kind": "reset", "cuont": 1}]), json!("x")];
    for rules in wrong {
        assert_eq!(
            emulator.control(http::Method::POST, "/__faults", Some(rules.clone())).await.status,
            400,
            "{rules}"
        );
    }
    assert_eq!(emulator.config.faults.report().len(), 1);
    emulator.control(http::Method::PUT, "/__faults", Some(json!([{"kind": "domainPolicy"}]))).await;
    assert_eq!(list(&emulator).await.error(), (403, "domainPolicy".into()));
    emulator.control(http::Method::DELETE, "/__faults", None).await;
    assert_eq!(list(&emulator).await.status, 200);
}

#[tokio::test]
async fn every_reason_of_drive_can_be_had() {
    let emulator = Emulator::of_manifest(json!({})).await;
    for reason in crate::drive::errors::known_reasons() {
        emulator.config.faults.clear();
        emulator.config.faults.add(Rule::reason(reason).on(Call::Media));
        let answer = emulator.media(FILE, None).await.unwrap();
        let error = answer.json()["error"].clone();
        assert_eq!(error["code"], answer.status, "{reason}");
        assert!(answer.status >= 400 && error["errors"][0]["reason"].is_string(), "{reason}");
        assert_eq!(emulator.config.faults.fired(&Kind::Reason(reason.into())), 1);
    }
}

#[tokio::test]
async fn refusals_wear_the_headers_and_the_format_that_the_rule_says() {
    let emulator = with(json!([
        {"reason": "rateLimitExceeded", "status": 429, "retryAfter": 7, "count": 1},
        {"reason": "rateLimitExceeded", "status": 429, "format": 2, "count": 1},
        {"kind": "html-403", "count": 1},
        {"kind": "html-502", "count": 1},
        {"kind": "empty-503", "retryAfter": "Wed, 21 Oct 2026 07:28:00 GMT", "count": 1},
        {"kind": "null-500", "count": 1},
        {"kind": "not-json", "count": 1}]))
    .await;
    let first = list(&emulator).await;
    assert_eq!((first.error(), first.header("retry-after")), ((429, "rateLimitExceeded".into()), Some("7")));
    let second = list(&emulator).await;
    assert_eq!((second.status, second.header("retry-after")), (429, None));
    assert_eq!(second.json()["error"]["details"][0]["reason"], "RATE_LIMIT_EXCEEDED");
    let robots = list(&emulator).await;
    assert_eq!((robots.status, robots.header("content-type")), (403, Some("text/html; charset=utf-8")));
    assert!(String::from_utf8_lossy(&robots.body).contains("automated queries"));
    assert_eq!(list(&emulator).await.status, 502);
    let empty = list(&emulator).await;
    assert_eq!((empty.status, empty.body.len()), (503, 0));
    assert_eq!(empty.header("retry-after"), Some("Wed, 21 Oct 2026 07:28:00 GMT"));
    assert_eq!(list(&emulator).await.json(), json!({"error": {"code": 500, "message": null}}));
    assert_eq!(list(&emulator).await.body, b"not json");
    assert_eq!(list(&emulator).await.status, 200);
}

#[tokio::test]
async fn a_connection_ends_before_or_inside_an_answer() {
    let emulator = with(json!([
        {"kind": "close", "count": 1}, {"kind": "reset", "count": 1, "on": "media"},
        {"kind": "close", "count": 1, "bytes": 500, "on": "media", "skip": 2},
        {"kind": "reset", "count": 1, "bytes": 500, "on": "media", "skip": 3}]))
    .await;
    assert!(emulator.raw(MEDIA, "").await.unwrap().is_empty(), "closed");
    let reset = emulator.raw(MEDIA, "").await.unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    let cut = emulator.raw(MEDIA, "").await.unwrap();
    assert_eq!(head_and_body(&cut).1.len(), 500);
    let reset = emulator.raw(MEDIA, "").await.unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(emulator.media(FILE, None).await.unwrap().body.len(), 100_000);
}

#[tokio::test]
async fn a_quota_refuses_what_is_over_it() {
    for (status, reason) in [(403, "rateLimitExceeded"), (429, "rateLimitExceeded")] {
        let emulator = with(json!({"kind": "quota", "units": 300, "seconds": 600, "status": status})).await;
        assert_eq!(list(&emulator).await.status, 200);
        assert_eq!(emulator.media(FILE, None).await.unwrap().status, 200);
        let refused = emulator.get(&format!("files/{FILE}"), &[]).await;
        assert_eq!(refused.error(), (status, reason.into()));
        assert_eq!(emulator.config.stats.report().units, 305);
    }
}

#[tokio::test]
async fn a_fault_finds_its_file_by_name_and_its_folder_by_id() {
    let emulator = with(json!([{"kind": "notFound", "file": "bench-4.jpg", "on": "media"},
        {"kind": "backendError", "file": "bench-9-100000", "on": "list"}]))
    .await;
    assert_eq!(emulator.media(FILE, None).await.unwrap().error(), (404, "notFound".into()));
    assert_eq!(emulator.media("bench-9-100000_f5", None).await.unwrap().status, 200);
    assert_eq!(list(&emulator).await.error(), (503, "backendError".into()));
    assert_eq!(emulator.get("files", &[("q", "'small3' in parents")]).await.status, 200);
}
