//! No failure shows a secret, in no answer and no log.

use serde_json::json;
use tests::{Stack, drive, stack::API_KEY};

use crate::drive_folders::folder;

#[tokio::test]
async fn no_failure_shows_the_key_or_an_address() {
    let (manifest, _) = folder("leaky", 3, 900);
    let stack = Stack::with(drive::serving(&manifest))
        .set("LIST_WAIT_SECS", 1)
        .set("RUST_LOG", "trace")
        .start()
        .await;
    for kind in
        ["API_KEY_INVALID", "accessNotConfigured", "notFound", "html-403", "html-502", "not-json", "reset"]
    {
        stack.drive.fail(&json!({"kind": kind, "on": "list"}));
        let (status, body) = stack.import("leaky").await;
        stack.drive.heal();
        assert_eq!(status, 500, "{kind}: {body}");
        let text = body.to_string();
        assert!(text.contains("Error fetching files from Google Drive: "), "{kind}: {text}");
        for internal in [API_KEY, "127.0.0.1", "http://"] {
            assert!(!text.contains(internal), "{kind} shows {internal}: {text}");
        }
    }
    stack.import_whole("leaky").await;
    let headers = stack.drive.stats.report().headers;
    assert_eq!((headers.key_in_query, headers.key_missing), (0, 0), "the key travels in the header");
    stack.assert_no_secret_in_logs();
}
