//! Logs: with `LOG_FORMAT=json` every line is JSON, and what belongs to a job says so, whichever service writes it; whatever
//! the format, no name or path makes a line of its own.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tests::{Stack, drive, stack::SERVICES, wait_for};

/// The value of a field of a line, or of a span around it.
fn field<'a>(line: &'a Value, name: &str) -> Option<&'a str> {
    let spans = line["spans"].as_array().into_iter().flatten();
    spans.chain([&line["fields"]]).find_map(|place| place[name].as_str())
}

/// The whole lines that a service has written.
fn log(stack: &Stack, service: &str) -> Vec<String> {
    let text = fs::read_to_string(stack.dir.path().join(format!("{service}.log"))).expect("a log");
    // the last line may still be being written
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.split('\n').map(str::to_owned).collect()
}

fn json_log(stack: &Stack, service: &str) -> Vec<Value> {
    let parsed = |line: &String| serde_json::from_str(line).unwrap_or_else(|_| panic!("{service}: {line}"));
    log(stack, service).iter().map(parsed).collect()
}

/// True for what is written while a service works on an image of the one job that there is.
fn is_of_an_image(line: &Value) -> bool {
    let is_task = line["spans"].as_array().into_iter().flatten().any(|span| span["name"] == "task");
    let (method, path) = (line["fields"]["method"].as_str(), line["fields"]["path"].as_str());
    let is_call = match (method, path) {
        (Some("PUT"), Some(path)) => path.starts_with("/objects/"),
        (Some("POST"), Some(path)) => path == "/images",
        _ => false,
    };
    is_task || is_call
}

#[tokio::test]
async fn the_ids_of_a_request_and_its_job_are_in_the_logs_of_all_services() {
    let image = |id: &str| json!({"id": id, "name": format!("{id}.jpg"), "mimeType": "image/jpeg", "size": "auto", "bytes": 2000});
    let library = json!({"folders": {"album": [image("a"), image("b"), image("c")]}});
    let stack = Stack::with(drive::serving(&library))
        .set("LOG_FORMAT", "json")
        .set("RUST_LOG", "info,worker=trace,storage=trace,metadata=trace")
        .start()
        .await;
    // a try that fails is logged, too
    stack.drive.fail(&json!({"kind": "internalError", "on": "media", "file": "b", "count": 1}));
    let url = format!("{}/import/google-drive", stack.api);
    let asked =
        stack.http.post(url).header("x-request-id", "the-request").json(&json!({"folder_url": "album"}));
    let started: Value = asked.send().await.expect("an answer").json().await.expect("JSON");
    let job = started["job_id"].as_str().expect("a job").to_owned();
    stack.finished(&job).await;
    for service in SERVICES {
        let lines = async || json_log(&stack, service);
        let of_job = |line: &&Value| field(line, "job_id") == Some(&job);
        // a status is asked for under an id of its own
        let is_there = |lines: &Vec<Value>| {
            lines.iter().filter(of_job).any(|line| {
                let id = field(line, "request_id");
                id == Some("the-request") || service == "gateway" && id.is_some()
            })
        };
        let what = format!("a line of {service} has both ids");
        wait_for(&what, Duration::from_secs(60), lines, is_there).await;
    }
    for service in ["worker", "storage", "metadata"] {
        let lines: Vec<_> = json_log(&stack, service).into_iter().filter(is_of_an_image).collect();
        assert!(!lines.is_empty(), "{service} says nothing of its images");
        for line in lines {
            let ids = (field(&line, "request_id"), field(&line, "job_id"));
            assert_eq!(ids, (Some("the-request"), Some(&*job)), "{service}: {line:#}");
        }
    }
}

#[tokio::test]
async fn no_name_and_no_path_makes_a_line_of_its_own() {
    let hostile = "x\n2026-01-01T00:00:00.000000Z ERROR forged\r\u{1b}[2J\u{1b}]0;mine\u{7}\u{9b}31m.jpg";
    let image = |id: &str| json!({"id": id, "name": hostile, "mimeType": "image/jpeg", "size": "auto", "bytes": 2000});
    let library = json!({"folders": {"album": {"name": hostile, "children": [image("a"), image("gone")]}}});
    let stack = Stack::with(drive::serving(&library)).set("RUST_LOG", "debug").start().await;
    stack.drive.fail(&json!({"kind": "notFound", "on": "media", "file": "gone"}));
    let job = stack.start_job("album").await;
    stack.finished(&job).await;
    let asked = stack.http.get(format!("{}/images?q=%0A%1B%5B2Jforged", stack.api));
    asked.header("x-request-id", "a\tforged").send().await.expect("an answer");
    let asked = stack.http.post(format!("{}/import/google-drive", stack.api));
    asked.json(&json!({"folder_url": hostile})).send().await.expect("an answer");
    let asked = stack.http.get(format!("{}/%0Aforged%1B%5B2J/{}", stack.api, "x".repeat(10_000)));
    asked.send().await.expect("an answer");
    for service in SERVICES {
        for line in log(&stack, service) {
            assert!(line.starts_with("20") && line.get(10..11) == Some("T"), "{service} writes {line:?}");
            assert!(!line.contains(|c: char| c.is_control() && c != '\t'), "{service} writes {line:?}");
            assert!(!line.starts_with("2026-01-01"), "{service} writes {line:?}");
        }
    }
}
