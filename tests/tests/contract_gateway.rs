//! The recorded requests to the gateway, against the whole system.

use serde_json::Value;
use tests::{Stack, database::Database, drive, golden};

/// Where our answer differs from the recorded one on purpose: part of the case's name, our status, how our `error`
/// begins.
const FIXED: &[(&str, u16, &str)] = &[
    // a bad body is the caller's mistake: 400, naming it
    ("import null", 400, "folder_url is required"),
    ("import array with folder_url", 400, ""),
    ("import string", 400, ""),
    ("import number", 400, ""),
    ("import true", 400, ""),
    ("import folder_url null", 400, ""),
    ("import folder_url list", 400, ""),
    ("import folder_url int", 400, ""),
    // what is no link to a folder is refused with what to paste instead
    ("import folder_url spaces", 400, ""),
    ("import folder_url empty string", 400, ""),
    ("import unrelated url", 400, ""),
    ("import file url", 400, ""),
    ("import plain id quote injection", 400, ""),
    ("import plain id with quote", 400, ""),
    ("import unicode id", 400, ""),
    // Drive's trouble keeps its status and the beginning of its text; addresses and keys are gone
    ("import drive ", 500, "Error fetching files from Google Drive: "),
    // ids that fit no row are not there
    ("get image id=9223372036854775808", 404, "Image not found"),
    ("get image id=99999999999999999999999", 404, "Image not found"),
];

/// Cases that need rows, stand-ins or services that are down: the crates of the services replay those.
fn needs_a_state(case: &str) -> bool {
    [
        "HEAD image",
        "HEAD images",
        "GET with keep-alive",
        "delete image ok",
        "get row",
        "stats ",
        "list",
        "flow",
        "worker ",
    ]
    .iter()
    .any(|start| case.starts_with(start))
        || [
            "down",
            "hung",
            "answers",
            "1205",
            "paging",
            "wire:",
            "cors",
            "id=007",
            "status immediately",
            "unknown ..",
            "GOOGLE_API_KEY",
        ]
        .iter()
        .any(|part| case.contains(part))
}

#[tokio::test]
async fn recorded_requests_get_the_recorded_answers() {
    let stack = Stack::with(drive::fixtures()).set("LIST_WAIT_SECS", 1).start().await;
    let mut differences = Vec::new();
    let mut replayed = 0;
    for transcript in golden::transcripts("gateway", "mysql") {
        if needs_a_state(&transcript.case) {
            continue;
        }
        replayed += 1;
        let (status, body) = transcript.replay(&stack.http, &stack.url("gateway")).await;
        let fixed = FIXED.iter().find(|(case, ..)| transcript.case.starts_with(case));
        let difference = match (fixed, transcript.json()) {
            (Some((_, expected, text)), _) => as_fixed(*expected, text, status, &body),
            _ if status != transcript.response.status => Some(format!("status {status}")),
            (None, Some(recorded)) => golden::compare(&recorded, &body).err(),
            (None, None) if status >= 400 && transcript.request.method != "HEAD" => {
                body["error"].is_string().then_some(()).map_or(Some("no error text".to_owned()), |()| None)
            }
            (None, None) => None,
        };
        if let Some(difference) = difference {
            let recorded = (transcript.response.status, transcript.response.body);
            differences
                .push(format!("{}: {difference}\n  ours {body}\n  recorded {recorded:?}", transcript.case));
        }
    }
    assert!(replayed > 60, "only {replayed} recorded requests were replayed");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    stack.assert_no_secret_in_logs();
}

fn as_fixed(expected: u16, text: &str, status: u16, body: &Value) -> Option<String> {
    let error = body["error"].as_str().unwrap_or_default();
    let fits = status == expected && !error.is_empty() && error.starts_with(text);
    (!fits).then(|| format!("status {status}, expected {expected} and a text that begins with {text:?}"))
}

/// What the recorded imports of the fixture folders ended with: folder, total, processed, failed.
/// `sizes`: the original stores three files whose announced size is a lie; here those fail.
/// `noname`: the original never counts a file without a name; here it fails.
const FLOWS: &[(&str, u64, u64, u64)] = &[
    ("small1", 1, 1, 0),
    ("small3", 3, 3, 0),
    ("names", 12, 12, 0),
    ("sizes", 6, 3, 3),
    ("nomime", 1, 0, 1),
    ("noname", 2, 1, 1),
    ("longname", 2, 2, 0),
    ("large9m", 1, 1, 0),
    ("caseids", 2, 2, 0),
    ("nrange", 1, 1, 0),
    ("dupes", 1, 1, 0),
    ("big1205", 1205, 1205, 0),
];

#[tokio::test]
async fn recorded_folders_are_imported_on_sqlite() {
    recorded_folders_are_imported(Database::Sqlite, ("badmime", 1, 1, 0)).await;
}

#[tokio::test]
async fn recorded_folders_are_imported_on_mysql() {
    // a type of 126 characters fits no column of MySQL
    recorded_folders_are_imported(Database::Mysql, ("badmime", 1, 0, 1)).await;
}

async fn recorded_folders_are_imported(database: Database, long_type: (&str, u64, u64, u64)) {
    let stack = Stack::with(drive::fixtures()).database(database).start().await;
    for &(folder, total, processed, failed) in FLOWS.iter().chain([&long_type]) {
        let job = stack.import_whole(&format!("https://drive.google.com/drive/folders/{folder}")).await;
        let counts = (job.total, job.processed.as_u64(), job.failed.as_u64());
        assert_eq!(counts, (total, Some(processed), Some(failed)), "{folder}: {:?}", job.failures);
        assert_eq!(job.status, "completed", "{folder}");
        for failure in &job.failures {
            assert!(!failure.failure.advice.is_empty(), "{folder}: {failure:?}");
        }
    }
    let again = stack.import_whole("https://drive.google.com/drive/folders/small3").await;
    assert_eq!(again.processed.as_u64(), Some(3));
    for entry in &again.imported {
        assert_eq!(entry["error"], "Image already exists", "{entry}");
        assert!(entry["image"]["id"].is_i64(), "{entry}");
    }
    stack.assert_no_secret_in_logs();
}
