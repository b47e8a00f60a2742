//! Faults of downloads, as a caller sees them.

use super::mishaps::{FILE, MEDIA, head_and_body, md5, with};
use super::read;
use serde_json::json;
use std::time::{Duration, Instant};

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
async fn downloads_at_once_are_counted() {
    let emulator = with(json!({"kind": "stall", "bytes": 10, "seconds": 0.5})).await;
    let ids = ["bench-9-100000_f0", "bench-9-100000_f1", "bench-9-100000_f2"];
    let requests = ids.map(|id| read(emulator.request(&format!("files/{id}"), &[("alt", "media")])));
    for answer in futures::future::join_all(requests).await {
        assert_eq!(answer.unwrap().body.len(), 100_000);
    }
    assert_eq!(emulator.config.stats.report().max_parallel_downloads, 3);
}
