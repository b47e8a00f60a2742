//! What services say to one another has no way in, however it is spelled.

use percent_encoding::percent_decode_str;

use crate::stub::{Answer, Stack};

/// What only services ask of one another.
const INSIDE: [&str; 17] = [
    "/import/update-status",
    "/process-batch",
    "/process-single",
    "/jobs/j/cancel",
    "/upload",
    "/delete",
    "/objects",
    "/objects/checksum",
    "/objects/locate",
    "/objects/resolve",
    "/objects/stat",
    "/objects/lookup",
    "/objects/release",
    "/images/known",
    "/images/verify",
    "/metrics",
    "/ready",
];

/// Where a path may begin, and what it may climb up with.
const BEGINNINGS: [&str; 10] = [
    "",
    "/",
    "/api",
    "/api/images",
    "/api/images/7",
    "/api/import",
    "/api/import/jobs/j",
    "/api/import/status",
    "/api/objects",
    "/api/objects/u_a.jpg",
];
const CLIMBS: [&str; 14] = [
    "",
    "/.",
    "/..",
    "/../..",
    "/../../..",
    "/%2e%2e",
    "/.%2E/%2e.",
    "/..%2f..",
    "%2f..%2f..",
    "%2F%2e%2e%2F%2e%2e",
    "/%252e%252e%252f..",
    "/..%5c..",
    "/..;/..;",
    "/%c0%ae%c0%ae/%00/..",
];
const SLASHES: [&str; 4] = ["/", "%2f", "//", "%252f"];

/// The path as a service reads it, and as one would that drops dots and empty segments.
fn as_read(uri: &str) -> String {
    let path = uri.split('?').next().unwrap();
    let decoded = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let mut segments = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

#[tokio::test]
async fn no_spelling_of_a_path_reaches_what_is_inside() {
    let stack = Stack::start().await;
    let stubs = [&stack.import, &stack.metadata, &stack.storage];
    let (mut sent, mut passed_on) = (0, 0);
    for method in ["GET", "POST", "PUT", "DELETE"] {
        for (beginning, climb) in BEGINNINGS.iter().flat_map(|one| CLIMBS.map(|climb| (one, climb))) {
            for (slash, inside) in SLASHES.iter().flat_map(|one| INSIDE.map(|inside| (one, inside))) {
                let path = format!("{beginning}{climb}{}", inside.replace('/', slash));
                if !path.starts_with('/') || path.parse::<axum::http::Uri>().is_err() {
                    continue;
                }
                for stub in stubs {
                    stub.will_answer(Answer::json("{}"));
                }
                stack.ask(method, &path).await;
                for stub in stubs {
                    stub.forget_answers();
                }
                sent += 1;
                for asked in stubs.iter().flat_map(|stub| stub.asked()) {
                    passed_on += 1;
                    let read = as_read(&asked.uri);
                    // storage takes these for keys, of objects that are not there: it changes nothing at a `GET`
                    let is_a_key = asked.method == "GET" && read.starts_with("/objects/");
                    assert!(
                        is_a_key || !INSIDE.contains(&&*read),
                        "{method} {path} → {} {}",
                        asked.method,
                        asked.uri
                    );
                }
            }
        }
    }
    assert!(sent > 10_000 && passed_on > 100, "{sent} {passed_on}");
}
