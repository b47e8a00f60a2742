//! The recorded answers of the original: what its services answered is played back behind our gateway, which must make
//! of it what the original's gateway made of it.

use std::{collections::HashSet, fs, path::Path};

use axum::{body::Body, extract::Request};
use serde_json::Value;

use crate::stub::{Answer, Got, Stack, send};

/// Cases whose answer differs on purpose.
const DIFFERENT: &[(&str, &str, &str)] = &[
    // `*` in an entry stands for one label of the host, instead of making the entry a loose regular expression
    ("gateway-glob", "cors GET /api/stats origin=https://foo.example.app", "its origin matches the pattern"),
    (
        "gateway-glob",
        "cors GET /api/stats origin=https://xexample.app",
        "its origin does not match the pattern",
    ),
];

/// One recorded request and its answer.
struct Case {
    service: String,
    name: String,
    request: Value,
    response: Value,
}

fn cases() -> Vec<Case> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/transcripts.json");
    let all: Vec<Value> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let text = |case: &Value, field: &str| case[field].as_str().unwrap().to_owned();
    all.iter()
        .filter(|case| text(case, "service").starts_with("gateway"))
        // a summary of many requests, not one of them
        .filter(|case| !case["request"]["path"].as_str().unwrap().contains("<n>"))
        .map(|case| Case {
            service: text(case, "service"),
            name: text(case, "case"),
            request: case["request"].clone(),
            response: case["response"].clone(),
        })
        .collect()
}

/// The `CORS_ORIGINS` that a group of cases was recorded with.
fn origins(service: &str) -> Option<&'static str> {
    match service {
        "gateway" => None,
        "gateway-any" => Some("*"),
        "gateway-empty" => Some(""),
        "gateway-one" => Some("https://app.example"),
        "gateway-list" => Some("https://app.example, http://localhost:3000,"),
        "gateway-liststar" => Some("https://app.example,*"),
        "gateway-glob" => Some("https://*.example.app,http://localhost:3000"),
        other => panic!("unknown group {other}"),
    }
}

fn request(case: &Case) -> Request {
    let text = |field: &str| case.request[field].as_str().unwrap_or_default().to_owned();
    let mut request =
        Request::builder().method(&*text("method")).uri(text("path").replace("<uuid>", "u-u-i-d"));
    for (name, value) in case.request["headers"].as_object().into_iter().flatten() {
        // the length is that of the body that was sent, of which the record holds a text
        if !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("transfer-encoding") {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    let body = text("body");
    let body = if case.name == "import invalid utf8" { latin1(&body) } else { body.into_bytes() };
    request.body(Body::from(body)).unwrap()
}

/// The one body that is no text is recorded as if its bytes were Latin-1.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// What the service behind must have answered for the recorded answer; `None`: it was not asked.
fn behind(case: &Case) -> Option<Answer> {
    let status = u16::try_from(case.response["status"].as_u64().unwrap()).unwrap();
    let body = case.response["body"].as_str().unwrap_or_default();
    let is_json = case.response["headers"]["Content-Type"] == "application/json";
    let is_own = case.request["path"].as_str().unwrap().ends_with("/health");
    let is_nowhere = case.request["path"].as_str().unwrap().ends_with("/..") || case.name == "import NaN";
    if !is_json || is_own || is_nowhere {
        return None;
    }
    if status != 503 {
        let body = if case.request["method"] == "HEAD" { "{}".to_owned() } else { whole(body) };
        return Some(Answer::new(status, "application/json", body));
    }
    Some(match &*case.name {
        name if name.contains("204") => Answer { status: 204, headers: Vec::new(), body: Body::empty() },
        _ => Answer::new(500, "text/html; charset=utf-8", "<html>Internal Server Error</html>"),
    })
}

/// Long bodies were recorded only in part: what is left of one stands for it as a JSON text.
fn whole(body: &str) -> String {
    let is_whole = body.contains("NaN") || serde_json::from_str::<Value>(body).is_ok();
    if is_whole { body.to_owned() } else { Value::from(body).to_string() }
}

fn methods(allow: &str) -> HashSet<&str> {
    allow.split(',').map(str::trim).collect()
}

/// What is wrong with the answer, if anything.
fn compare(case: &Case, got: &Got) -> Result<(), String> {
    let recorded = &case.response["headers"];
    let same = |what: &str, ours: Option<&str>, theirs: Option<&str>| {
        if ours == theirs { Ok(()) } else { Err(format!("{what}: ours {ours:?}, recorded {theirs:?}")) }
    };
    let status = case.response["status"].to_string();
    same("status", Some(got.status.as_str()), Some(&status))?;
    for name in [
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
        "Access-Control-Allow-Private-Network",
        "Access-Control-Max-Age",
        "Access-Control-Allow-Credentials",
        "Vary",
    ] {
        same(name, got.header(name), recorded[name].as_str())?;
    }
    match (got.header("Allow"), recorded["Allow"].as_str()) {
        (Some(ours), Some(theirs)) if methods(ours) == methods(theirs) => {}
        (ours, theirs) => same("Allow", ours, theirs)?,
    }
    compare_body(case, got)
}

fn compare_body(case: &Case, got: &Got) -> Result<(), String> {
    let recorded = case.response["body"].as_str().unwrap_or_default();
    if recorded.is_empty() {
        return if got.body.is_empty() { Ok(()) } else { Err("a body where there was none".to_owned()) };
    }
    if got.header("Content-Type") != Some("application/json") {
        return Err(format!("content type {:?}", got.header("Content-Type")));
    }
    let is_our_error = case.response["headers"]["Content-Type"] != "application/json" || got.status == 503;
    if !is_our_error {
        let same = got.body == whole(recorded);
        return if same { Ok(()) } else { Err(format!("body {:?}", got.body)) };
    }
    // where the original answers with HTML, or with what its libraries say, we answer in our own words
    let error = got.error();
    let prefix = recorded.split_once("unavailable:").map(|(start, _)| start.replace("{\"error\":\"", ""));
    match prefix {
        Some(prefix) if !error.starts_with(&format!("{prefix}unavailable: ")) => {
            Err(format!("error {error}"))
        }
        _ if error.contains("127.0.0.1") || error.contains("http") => Err(format!("internal: {error}")),
        _ => Ok(()),
    }
}

#[tokio::test]
async fn the_recorded_answers_of_the_original_are_given_again() {
    let mut problems = Vec::new();
    let mut stacks = std::collections::HashMap::new();
    let cases = cases();
    for case in &cases {
        if !stacks.contains_key(&case.service) {
            stacks.insert(case.service.clone(), Stack::with_cors(origins(&case.service)).await);
        }
        let stack = &stacks[&case.service];
        let answer = behind(case);
        let is_import = case.request["path"].as_str().unwrap().starts_with("/api/import");
        let was_asked = answer.is_some();
        let service = if is_import { &stack.import } else { &stack.metadata };
        if let Some(answer) = answer {
            service.will_answer(answer);
        }
        let got = send(&stack.gateway, request(case)).await;
        let mut outcome = compare(case, &got);
        let asked = stack.asked().len();
        if outcome.is_ok() && asked != usize::from(was_asked) {
            outcome = Err(format!("services were asked {asked} times"));
        }
        let differs = DIFFERENT.iter().find(|(group, name, _)| *group == case.service && *name == case.name);
        match (outcome, differs) {
            (Err(why), None) => problems.push(format!("{} / {}: {why}", case.service, case.name)),
            (Ok(()), Some((.., why))) => problems.push(format!("{} does not differ: {why}", case.name)),
            _ => {}
        }
    }
    assert!(cases.len() > 380, "only {} recorded cases", cases.len());
    assert!(problems.is_empty(), "{} of {} cases:\n{}", problems.len(), cases.len(), problems.join("\n"));
}
