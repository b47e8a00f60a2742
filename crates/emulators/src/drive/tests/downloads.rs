//! `alt=media` without faults.

use super::Emulator;
use crate::drive::id_of;
use serde_json::json;

fn letters() -> Vec<u8> {
    (0..300_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect()
}

#[tokio::test]
async fn whole_parts_and_impossible_parts() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.png"), letters()).unwrap();
    let emulator = Emulator::of_tree(dir.path()).await;
    let id = id_of("a.png");
    let whole = emulator.media(&id, None).await.unwrap();
    assert_eq!((whole.status, &whole.body), (200, &letters()));
    assert_eq!(whole.header("content-type"), Some("image/png"));
    assert_eq!(whole.header("content-length"), Some("300000"));
    assert_eq!(whole.header("content-range"), None);
    let parts = [
        ("bytes=0-99", 0..100),
        ("bytes=299990-", 299_990..300_000),
        ("bytes=-7", 299_993..300_000),
        ("bytes=100-104857599", 100..300_000),
    ];
    for (range, expected) in parts {
        let part = emulator.media(&id, Some(range)).await.unwrap();
        assert_eq!((part.status, &part.body[..]), (206, &letters()[expected.clone()]), "{range}");
        let content_range = format!("bytes {}-{}/300000", expected.start, expected.end - 1);
        assert_eq!(part.header("content-range"), Some(content_range.as_str()), "{range}");
        assert_eq!(part.header("content-length"), Some(expected.len().to_string().as_str()), "{range}");
    }
    let beyond = emulator.media(&id, Some("bytes=300000-")).await.unwrap();
    assert_eq!(beyond.error(), (416, "requestedRangeNotSatisfiable".into()));
    assert_eq!(beyond.header("content-range"), Some("bytes */300000"));
}

#[tokio::test]
async fn an_empty_file_has_no_range_at_all() {
    let emulator =
        Emulator::of_manifest(json!({"folders": {"A": [{"id": "e", "name": "e", "bytes": 0}]}})).await;
    let whole = emulator.media("e", None).await.unwrap();
    assert_eq!((whole.status, whole.body.len(), whole.header("content-length")), (200, 0, Some("0")));
    for range in ["bytes=0-", "bytes=0-104857599", "bytes=-1"] {
        let answer = emulator.media("e", Some(range)).await.unwrap();
        assert_eq!((answer.status, answer.header("content-range")), (416, Some("bytes */0")), "{range}");
    }
}

#[tokio::test]
async fn a_download_is_never_compressed_and_a_wrong_type_does_not_break_it() {
    let emulator = Emulator::of_manifest(json!({"folders": {"A": [
        {"id": "a", "name": "a", "text": "hello", "mimeType": "image/bad\nname"}]}}))
    .await;
    let answer = emulator.raw(
        "/drive/v3/files/a?alt=media",
        "Accept-Encoding: gzip\r\nUser-Agent: gzip\r\nConnection: close\r\n",
    );
    let answer = String::from_utf8(answer.await.unwrap()).unwrap();
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    assert!(answer.contains("content-type: application/octet-stream"), "{answer}");
}

#[tokio::test]
async fn downloads_are_counted_and_other_calls_are_not() {
    let emulator = Emulator::of_manifest(json!({})).await;
    emulator.get("files", &[("q", "'small3' in parents")]).await;
    emulator.get("files/small3_f0", &[]).await;
    emulator.media("small3_f1", None).await.unwrap();
    emulator.media("small3_f1", Some("bytes=100-")).await.unwrap();
    let stats = emulator.control(http::Method::GET, "/__stats", None).await.json();
    assert_eq!(stats["calls"], json!({"list": 1, "get": 1, "media": 2}));
    assert_eq!(stats["units"], 505);
    assert_eq!(stats["downloads"], json!({"small3_f1": {"calls": 2, "bytes": 200}}));
    assert_eq!(stats["headers"]["keyInHeader"], 4);
    assert_eq!(stats["headers"]["range"], 1);
    assert_eq!(stats["maxParallelDownloads"], 1);
    assert_eq!(stats["parallelDownloads"], 0);
    emulator.control(http::Method::DELETE, "/__stats", None).await;
    assert_eq!(emulator.config.stats.report().units, 0);
}
