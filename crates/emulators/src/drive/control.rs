//! What is not Drive: the fault book, the counters, and a list of what is served. No key is needed.

use super::Drive;
use super::faults::Rule;
use super::item::Item;
use super::tree::ids;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

/// Files and folders that `/__tree` shows; beyond that it says that there are more.
const MOST_SHOWN: usize = 10_000;

/// The control paths.
pub(crate) fn routes() -> Router<Drive> {
    Router::new()
        .route("/__faults", get(show_faults).post(add_faults).put(replace_faults).delete(clear_faults))
        .route("/__stats", get(show_stats).delete(reset_stats))
        .route("/__tree", get(show_tree))
        .route("/health", get(health))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Several(Vec<Value>),
    One(Value),
}

async fn show_faults(State(drive): State<Drive>) -> Response {
    answer(200, &json!({ "faults": drive.faults.report(), "manifest": drive.manifest_faults.report() }))
}

async fn add_faults(State(drive): State<Drive>, body: Bytes) -> Response {
    change_faults(&drive, &body, false)
}

async fn replace_faults(State(drive): State<Drive>, body: Bytes) -> Response {
    change_faults(&drive, &body, true)
}

async fn clear_faults(State(drive): State<Drive>) -> Response {
    drive.faults.clear();
    answer(200, &json!({ "faults": [] }))
}

fn change_faults(drive: &Drive, body: &[u8], replace: bool) -> Response {
    match rules(body) {
        Err(error) => answer(400, &json!({ "error": format!("read the rules: {error}") })),
        Ok(rules) => {
            if replace {
                drive.faults.clear();
            }
            for rule in rules {
                drive.faults.add(rule);
            }
            answer(200, &json!({ "faults": drive.faults.report() }))
        }
    }
}

/// One rule, or a list; nothing is added unless all are understood.
fn rules(body: &[u8]) -> Result<Vec<Rule>, serde_json::Error> {
    let rules = match serde_json::from_slice(body)? {
        Rules::Several(rules) => rules,
        Rules::One(rule) => vec![rule],
    };
    rules.into_iter().map(serde_json::from_value).collect()
}

async fn show_stats(State(drive): State<Drive>) -> Response {
    answer(200, &json!(drive.stats.report()))
}

async fn reset_stats(State(drive): State<Drive>) -> Response {
    drive.stats.reset();
    answer(200, &json!(drive.stats.report()))
}

async fn health() -> Response {
    answer(200, &json!({ "service": "drive-emulator", "status": "healthy" }))
}

async fn show_tree(State(drive): State<Drive>) -> Response {
    let tree = tokio::task::spawn_blocking(move || tree(&drive)).await;
    tree.map_or_else(
        |_| answer(500, &json!({ "error": "read the directory tree" })),
        |tree| answer(200, &tree),
    )
}

fn tree(drive: &Drive) -> Value {
    let (mut folders, mut files, mut more) = (Vec::new(), Vec::new(), false);
    for path in drive.library.directories() {
        let id = ids::of_path(&path);
        folders.push(json!({ "id": id, "path": shown(&path) }));
        let Some(children) = drive.library.children(&id) else { continue };
        let items = (0..children.len()).filter_map(|index| drive.library.child(&children, index));
        for item in items.filter(|item| !item.is_folder()) {
            more |= files.len() == MOST_SHOWN;
            if more {
                break;
            }
            let name = item.name.as_deref().unwrap_or_default();
            files.push(json!({ "id": item.id, "path": shown(&path.join(name)), "mimeType": item.mime_type }));
        }
        if more || folders.len() >= MOST_SHOWN {
            more = true;
            break;
        }
    }
    let entry = |item: &Item| json!({ "id": item.id, "name": item.name });
    let of_manifest: Vec<_> = drive.library.manifest_folders().iter().map(entry).collect();
    let root = (!folders.is_empty()).then(ids::root);
    json!({ "root": root, "folders": folders, "files": files, "more": more, "manifestFolders": of_manifest })
}

fn shown(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn answer(status: u16, body: &Value) -> Response {
    super::answer::json(status, body)
}
