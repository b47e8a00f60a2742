//! `LOG_FORMAT=json`: every line is JSON, and what belongs to a job says so, whichever service writes it.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tests::{Stack, drive, stack::SERVICES, wait_for};

/// The value of a field of a line, or of a span around it.
fn field<'a>(line: &'a Value, name: &str) -> Option<&'a str> {
    let spans = line["spans"].as_array().into_iter().flatten();
    spans.chain([&line["fields"]]).find_map(|place| place[name].as_str())
}

#[tokio::test]
async fn the_ids_of_a_request_and_its_job_are_in_the_logs_of_all_services() {
    let image = json!({"id": "a", "name": "a.jpg", "mimeType": "image/jpeg", "size": "auto", "bytes": 2000});
    let library = json!({"folders": {"album": [image]}});
    let stack = Stack::with(drive::serving(&library)).set("LOG_FORMAT", "json").start().await;
    let url = format!("{}/import/google-drive", stack.api);
    let asked =
        stack.http.post(url).header("x-request-id", "the-request").json(&json!({"folder_url": "album"}));
    let started: Value = asked.send().await.expect("an answer").json().await.expect("JSON");
    let job = started["job_id"].as_str().expect("a job").to_owned();
    stack.finished(&job).await;
    for service in SERVICES {
        let log = stack.dir.path().join(format!("{service}.log"));
        let lines = || async {
            let text = fs::read_to_string(&log).expect("a log");
            // the last line may still be being written
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            whole
                .lines()
                .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{service}: {line}")))
                .collect::<Vec<Value>>()
        };
        let of_job = |line: &&Value| field(line, "job_id") == Some(&job);
        // a status is asked for under an id of its own
        let is_there = |lines: &Vec<Value>| {
            lines.iter().filter(of_job).any(|line| {
                let id = field(line, "request_id");
                id == Some("the-request") || service == "gateway" && id.is_some()
            })
        };
        let what = format!("a line of {service} has both ids");
        wait_for(&what, Duration::from_secs(20), lines, is_there).await;
    }
}
