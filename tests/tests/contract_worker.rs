//! The recorded requests to the worker, with the whole system behind it.

use tests::{Stack, drive, golden};

/// Where our answer differs from the recorded one on purpose: the case's name, our status, how our `error` begins.
const FIXED: &[(&str, u16, &str)] = &[
    // a bad body is the caller's mistake, and the field is named
    ("batch no body", 415, "Send a JSON body"),
    ("batch invalid json", 400, "The body is not valid JSON"),
    ("batch array", 400, "The JSON body must be an object"),
    ("batch files number", 400, "'files' must be"),
    ("batch files string", 400, "'files' must be"),
    ("single size null", 400, "The file's record is incomplete or wrong: 'size'"),
    ("single missing name", 400, "'name' is missing"),
    ("single missing mimeType", 400, "The file's record is incomplete or wrong: 'mimeType'"),
    ("single file_data string", 400, "'file_data' must be"),
    ("single null", 400, "The JSON body must be an object"),
    ("single invalid json", 400, "The body is not valid JSON"),
    ("single id int", 400, "The file's record is incomplete or wrong: 'id'"),
    // Drive's trouble keeps its prefix; addresses and keys are gone
    (
        "single unknown drive id",
        500,
        "Error downloading from Google Drive: 404 File not found: no such/id?x.",
    ),
    ("single id empty", 500, "Error downloading from Google Drive: 404 File not found: ."),
];

/// Downloads that Drive refuses or breaks off: any text after the prefix.
const DRIVE_TROUBLE: &str = "single drive download error";

/// Cases with other services, or another key, than the stack has: `crates/worker` tries those against stand-ins.
const ELSEWHERE: &[&str] = &[
    "storage answers",
    "metadata answers",
    "service down",
    "GOOGLE_API_KEY",
    // stored with its true size, whatever was said: the test below
    "single size int",
    "single size missing",
    // a name of 256 characters is cut, and stored
    "single metadata error",
];

#[tokio::test]
async fn recorded_requests_get_the_recorded_answers() {
    let stack = Stack::with(drive::fixtures()).start().await;
    let mut differences = Vec::new();
    let mut replayed = 0;
    for transcript in golden::transcripts("worker", "mysql") {
        if ELSEWHERE.iter().any(|part| transcript.case.contains(part)) {
            continue;
        }
        replayed += 1;
        let (status, body) = transcript.replay(&stack.http, &stack.url("worker")).await;
        let error = body["error"].as_str().unwrap_or_default();
        let trouble = &(DRIVE_TROUBLE, 500, "Error downloading from Google Drive: ");
        let is_trouble = transcript.case.starts_with(DRIVE_TROUBLE);
        let fixed =
            FIXED.iter().find(|(case, ..)| *case == transcript.case).or(is_trouble.then_some(trouble));
        let difference = match (fixed, transcript.json()) {
            (Some((_, expected, text)), _) => {
                let fits = status == *expected && !error.is_empty() && error.starts_with(text);
                (!fits).then(|| format!("status {status}, expected {expected} and {text:?}"))
            }
            (None, _) if status != transcript.response.status => Some(format!("status {status}")),
            (None, Some(recorded)) => golden::compare(&recorded, &body).err(),
            (None, None) => None,
        };
        if let Some(difference) = difference {
            let recorded = (transcript.response.status, transcript.response.body, transcript.request.body);
            differences
                .push(format!("{}: {difference}\n  ours {body}\n  recorded {recorded:?}", transcript.case));
        }
    }
    assert!(replayed > 25, "only {replayed} recorded requests were replayed");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn a_single_image_is_stored_with_its_true_size() {
    let stack = Stack::with(drive::fixtures()).start().await;
    for (case, size) in
        [("single size int", 550), ("single size missing", 650), ("single metadata error", 250)]
    {
        let mut recorded = golden::transcripts("worker", "mysql");
        recorded.retain(|transcript| transcript.case == case);
        let (status, body) = recorded[0].replay(&stack.http, &stack.url("worker")).await;
        assert_eq!(
            (status, &body["success"], &body["image"]["size"]),
            (200, &true.into(), &size.into()),
            "{body}"
        );
        assert!(body["image"]["name"].as_str().is_some_and(|name| name.len() <= 255), "{body}");
    }
}
