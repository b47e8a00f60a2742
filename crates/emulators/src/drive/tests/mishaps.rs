//! Every fault of the fault book, as a caller sees it.

use super::{Answer, Emulator, read, texts};
use crate::drive::{Call, Kind, Rule};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const FILE: &str = "bench-9-100000_f4";
const MEDIA: &str = "/drive/v3/files/bench-9-100000_f4?alt=media";

/// An emulator with these rules.
async fn with(rules: Value) -> Emulator {
    let emulator = Emulator::of_manifest(json!({})).await;
    let answer = emulator.control(http::Method::POST, "/__faults", Some(rules)).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    emulator
}

async fn list(emulator: &Emulator) -> Answer {
    emulator.get("files", &[("q", "'bench-9-100000' in parents")]).await
}

fn head_and_body(raw: &[u8]) -> (String, &[u8]) {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8_lossy(&raw[..end]).to_lowercase(), &raw[end..])
}

fn md5(bytes: &[u8]) -> String {
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
async fn a_short_download_announces_its_length_or_not() {
    let emulator = with(json!([
        {"kind": "truncate", "count": 1},
        {"kind": "truncate", "count": 1, "skip": 1, "bytes": 10, "length": "none"},
        {"kind": "truncate", "count": 1, "skip": 2, "bytes": 10, "length": "chunked"},
        {"kind": "truncate", "count": 1, "skip": 3, "bytes": 10}]))
    .await;
    let announced = emulator.raw(MEDIA, "").await.unwrap();
    let (head, body) = head_and_body(&announced);
    assert!(head.contains("content-length: 100000"), "{head}");
    assert_eq!(body.len(), 50_000);
    let silent = emulator.raw(MEDIA, "").await.unwrap();
    let (head, body) = head_and_body(&silent);
    assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
    assert_eq!(body.len(), 10);
    let chunked = emulator.raw(MEDIA, "").await.unwrap();
    let (head, body) = head_and_body(&chunked);
    assert!(head.contains("transfer-encoding: chunked") && !body.ends_with(b"0\r\n\r\n"), "{head}");
    let part = emulator.raw(MEDIA, "Range: bytes=99000-\r\n").await.unwrap();
    let (head, body) = head_and_body(&part);
    assert!(head.starts_with("http/1.1 206") && head.contains("content-length: 1000"), "{head}");
    assert_eq!(body.len(), 10);
}

#[tokio::test]
async fn a_download_without_a_length_looks_whole_to_a_client() {
    let emulator = with(json!({"kind": "truncate", "length": "none", "bytes": 10, "count": 1})).await;
    assert_eq!(emulator.media(FILE, None).await.unwrap().body.len(), 10);
    let cut = with(json!({"kind": "truncate", "bytes": 10})).await;
    assert!(cut.media(FILE, None).await.is_err());
    let chunked = with(json!({"kind": "truncate", "bytes": 10, "length": "chunked"})).await;
    assert!(chunked.media(FILE, None).await.is_err());
}

#[tokio::test]
async fn wrong_bytes_have_another_md5_the_same_or_a_new_one_each_time() {
    let emulator =
        with(json!([{"kind": "wrong-bytes", "count": 2}, {"kind": "wrong-bytes", "vary": true, "skip": 2}]))
            .await;
    let listed = emulator.list("'bench-9-100000' in parents", "files(id,md5Checksum)").await;
    let right = listed["files"][4]["md5Checksum"].as_str().unwrap().to_owned();
    let mut sums = Vec::new();
    for _ in 0..4 {
        sums.push(md5(&emulator.media(FILE, None).await.unwrap().body));
    }
    assert!(!sums.contains(&right));
    assert_eq!(sums[0], sums[1]);
    assert_ne!(sums[2], sums[3]);
    emulator.config.faults.clear();
    assert_eq!(md5(&emulator.media(FILE, None).await.unwrap().body), right);
}

#[tokio::test]
async fn a_wrong_byte_is_wrong_in_every_part_that_holds_it() {
    let emulator = with(json!({"kind": "wrong-bytes"})).await;
    let whole = emulator.media(FILE, None).await.unwrap().body;
    let end = emulator.media(FILE, Some("bytes=99990-")).await.unwrap().body;
    assert_eq!(whole[99_990..], end);
}

#[tokio::test]
async fn a_wrong_md5_is_announced_for_one_file_only() {
    let emulator = with(json!({"kind": "wrong-md5", "file": FILE, "count": 1})).await;
    let sums =
        texts(&emulator.list("'bench-9-100000' in parents", "files(md5Checksum)").await, "md5Checksum");
    let again =
        texts(&emulator.list("'bench-9-100000' in parents", "files(md5Checksum)").await, "md5Checksum");
    let different: Vec<_> = (0..9).filter(|index| sums[*index] != again[*index]).collect();
    assert_eq!(different, [4]);
    assert_eq!(again[4], md5(&emulator.media(FILE, None).await.unwrap().body));
}

#[tokio::test]
async fn a_changed_file_downloads_as_it_is_now_and_is_listed_so_afterwards() {
    for (appended, len) in [(32, 100_032), (0, 100_000)] {
        let emulator = with(json!({"kind": "file-changed", "bytes": appended, "count": 1})).await;
        let path = format!("files/{FILE}");
        let before = emulator.get(&path, &[("fields", "size,md5Checksum,modifiedTime")]).await.json();
        let body = emulator.media(FILE, None).await.unwrap().body;
        let after = emulator.get(&path, &[("fields", "size,md5Checksum,modifiedTime")]).await.json();
        assert_eq!((body.len(), after["size"].as_str()), (len, Some(len.to_string().as_str())));
        assert_ne!(before["md5Checksum"], after["md5Checksum"]);
        assert_ne!(before["modifiedTime"], after["modifiedTime"]);
        assert_eq!(after["md5Checksum"], md5(&body));
        assert_eq!(emulator.media(FILE, None).await.unwrap().body, body);
    }
}

#[tokio::test]
async fn ranges_can_be_ignored() {
    let emulator = with(json!({"kind": "ignore-range", "count": 1})).await;
    let answer = emulator.media(FILE, Some("bytes=10-19")).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 100_000));
    assert_eq!(emulator.media(FILE, Some("bytes=10-19")).await.unwrap().status, 206);
}

#[tokio::test]
async fn pages_can_be_short_empty_repeated_and_tokens_refused() {
    let emulator = with(json!([
        {"kind": "empty-page", "skip": 1, "count": 1}, {"kind": "short-page", "items": 4},
        {"kind": "duplicate-page", "skip": 2, "count": 1}, {"kind": "page-token-refused", "skip": 4, "count": 1}]))
    .await;
    let (mut pages, mut tokens) = (Vec::new(), vec![String::new()]);
    while let Some(token) = tokens.last().filter(|_| tokens.len() < 20) {
        let parameters = [("q", "'bench-9-100000' in parents"), ("pageToken", token.as_str())];
        let page = emulator.get("files", &parameters).await.json();
        pages.push(
            texts(&page, "id")
                .iter()
                .map(|id| id.trim_start_matches("bench-9-100000_f").to_owned())
                .collect::<String>(),
        );
        match page["nextPageToken"].as_str() {
            Some(next) => tokens.push(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(pages, ["0123", "", "4567", "4567", "8"]);
    let last = tokens.last().unwrap().as_str();
    let again = [("q", "'bench-9-100000' in parents"), ("pageToken", last)];
    let refused = emulator.get("files", &again).await;
    assert_eq!(refused.json()["error"]["errors"][0]["location"], "pageToken");
    assert_eq!(emulator.get("files", &again).await.status, 200);
}

#[tokio::test]
async fn json_can_be_cut_and_compressed() {
    let emulator =
        with(json!([{"kind": "cut-json", "count": 1}, {"kind": "gzip", "skip": 1, "count": 1}])).await;
    let cut = list(&emulator).await;
    assert_eq!(cut.status, 200);
    assert!(serde_json::from_slice::<Value>(&cut.body).is_err());
    let zipped = list(&emulator).await;
    assert_eq!((zipped.header("content-encoding"), &zipped.body[..2]), (Some("gzip"), &b"\x1f\x8b"[..]));
    assert_eq!(list(&emulator).await.json()["kind"], "drive#fileList");
}

#[tokio::test]
async fn delays_stalls_and_bandwidth_take_at_least_their_time() {
    let rules = [
        json!({"kind": "latency", "seconds": 0.3}),
        json!({"kind": "stall", "seconds": 0.3}),
        json!({"kind": "stall", "seconds": 0.3, "bytes": 50_000}),
        json!({"kind": "bandwidth", "bytes": 300_000}),
    ];
    for rule in rules {
        let emulator = with(rule.clone()).await;
        let start = Instant::now();
        let answer = emulator.media(FILE, None).await.unwrap();
        assert!(start.elapsed() >= Duration::from_millis(300), "{rule}");
        assert_eq!(answer.body.len(), 100_000, "{rule}");
    }
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
    let emulator = with(json!([{"kind": "notFound", "file": "img-4.jpg", "on": "media"},
        {"kind": "backendError", "file": "bench-9-100000", "on": "list"}]))
    .await;
    assert_eq!(emulator.media(FILE, None).await.unwrap().error(), (404, "notFound".into()));
    assert_eq!(emulator.media("bench-9-100000_f5", None).await.unwrap().status, 200);
    assert_eq!(list(&emulator).await.error(), (503, "backendError".into()));
    assert_eq!(emulator.get("files", &[("q", "'small3' in parents")]).await.status, 200);
}

#[tokio::test]
async fn downloads_at_once_are_counted() {
    let emulator = with(json!({"kind": "stall", "bytes": 10, "seconds": 0.5})).await;
    let ids = ["bench-9-100000_f0", "bench-9-100000_f1", "bench-9-100000_f2"];
    let requests = ids.map(|id| read(emulator.request(&format!("files/{id}"), &[("alt", "media")])));
    for answer in futures::future::join_all(requests).await {
        assert_eq!(answer.unwrap().body.len(), 100_000);
    }
    assert_eq!(emulator.config.stats.report().max_parallel_downloads, 3);
}
