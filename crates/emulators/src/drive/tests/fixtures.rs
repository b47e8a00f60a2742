//! The folders of the recording, served from its own description.

use super::{Emulator, texts};
use crate::drive::Config;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/fixtures.json");

async fn emulator() -> Emulator {
    Emulator::start(Config::default().with_manifest_file(FIXTURES.as_ref()).unwrap()).await
}

fn fixtures() -> Value {
    serde_json::from_str(&std::fs::read_to_string(FIXTURES).unwrap()).unwrap()
}

#[tokio::test]
async fn every_folder_is_listed_as_it_was() {
    let emulator = emulator().await;
    for (folder, files) in fixtures()["folders"].as_object().unwrap() {
        let q = format!("'{folder}' in parents and (mimeType contains 'image/')");
        let parameters =
            [("q", q.as_str()), ("pageSize", "1000"), ("fields", "files(id, name, size, mimeType)")];
        let listed = emulator.get("files", &parameters).await.json();
        let expected: Vec<Value> = files
            .as_array()
            .unwrap()
            .iter()
            .map(|file| {
                let fields = ["id", "name", "mimeType", "size"]
                    .iter()
                    .filter_map(|name| Some((*name, file.get(name)?.clone())));
                json!(fields.collect::<std::collections::BTreeMap<_, _>>())
            })
            .collect();
        assert_eq!(listed["files"], json!(expected), "{folder}");
    }
}

#[tokio::test]
async fn every_file_has_its_bytes() {
    let emulator = emulator().await;
    for file in
        fixtures()["folders"].as_object().unwrap().values().flat_map(|files| files.as_array().unwrap())
    {
        let (id, bytes) = (file["id"].as_str().unwrap(), file["bytes"].as_u64().unwrap());
        if file.get("fault").is_some() || bytes > 1_000_000 {
            continue;
        }
        let mut expected = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00".to_vec();
        expected.extend(Sha256::digest(id).iter().cycle().take(usize::try_from(bytes).unwrap()));
        expected.truncate(usize::try_from(bytes).unwrap());
        let answer = emulator.media(id, Some("bytes=0-104857599")).await.unwrap();
        let ignores_range = file.get("ignores_range").is_some();
        let status = if ignores_range {
            200
        } else if bytes == 0 {
            416
        } else {
            206
        };
        assert_eq!(answer.status, status, "{id}");
        if status != 416 {
            assert_eq!(answer.body, expected, "{id}");
        }
    }
}

#[tokio::test]
async fn every_folder_error_answers_as_it_did() {
    let emulator = emulator().await;
    let cases = [
        ("err400key", 400, "badRequest", "API key not valid. Please pass a valid API key."),
        ("err403rate", 403, "userRateLimitExceeded", "User Rate Limit Exceeded"),
        (
            "err403nokey",
            403,
            "forbidden",
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
        ),
        ("err404", 404, "notFound", "File not found: ."),
        ("unknown", 404, "notFound", "File not found: ."),
        ("err429", 429, "rateLimitExceeded", "Rate Limit Exceeded"),
        ("err500", 500, "internalError", "Internal Error"),
    ];
    for (folder, status, reason, message) in cases {
        let answer = emulator.get("files", &[("q", &format!("'{folder}' in parents"))]).await;
        assert_eq!(answer.error(), (status, reason.into()), "{folder}");
        assert_eq!(answer.json()["error"]["message"], message, "{folder}");
        assert_eq!(answer.json()["error"].get("details").is_some(), folder == "err400key", "{folder}");
    }
    let html = emulator.get("files", &[("q", "'err500html' in parents")]).await;
    assert_eq!(
        (html.status, &html.body[..]),
        (502, &b"<html><title>502</title><body>Bad Gateway</body></html>"[..])
    );
    let text = emulator.get("files", &[("q", "'errbadjson' in parents")]).await;
    assert_eq!((text.status, &text.body[..]), (200, &b"not json"[..]));
    let dropped = emulator.raw("/drive/v3/files?q=%27errdrop%27+in+parents", "").await.unwrap();
    assert!(dropped.is_empty());
}

#[tokio::test]
async fn every_fault_of_a_file_hits_its_download() {
    let emulator = emulator().await;
    let cases = [
        ("mx_404", 404, "notFound", "File not found: mx_404."),
        (
            "mx_403",
            403,
            "insufficientFilePermissions",
            "The user does not have sufficient permissions for this file.",
        ),
        ("mx_429", 429, "rateLimitExceeded", "Rate Limit Exceeded"),
        ("mx_500", 500, "internalError", "Internal Error"),
    ];
    for (id, status, reason, message) in cases {
        for _ in 0..2 {
            let answer = emulator.media(id, None).await.unwrap();
            assert_eq!(answer.error(), (status, reason.into()), "{id}");
            assert_eq!(answer.json()["error"]["message"], message, "{id}");
        }
        assert_eq!(emulator.get(&format!("files/{id}"), &[]).await.status, 200, "{id}");
    }
    let cut = emulator.raw("/drive/v3/files/mx_trunc?alt=media", "").await.unwrap();
    let head = cut.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert!(String::from_utf8_lossy(&cut[..head]).contains("content-length: 6000"));
    assert_eq!(cut.len() - head, 3000);
}

#[tokio::test]
async fn the_folders_by_rule_are_there_too() {
    let emulator = emulator().await;
    let listed = emulator.list("'small3' in parents", "files(id,size)").await;
    assert_eq!(
        listed["files"],
        json!([{"id": "small3_f0", "size": "50"}, {"id": "small3_f1", "size": "150"}, {"id": "small3_f2", "size": "250"}])
    );
    let big = [("q", "'big1205' in parents"), ("pageSize", "1000"), ("fields", "files/id")];
    let ids = texts(&emulator.get("files", &big).await.json(), "id");
    assert_eq!((ids.len(), ids[0].as_str(), ids[999].as_str()), (1000, "big0000", "big0999"));
    assert_eq!(emulator.media("big1204", None).await.unwrap().body.len(), 120);
    assert_eq!(emulator.media("bench-500-2048_f499", None).await.unwrap().body.len(), 2048);
}
