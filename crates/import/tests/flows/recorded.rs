//! The recorded requests to the original's import service, replayed: the answers are the same, but for what was decided
//! to be different.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Drive, Import, Kind, Settings, Worker};

/// Cases that the original answered otherwise: what is wrong with the caller's request is a 400 (or 415) here.
const DECIDED: [(&str, u16, &str); 16] = [
    ("import form content type", 415, "application/json"),
    ("import no content type", 415, "application/json"),
    ("import text content type", 415, "application/json"),
    ("import empty body json", 400, "JSON"),
    ("import invalid json", 400, "JSON"),
    ("import invalid utf8", 400, "JSON"),
    ("import number", 400, "folder_url"),
    ("import folder_url null", 400, "folder_url"),
    ("import folder_url int", 400, "folder_url"),
    ("import folder_url empty string", 400, "folder_url is required"),
    ("import folder_url spaces", 400, "folder_url is required"),
    ("import file url", 400, "a single file"),
    ("import unrelated url", 400, "example.com"),
    ("import plain id with quote", 400, "neither a Google Drive link nor a folder id"),
    ("update job_id list (unhashable)", 400, "job_id"),
    ("update null body", 400, "JSON object"),
];

/// Of the others, those that differ in the same way for a family of names.
fn decided(case: &str) -> Option<(u16, &'static str)> {
    let mistyped =
        ["update array body", "update processed string", "update processed null", "update imported null"];
    if mistyped.contains(&case) {
        return Some((400, ""));
    }
    DECIDED.iter().find(|(name, ..)| *name == case).map(|(_, status, says)| (*status, *says))
}

/// Reports that the recorded sums need but that are not among the recorded requests, each before the named one.
fn unrecorded_steps() -> [(&'static str, Value); 2] {
    [
        ("status after update processed only", json!({"processed": 1})),
        ("status after update processed null", json!({"failed": 1})),
    ]
}

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(file)
}

/// Sends exactly these bytes: a client library would tidy the path.
async fn replay(import: &Import, request: &Value, job: &str) -> (u16, Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace("<uuid>", job);
    // one character is one byte
    let body: Vec<u8> = text(&request["body"]).chars().map(|c| u8::try_from(c).unwrap()).collect();
    let mut lines = vec![
        format!("{} {} HTTP/1.1", text(&request["method"]), text(&request["path"])),
        format!("Host: h\r\nConnection: close\r\nContent-Length: {}", body.len()),
    ];
    for (name, value) in request["headers"].as_object().unwrap() {
        if !["content-length", "transfer-encoding", "host", "connection"]
            .contains(&name.to_lowercase().as_str())
        {
            lines.push(format!("{name}: {}", text(value)));
        }
    }
    let head = lines.join("\r\n") + "\r\n\r\n";
    let url = import.url("");
    let mut socket = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).await.unwrap();
    socket.write_all(&[head.into_bytes(), body].concat()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

fn assert_answer(case: &str, (status, body): &(u16, Value), recorded: &Value) {
    let error = body["error"].as_str().unwrap_or_default();
    if let Some((decided, says)) = decided(case) {
        assert!(*status == decided && error.contains(says), "{case}: {status} {body}");
        return;
    }
    assert_eq!(u64::from(*status), recorded["status"], "{case}: {body}");
    let Ok(expected) = serde_json::from_str::<Value>(recorded["body"].as_str().unwrap()) else { return };
    let drive_trouble = "Error fetching files from Google Drive: ";
    if expected["error"].as_str().is_some_and(|error| error.starts_with(drive_trouble)) {
        assert!(error.starts_with(drive_trouble) && !error.contains("http://"), "{case}: {body}");
        return;
    }
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&body[name], value, "{case}: {name} in {body}");
    }
}

#[tokio::test]
async fn the_recorded_requests_are_answered_as_recorded() {
    let drive = Drive::recorded(&golden("fixtures.json")).await;
    // a worker that takes nothing: only the recorded reports count
    let (worker, dir) = (Worker::start(Kind::Down).await, tempfile::tempdir().unwrap());
    let import = Settings::new(dir.path(), &drive, &worker).with("LIST_WAIT_SECS", "1").start().await;
    let job = import.job("small4").await;
    let text = std::fs::read_to_string(golden("transcripts.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    for record in cases.iter().filter(|record| record["service"] == "import") {
        let case = record["case"].as_str().unwrap();
        if let Some((_, report)) = unrecorded_steps().iter().find(|(before, _)| *before == case) {
            import.report(&job, report).await;
        }
        assert_answer(case, &replay(&import, &record["request"], &job).await, &record["response"]);
    }
}
