//! Faults of listings, as a caller sees them.

use super::mishaps::{FILE, head_and_body, list, md5, with};
use super::texts;
use serde_json::{Value, json};

#[tokio::test]
async fn a_listing_breaks_off_too() {
    let emulator = with(json!([
        {"kind": "truncate", "on": "list", "count": 1},
        {"kind": "truncate", "on": "list", "count": 1, "skip": 1, "length": "none"},
        {"kind": "reset", "on": "list", "count": 1, "skip": 2, "bytes": 5}]))
    .await;
    let path = "/drive/v3/files?q=%27small3%27+in+parents";
    let cut = emulator.raw(path, "").await.unwrap();
    let (head, body) = head_and_body(&cut);
    let announced: usize =
        head.split_once("content-length: ").unwrap().1.lines().next().unwrap().parse().unwrap();
    assert_eq!(body.len(), announced / 2);
    let silent = emulator.raw(path, "").await.unwrap();
    let (head, silent) = head_and_body(&silent);
    assert!(!head.contains("content-length"), "{head}");
    assert_eq!(silent, body);
    assert_eq!(emulator.raw(path, "").await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(list(&emulator).await.status, 200);
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
