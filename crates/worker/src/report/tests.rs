//! What the import service is told, and in whose words.

use client::import::{FileResult, Outcome};
use serde_json::json;

use super::sending::update;
use crate::{queue::Report, task::JobKey};

fn report(accepts_results: bool) -> Report {
    let result = |file_id: &str, outcome, image| FileResult {
        file_id: file_id.into(),
        outcome,
        image,
        bytes: 0,
        failure: None,
    };
    Report {
        job: JobKey::of(&json!(7)),
        accepts_results,
        job_failure: None,
        ids: vec![1, 2, 3],
        results: vec![
            result("a", Outcome::Imported, Some(json!({"id": 1}))),
            result("b", Outcome::Known, Some(json!({"error": "Image already exists", "image": {}}))),
            result("c", Outcome::Failed, None),
        ],
    }
}

#[test]
fn an_original_import_service_gets_its_counters() {
    let update = update(report(false));
    assert_eq!((update.job_id, update.processed, update.failed), (json!(7), Some(2), Some(1)));
    assert_eq!(update.imported.unwrap()[0], json!({"id": 1}));
    assert_eq!(update.results.unwrap().len(), 3);
}

#[test]
fn an_import_service_of_ours_gets_results_alone() {
    let update = update(report(true));
    assert_eq!((update.processed, update.failed, update.imported), (None, None, None));
    assert_eq!(update.results.unwrap().len(), 3);
}
