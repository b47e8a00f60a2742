//! Which files of a page are stored already and have not changed: they are done as soon as they are listed, and never go
//! to the worker.
//!
//! Metadata is asked once for each page. Whatever it cannot say, or does not say soon, is for the worker to find out: a
//! listing neither waits for metadata nor fails with it.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client::{
    drive::{File, MAX_PAGE_SIZE},
    import::{FileResult, Outcome},
    metadata::{self, Image},
};
use tokio::time::Instant;

use crate::entry::Entry;

/// How long metadata may take for one page.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long nothing is asked after it could not say, was too slow, or is the original's.
const PAUSE: Duration = Duration::from_secs(30);

/// Asks metadata. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    metadata: metadata::Client,
    ask_from: Arc<Mutex<Option<Instant>>>,
}

impl Known {
    /// Asks this service.
    pub(crate) fn new(metadata: metadata::Client) -> Self {
        Self { metadata, ask_from: Arc::default() }
    }

    /// The outcomes of those of `files` that are stored already and have not changed.
    pub(crate) async fn outcomes(&self, files: &[File]) -> Vec<FileResult<Entry>> {
        let asked: Vec<&File> = files.iter().filter(|file| is_importable(file)).collect();
        let mut outcomes = Vec::new();
        for some in asked.chunks(MAX_PAGE_SIZE as usize) {
            outcomes.extend(self.some_outcomes(some).await);
        }
        outcomes
    }

    async fn some_outcomes(&self, files: &[&File]) -> Vec<FileResult<Entry>> {
        if self.is_pausing() {
            return Vec::new();
        }
        let ids: Vec<&str> = files.iter().map(|file| file.id.as_str()).collect();
        match tokio::time::timeout(PATIENCE, self.metadata.known_rows::<Entry>(&ids)).await {
            Ok(Ok(Some(rows))) => return unchanged(files, rows),
            Ok(Ok(None)) => tracing::debug!("metadata is the original's: the worker tells known images"),
            Ok(Err(error)) => {
                tracing::info!(%error, "metadata does not say which images are known: the worker will ask");
            }
            Err(_) => {
                tracing::info!("metadata is slow to say which images are known: the worker will ask");
            }
        }
        *self.ask_from.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
        Vec::new()
    }

    fn is_pausing(&self) -> bool {
        let ask_from = self.ask_from.lock().unwrap_or_else(PoisonError::into_inner);
        ask_from.is_some_and(|from| Instant::now() < from)
    }
}

/// True when the worker would get as far as to ask whether it is known.
fn is_importable(file: &File) -> bool {
    file.name.is_some() && file.mime_type.is_some() && file.size_bytes().is_ok() && file.drive_ref().is_some()
}

/// As the worker reports them, by the same rule, in the order of the page. Each row goes into its entry as it came.
fn unchanged(files: &[&File], rows: Vec<Entry>) -> Vec<FileResult<Entry>> {
    let listed: HashMap<&str, (usize, &File)> =
        files.iter().enumerate().map(|(number, file)| (file.id.as_str(), (number, *file))).collect();
    let outcome = |row: Entry| {
        let image: Image = serde_json::from_str(row.json()).ok()?;
        let (number, file) = listed.get(image.google_drive_id.as_str())?;
        let size_bytes = file.size_bytes().ok().flatten();
        if image.is_outdated(file.md5().as_deref(), size_bytes) {
            return None;
        }
        let end = FileResult {
            file_id: file.id.clone(),
            outcome: Outcome::Known,
            image: Some(already_exists(&row)?),
            bytes: image.size_bytes().unwrap_or(0),
            failure: None,
        };
        Some((*number, end))
    };
    let mut outcomes: Vec<_> = rows.into_iter().filter_map(outcome).collect();
    outcomes.sort_by_key(|(number, _)| *number);
    outcomes.into_iter().map(|(_, end)| end).collect()
}

/// The contract's words for an image that was there before.
fn already_exists(row: &Entry) -> Option<Entry> {
    let mut json = String::with_capacity(row.json().len() + 50);
    write!(json, r#"{{"error":"Image already exists","image":{}}}"#, row.json()).ok()?;
    Entry::parse(json).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

    fn file(value: serde_json::Value) -> File {
        serde_json::from_value(value).unwrap()
    }

    fn listed(id: &str, md5: &str) -> File {
        file(json!({"id": id, "name": "n", "mimeType": "image/png", "size": "10", "md5Checksum": md5}))
    }

    fn row(id: &str) -> Image {
        serde_json::from_value(
            json!({"id": 1, "name": "n", "google_drive_id": id, "size": 12, "mime_type": "m",
            "storage_path": "p", "storage_provider": "aws", "created_at": null, "source_md5": MD5}),
        )
        .unwrap()
    }

    #[test]
    fn what_is_known_and_unchanged_ends_in_the_words_of_the_contract() {
        let files = [
            listed("same", &MD5.to_uppercase()),
            listed("changed", &"0".repeat(32)),
            listed("SAME", MD5),
            // nonsense says nothing about the content, here as in the worker
            listed("nonsense", "zz"),
        ];
        let rows = ["nonsense", "same", "changed", "other"].map(|id| Entry::of(&row(id)).unwrap());
        let rows = [rows.to_vec(), vec![json!({"google_drive_id": "SAME"}).into()]].concat();
        let outcomes = unchanged(&files.iter().collect::<Vec<_>>(), rows);
        let ids: Vec<_> = outcomes.iter().map(|outcome| outcome.file_id.as_str()).collect();
        assert_eq!(ids, ["same", "nonsense"]);
        assert_eq!((outcomes[0].outcome, outcomes[0].bytes), (Outcome::Known, 12), "what is stored counts");
        let entry = json!({"error": "Image already exists", "image": row("same")});
        assert_eq!(outcomes[0].image.as_ref().unwrap().json(), entry.to_string());
    }

    #[test]
    fn what_fails_before_anybody_asks_fails_as_it_would() {
        assert!(is_importable(&listed("a", MD5)));
        for wrong in [
            json!({"id": "a", "mimeType": "image/png"}),
            json!({"id": "a", "name": "n"}),
            json!({"id": "a", "name": "n", "mimeType": "image/png", "size": "many"}),
            json!({"id": "a b", "name": "n", "mimeType": "image/png"}),
        ] {
            assert!(!is_importable(&file(wrong.clone())), "{wrong}");
        }
    }
}
