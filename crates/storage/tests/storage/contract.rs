//! The recorded answers of the original, and where this service differs on purpose.

use std::path::Path;

use serde_json::Value;
use storage::Config;

use crate::{
    harness::{BUCKET, SECRET_KEY, Service, Stack, config},
    stub::{Stub, refusal},
};

const RECORDED_BASE: &str = "https://img-bucket.s3.us-east-1.amazonaws.com";

/// Cases whose answer is decided otherwise: the status now, and words that the error has.
const FIXED: [(&str, u16, &str); 18] = [
    // a body that is wrong is the sender's mistake, and the field is named
    ("upload null file_data", 400, "file_data is missing"),
    ("upload int file_data", 400, "file_data must be a text"),
    ("upload empty object", 400, "file_data is missing"),
    ("upload int mime_type", 400, "mime_type must be a text"),
    ("upload mime with newline", 400, "mime_type"),
    ("delete missing file_path", 400, "file_path is missing"),
    ("delete no body", 415, "application/json"),
    ("delete invalid json", 400, "not valid JSON"),
    ("delete null", 400, "must be an object"),
    // base64 is strict
    ("upload bad padding", 400, "base64"),
    ("upload bad padding one char", 400, "base64"),
    ("upload one char over", 400, "base64"),
    ("upload non-alphabet chars discarded", 400, "base64"),
    ("upload data url", 400, "base64"),
    ("upload urlsafe alphabet", 400, "base64"),
    ("upload invalid base64 and bad provider", 400, "base64"),
    // the address is not told
    ("upload S3 endpoint down", 500, "Could not connect to the endpoint URL"),
    ("delete S3 endpoint down", 500, "Could not connect to the endpoint URL"),
];

/// Names that were put into the URL as they are, and are escaped now; none is refused any more.
const ESCAPED: [(&str, &str); 8] = [
    ("upload filename ünïcödé 图片.png", "%C3%BCn%C3%AFc%C3%B6d%C3%A9%20%E5%9B%BE%E7%89%87.png"),
    ("upload filename hash#tag.jpg", "hash%23tag.jpg"),
    ("upload filename quest?ion.jpg", "quest%3Fion.jpg"),
    ("upload filename a/b/slash.jpg", "a_b_slash.jpg"),
    ("upload filename plus+plus.jpg", "plus%2Bplus.jpg"),
    ("upload filename emoji 😀.png", "emoji%20%F0%9F%98%80.png"),
    ("upload filename back\\slash.jpg", "back%5Cslash.jpg"),
    ("upload filename new\nline.jpg", "new_line.jpg"),
];

struct Case {
    name: String,
    request: Value,
    status: u16,
    body: String,
}

fn recorded() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/transcripts.json");
    let all: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let ours = all.iter().filter(|case| case["service"] == "storage");
    ours.map(|case| Case {
        name: case["case"].as_str().unwrap().to_owned(),
        request: case["request"].clone(),
        status: u16::try_from(case["response"]["status"].as_u64().unwrap()).unwrap(),
        body: case["response"]["body"].as_str().unwrap().to_owned(),
    })
    .collect()
}

fn as_recorded(mut config: Config) -> Config {
    config.bucket.as_mut().unwrap().public_url = Some(RECORDED_BASE.to_owned());
    config
}

/// The state of the world that the case was recorded in.
async fn service_for(case: &str, usual: &Stack) -> (Service, Option<Stub>) {
    if let Some((_, code)) = case.split_once("S3 error ") {
        let code = code.to_owned();
        let stub = Stub::start(move |_| Some(refused_with(&code))).await;
        return (Service::start(as_recorded(config(&stub.endpoint))).await, Some(stub));
    }
    let down = case.contains("endpoint down");
    let mut settings = as_recorded(config(if down { "http://127.0.0.1:1" } else { &usual.endpoint }));
    if case.contains("STORAGE_PROVIDER=gcp") {
        settings.provider = "gcp".into();
    }
    if case.contains("real missing bucket") {
        settings.bucket.as_mut().unwrap().name = "missing-bucket".into();
    }
    (Service::start(settings).await, None)
}

fn refused_with(code: &str) -> String {
    let (status, message) = match code {
        "AccessDenied" => ("403 Forbidden", "Access Denied"),
        "NoSuchBucket" => ("404 Not Found", "The specified bucket does not exist"),
        "InvalidAccessKeyId" => {
            ("403 Forbidden", "The AWS Access Key Id you provided does not exist in our records.")
        }
        "SlowDown" => ("503 Service Unavailable", "Please reduce your request rate."),
        "InternalError" => {
            ("500 Internal Server Error", "We encountered an internal error. Please try again.")
        }
        "RequestTimeTooSkewed" => {
            ("403 Forbidden", "The difference between the request time and the current time is too large.")
        }
        other => panic!("no such error is recorded: {other}"),
    };
    refusal(status, code, message)
}

async fn ask(service: &Service, request: &Value) -> (u16, Vec<u8>) {
    let method = request["method"].as_str().unwrap().parse().unwrap();
    let mut call = service.http.request(method, service.url(request["path"].as_str().unwrap()));
    for (name, value) in request["headers"].as_object().unwrap() {
        if name != "Content-Length" {
            call = call.header(name, value.as_str().unwrap());
        }
    }
    if let Some(body) = request["body"].as_str() {
        // the one body that is too long to be recorded: 9 MiB of the letter x
        let body = match body.split_once("eHh4") {
            Some((before, after)) if body.ends_with("<truncated>") => {
                let large = "eHh4".repeat(3 << 20);
                assert!(after.starts_with("eHh4"));
                format!(
                    "{before}{large}\", \"filename\": \"big.bin\", \"mime_type\": \"text/plain\", \"provider\": \"aws\"}}"
                )
            }
            _ => body.to_owned(),
        };
        call = call.body(body);
    }
    let answer = call.send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

/// `<uuid>` instead of a uuid, as in the recordings.
fn redacted(mut body: Value) -> Value {
    if let Some(Value::String(url)) = body.get_mut("url") {
        let key = url.rsplit('/').next().unwrap();
        let (uuid, name) = key.split_once('_').unwrap();
        uuid::Uuid::try_parse(uuid).unwrap();
        *url = format!("{RECORDED_BASE}/<uuid>_{name}");
    }
    body
}

fn compare(case: &Case, status: u16, body: &[u8]) {
    let name = &case.name;
    let text = String::from_utf8_lossy(body);
    assert!(!text.contains(SECRET_KEY) && !text.contains("127.0.0.1"), "{name}: {text}");
    if case.request["method"] == "HEAD" || case.request["method"] == "OPTIONS" {
        assert_eq!((status, body), (case.status, &b""[..]), "{name}");
        return;
    }
    let answer = redacted(serde_json::from_slice(body).unwrap());
    if let Some((_, fixed, words)) = FIXED.iter().find(|(fixed, ..)| fixed == name) {
        assert_eq!(status, *fixed, "{name}: {text}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{name}: {text}");
        return;
    }
    if let Some((_, escaped)) = ESCAPED.iter().find(|(fixed, _)| fixed == name) {
        assert_eq!(status, 200, "{name}: {text}");
        assert_eq!(answer["url"], format!("{RECORDED_BASE}/<uuid>_{escaped}"), "{name}");
        return;
    }
    assert_eq!(status, case.status, "{name}: {text}");
    let Ok(recorded) = serde_json::from_str::<Value>(&case.body) else {
        // a page of the framework: ours say the same in JSON
        assert!(answer["error"].is_string(), "{name}: {text}");
        return;
    };
    if status == 200 {
        assert_eq!(answer, recorded, "{name}");
    }
    // errors may say more, never less
    for (field, value) in recorded.as_object().unwrap() {
        assert_eq!(&answer[field], value, "{name}: {field}");
    }
}

#[tokio::test]
async fn every_recorded_request_is_answered_as_recorded_or_as_decided() {
    let cases = recorded();
    assert!(cases.len() > 50, "only {} cases", cases.len());
    for name in FIXED.iter().map(|(name, ..)| name).chain(ESCAPED.iter().map(|(name, _)| name)) {
        assert!(cases.iter().any(|case| case.name == *name), "no such case: {name}");
    }
    let usual = Stack::start().await;
    let ordinary = Service::start(as_recorded(config(&usual.endpoint))).await;
    for case in &cases {
        let special = ["S3 error", "endpoint down", "missing bucket", "STORAGE_PROVIDER"];
        let (status, body) = if special.iter().any(|word| case.name.contains(word)) {
            let (service, _stub) = service_for(&case.name, &usual).await;
            ask(&service, &case.request).await
        } else {
            ask(&ordinary, &case.request).await
        };
        compare(case, status, &body);
    }
    assert_eq!(BUCKET, "img-bucket", "as in the recordings");
}
