//! The recorded requests to the original's service, sent to ours: the same status and the same JSON, but for what was
//! decided to be better, each with its reason.

use std::collections::BTreeMap;

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::harness::{Place, Service, on_both_engines};

on_both_engines!(recorded_requests_get_the_recorded_answers);

/// Only columns of MySQL have a length: SQLite takes the text, as recorded.
const TOO_LONG: &str = "too long for a column";

/// Recorded cases that we answer with another status on purpose.
const BETTER: &[(&str, u16, &str)] = &[
    ("create no body no content type", 415, "a wrong content type is the client's fault"),
    ("create text/plain", 415, "a wrong content type is the client's fault"),
    ("create empty body json", 400, "bad JSON is the client's fault"),
    ("create string", 400, "a body that is no object is the client's fault"),
    ("create number", 400, "a body that is no object is the client's fault"),
    ("create empty object", 400, "a missing field is the client's fault"),
    ("create missing google_drive_id", 400, "a missing field is the client's fault"),
    ("create missing storage_path", 400, "a missing field is the client's fault"),
    ("create missing storage_provider", 400, "a missing field is the client's fault"),
    ("create null name", 400, "a mistyped field is the client's fault"),
    ("create null storage_path", 400, "a mistyped field is the client's fault"),
    ("create name object", 400, "a mistyped field is the client's fault"),
    ("create size string mixed", 400, "only a decimal text is a size"),
    ("create google_drive_id int 0", 400, "a Drive id is a text"),
    ("create google_drive_id 256", 400, TOO_LONG),
    ("create storage_path 501", 400, TOO_LONG),
    ("create storage_provider 21", 400, TOO_LONG),
    ("create lone surrogate in name", 400, "not a text"),
    ("get image id=%D9%A1", 404, "an id is ASCII digits"),
    ("get image id=9223372036854775808", 404, "SQLite: a number beyond all ids is not there"),
    ("list ?per_page=99999999999999999999999", 200, "a huge page is all rows"),
];

/// Cases that need another state of things: each has a test of its own.
const ELSEWHERE: &[&str] = &["database down", "database back", "create concurrently"];

/// Where the recorded answer depends on what the recording did before, in ways that are not recorded.
fn depends_on_unrecorded_rows(case: &str) -> bool {
    // which rows there were; stats are also texts on MySQL, numbers with us
    matches!(case, "stats" | "images/all" | "get image id=all")
        // columns of the original's tables compare without case, Drive ids of our new ones exactly: see takeover.rs
        || case == "create drive id differs by case only"
}

async fn recorded_requests_get_the_recorded_answers(place: Place) {
    let recorded: Value =
        serde_json::from_str(include_str!("../../../tests/golden/transcripts.json")).unwrap();
    let engine = if place.is_mysql() { "mysql" } else { "sqlite" };
    let service = place.start();
    let mut asked = 0;
    let mut filled = false;
    let mut wrong = Vec::new();
    for record in recorded.as_array().unwrap() {
        let case = record["case"].as_str().unwrap();
        let ours = record["service"] == "metadata" && record["db"] == engine;
        if !ours || ELSEWHERE.iter().any(|elsewhere| case.starts_with(elsewhere)) {
            continue;
        }
        if case.starts_with("list ") && !filled {
            filled = true;
            fill(&place).await;
        }
        let (head, body) = send(&service, &renumbered(&record["request"], &place).await).await;
        asked += 1;
        if let Err(why) = compare(case, &head, &body, &record["response"]) {
            wrong.push(format!("{case}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 40, "only {asked} requests were found");
}

/// Numbers of rows differ from the recording's: the row to be deleted is named by what stands there.
async fn renumbered(request: &Value, place: &Place) -> Value {
    let mut request = request.clone();
    if request["method"] == "DELETE" && request["path"] != "/images/0" {
        let newest = place.number("SELECT MAX(id) FROM images").await;
        request["path"] = format!("/images/{newest}").into();
    }
    request
}

/// The 130 rows that the recorded lists are of: every fifth of another provider, two in a second.
async fn fill(place: &Place) {
    place.execute("DELETE FROM images").await;
    let columns = "id, name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at";
    let rows = (1..=130).map(|n| {
        let provider = if n % 5 == 0 { "gcp" } else { "aws" };
        let (second, fraction) = ((n - 1) / 2, if n % 2 == 1 { "500000" } else { "000000" });
        let time = format!("2026-11-23 01:{:02}:{:02}", second / 60, second % 60);
        let time = if place.is_mysql() { time } else { format!("{time}.{fraction}") };
        format!("({n}, 'p{n}.jpg', 'pg-{n}', {n}000, 'image/jpeg', 'https://b/{n}', '{provider}', '{time}')")
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    place.execute(&format!("INSERT INTO images ({columns}) VALUES {rows}")).await;
}

async fn send(service: &Service, recorded: &Value) -> (http::response::Parts, Value) {
    let mut request = http::Request::builder()
        .method(recorded["method"].as_str().unwrap())
        .uri(recorded["path"].as_str().unwrap());
    for (name, value) in recorded["headers"].as_object().unwrap() {
        if !matches!(name.as_str(), "Content-Length" | "Transfer-Encoding") {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    let body = recorded["body"].as_str().unwrap_or_default().to_owned();
    let (parts, body) = service.send(request.body(Body::from(body)).unwrap()).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// An answer without the fields that the original does not have.
fn without_additions(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            let ours = ["drive_url", "next_cursor", "total_is_exact"];
            let kept = fields.iter().filter(|(name, _)| !ours.contains(&name.as_str()));
            kept.map(|(name, value)| (name.clone(), without_additions(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_additions).collect(),
        other => other.clone(),
    }
}

fn compare(case: &str, ours: &http::response::Parts, body: &Value, recorded: &Value) -> Result<(), String> {
    let body = &without_additions(body);
    let status = u64::from(ours.status.as_u16());
    let theirs = recorded["status"].as_u64().unwrap();
    if let Some((_, better, why)) = BETTER.iter().find(|(name, ..)| *name == case)
        && theirs != u64::from(*better)
        && !(*why == TOO_LONG && theirs == 201)
    {
        return if status == u64::from(*better) {
            Ok(())
        } else {
            Err(format!("{status}, not {better}: {body}"))
        };
    }
    if case == "create drive id differs by case only" && status == 201 {
        return Ok(());
    }
    if status != theirs {
        return Err(format!("{status}, recorded {theirs}: {body}"));
    }
    let allow = |text: Option<&str>| {
        let mut methods: Vec<_> = text.unwrap_or_default().split(", ").map(str::to_owned).collect();
        methods.sort();
        methods
    };
    let our_allow = ours.headers.get("allow").and_then(|allow| allow.to_str().ok());
    if let Some(recorded) = recorded["headers"]["Allow"].as_str()
        && allow(our_allow) != allow(Some(recorded))
    {
        return Err(format!("Allow: {our_allow:?}, recorded {recorded}"));
    }
    if depends_on_unrecorded_rows(case) {
        return Ok(());
    }
    // errors of the framework are HTML there and JSON with us
    let Ok(theirs) = serde_json::from_str::<Value>(recorded["body"].as_str().unwrap_or_default()) else {
        return Ok(());
    };
    let (ours, theirs) = (redacted(body, case), redacted(&theirs, case));
    if ours == theirs { Ok(()) } else { Err(format!("{ours:?}\n  recorded {theirs:?}")) }
}

/// An answer without what differs from run to run: numbers of rows, times, and our additions.
fn redacted(body: &Value, case: &str) -> BTreeMap<String, Value> {
    let mut fields: BTreeMap<String, Value> =
        body.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    for ours in ["code", "request_id"] {
        fields.remove(ours);
    }
    if fields.contains_key("google_drive_id") {
        redact_image(fields.get_mut("id"));
        redact_image(fields.get_mut("created_at"));
    }
    if let Some(image) = fields.get_mut("image") {
        redact_image(image.get_mut("id"));
        redact_image(image.get_mut("created_at"));
    }
    if let Some(Value::Array(images)) = fields.get_mut("images") {
        // rows of one second came in any order, so which of them begins a page is free
        let shape = |image: &Value| {
            image.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>()
        };
        let shapes = images.iter().map(|image| format!("{:?}", shape(image))).collect::<Vec<_>>();
        *images = if case.starts_with("list ") {
            shapes.into_iter().map(Value::from).collect()
        } else {
            Vec::new()
        };
    }
    fields
}

fn redact_image(field: Option<&mut Value>) {
    if let Some(field) = field {
        *field = if field.is_null() { Value::Null } else { "<redacted>".into() };
    }
}
