//! Both languages of workers.

use client::import::JobState;
use serde_json::json;

use super::*;

const NOW: i64 = 1_000_000;

/// A job of four files `a` to `d` that are all at the worker.
struct Trial {
    job: Progress,
    states: HashMap<String, FileState>,
    imported: Vec<Value>,
}

impl Trial {
    fn new() -> Self {
        let mut job = Progress::new(NOW);
        job.listed(4, 40, true, NOW);
        job.sent(4);
        let states = ["a", "b", "c", "d"].map(|id| (id.to_owned(), FileState::Sent)).into();
        Self { job, states, imported: Vec::new() }
    }

    fn report(&mut self, body: &Value) {
        let report = Report::parse(body).unwrap();
        let before = self.job.end;
        let mut changes = Changes::default();
        report.apply(&mut self.job, &mut self.states, &mut changes, NOW);
        for (id, change) in &changes.files {
            assert_eq!(self.states[id], change.state, "{id}");
        }
        self.imported
            .extend(changes.imported.iter().map(|entry| serde_json::from_str(entry.json()).unwrap()));
        if before.is_none() && self.job.end.is_some() {
            let rest = self.job.rest_state();
            self.states
                .values_mut()
                .filter(|state| **state == FileState::Sent)
                .for_each(|state| *state = rest);
        }
    }

    /// Stored, failed, cancelled, and the length of the list.
    fn counts(&self) -> (String, String, String, usize) {
        let text = |count: Count| count.to_json().to_string();
        (text(self.job.processed), text(self.job.failed), text(self.job.cancelled), self.imported.len())
    }

    fn assert_counts(&self, stored: &str, failed: &str, cancelled: &str, imported: usize) {
        assert_eq!(self.counts(), (stored.to_owned(), failed.to_owned(), cancelled.to_owned(), imported));
    }
}

fn stored(id: &str) -> Value {
    json!({"file_id": id, "outcome": "imported", "image": {"google_drive_id": id, "size": 10}, "bytes": 10})
}

fn failed(id: &str) -> Value {
    let failure = json!({"reason": "not-found", "message": "gone", "advice": "ask", "attempts": 1});
    json!({"file_id": id, "outcome": "failed", "failure": failure})
}

/// What a worker of the original sends after a success.
fn originals_success(id: &str) -> Value {
    json!({"processed": 1, "failed": 0, "imported": [{"google_drive_id": id, "size": 10}]})
}

#[test]
fn the_first_outcome_of_a_file_counts_and_a_later_success_replaces_a_failure() {
    let mut trial = Trial::new();
    trial.report(&json!({"results": [stored("a"), stored("a"), failed("b"), stored("z")]}));
    trial.assert_counts("1", "1", "0", 1);
    trial.report(&json!({"results": [failed("a"), failed("b"), stored("a")]}));
    trial.assert_counts("1", "1", "0", 1);
    trial.report(&json!({"results": [stored("b")]}));
    trial.assert_counts("2", "0", "0", 2);
    assert_eq!(trial.job.bytes_done, 20);
}

#[test]
fn with_results_the_originals_fields_are_not_counted() {
    let mut trial = Trial::new();
    trial.report(&json!({"results": [stored("a")], "processed": 1, "failed": 3, "imported": [{"x": 1}]}));
    trial.assert_counts("1", "0", "0", 1);
    trial.report(&json!({"results": [], "processed": 4}));
    trial.assert_counts("1", "0", "0", 1);
}

#[test]
fn a_known_image_is_counted_as_stored_with_the_contracts_entry() {
    let mut trial = Trial::new();
    let entry = json!({"error": "Image already exists", "image": {"google_drive_id": "a"}});
    trial.report(&json!({"results": [{"file_id": "a", "outcome": "known", "image": entry}]}));
    trial.assert_counts("1", "0", "0", 1);
    assert_eq!(trial.imported, [entry]);
}

#[test]
fn the_original_arithmetic_is_kept_where_no_file_is_named() {
    let mut trial = Trial::new();
    for (body, counts) in [
        (json!({"processed": 1}), ("1", "0", 0)),
        (json!({"imported": [{"a": 1}]}), ("1", "0", 1)),
        (json!({"failed": 1}), ("1", "1", 1)),
        (json!({"processed": 0.5}), ("1.5", "1", 1)),
        (json!({"processed": -0.5}), ("1.0", "1", 1)),
        (json!({"processed": true}), ("2.0", "1", 1)),
        (json!({"imported": "ab"}), ("2.0", "1", 3)),
        (json!({"imported": {"k": 1}}), ("2.0", "1", 4)),
        (json!({"failed": 1}), ("2.0", "2", 4)),
        (json!({"processed": 10}), ("12.0", "2", 4)),
        (json!({"processed": -12}), ("0.0", "2", 4)),
    ] {
        trial.report(&body);
        trial.assert_counts(counts.0, counts.1, "0", counts.2);
        let completed = counts.0 == "12.0" || counts.0 == "0.0" || (counts.0, counts.1) == ("2.0", "2");
        assert_eq!(trial.job.state(NOW) == JobState::Completed, completed, "{body}");
    }
    assert_eq!(trial.imported, [json!({"a": 1}), json!("a"), json!("b"), json!("k")]);
}

#[test]
fn a_success_of_the_original_counts_once_however_often_it_is_reported() {
    let mut trial = Trial::new();
    for _ in 0..3 {
        trial.report(&originals_success("a"));
    }
    trial.assert_counts("1", "0", "0", 1);
    let known = json!({"error": "Image already exists", "image": {"google_drive_id": "a", "size": 10}});
    trial.report(&json!({"processed": 1, "failed": 0, "imported": [known]}));
    trial.assert_counts("1", "0", "0", 1);
}

#[test]
fn anonymous_failures_end_the_job_when_they_explain_the_rest() {
    let mut trial = Trial::new();
    trial.report(&originals_success("a"));
    for _ in 0..2 {
        trial.report(&json!({"processed": 0, "failed": 1, "imported": []}));
    }
    assert_eq!(trial.job.state(NOW), JobState::Running);
    assert_eq!(trial.job.unfinished_at_worker(), 1);
    trial.report(&originals_success("d"));
    assert_eq!(trial.job.state(NOW), JobState::Completed);
    assert_eq!((trial.states["b"], trial.states["c"]), (FileState::Failed, FileState::Failed));
    trial.report(&originals_success("b"));
    trial.assert_counts("3", "1", "0", 3);
}

#[test]
fn a_cancelled_job_takes_successes_only() {
    let mut trial = Trial::new();
    trial.job.cancel();
    trial.states.values_mut().for_each(|state| *state = FileState::Cancelled);
    trial.report(&json!({"processed": 0, "failed": 1, "imported": []}));
    trial.report(&json!({"results": [failed("b"), {"file_id": "c", "outcome": "cancelled"}]}));
    trial.assert_counts("0", "0", "4", 0);
    trial.report(&originals_success("a"));
    trial.report(&json!({"results": [stored("b")]}));
    trial.assert_counts("2", "0", "2", 2);
    assert_eq!(trial.job.state(NOW), JobState::Cancelled);
}

#[test]
fn a_job_without_a_usable_key_fails_as_a_whole() {
    let mut trial = Trial::new();
    let why = json!({"reason": "api-key-invalid", "message": "key", "advice": "set it"});
    trial.report(&json!({"results": [stored("a")], "job_failed": why}));
    trial.assert_counts("1", "3", "0", 1);
    assert_eq!(trial.job.state(NOW), JobState::Failed);
    assert_eq!(trial.job.failure.as_ref().unwrap().reason, "api-key-invalid");
}

#[test]
fn waiting_lasts_until_the_next_outcome() {
    let mut trial = Trial::new();
    trial.report(&json!({"results": [], "waiting": {"until": "1970-01-01T01:00:00Z", "reason": "quota"}}));
    assert_eq!(trial.job.state(NOW), JobState::Waiting);
    trial.report(&json!({"results": [stored("z")]}));
    assert_eq!(trial.job.state(NOW), JobState::Waiting, "not an outcome of this job");
    trial.report(&json!({"results": [stored("a")]}));
    assert_eq!(trial.job.state(NOW), JobState::Running);
}

#[test]
fn a_mistyped_field_is_named() {
    for (body, field) in [
        (json!({"processed": "1"}), "`processed`"),
        (json!({"processed": null}), "`processed`"),
        (json!({"failed": []}), "`failed`"),
        (json!({"imported": null}), "`imported`"),
        (json!({"imported": 5}), "`imported`"),
        (json!({"results": {}}), "`results`"),
        (json!({"results": [{"file_id": "a", "outcome": "lost"}]}), "`results`"),
        (json!({"waiting": "long"}), "`waiting`"),
        (json!({"job_failed": true}), "`job_failed`"),
    ] {
        let error = Report::parse(&body).unwrap_err().to_string();
        assert!(error.starts_with(field), "{body}: {error}");
    }
}

#[test]
fn a_report_that_is_read_straight_from_its_bytes_says_the_same() {
    let why = json!({"reason": "api-key-invalid", "message": "key", "advice": "set it", "attempts": 1});
    let results = [stored("a"), failed("b"), json!({"file_id": "c", "outcome": "known", "image": null})];
    for body in [
        json!({"job_id": "j", "results": results}),
        json!({"job_id": "j", "results": [], "waiting": null, "job_failed": why, "processed": "x"}),
        json!({"job_id": "j", "results": [], "waiting": {"until": "u", "reason": "quota"}}),
    ] {
        let (id, report) = Report::read(body.to_string().as_bytes()).unwrap();
        let looked_at = Report::parse(&body).unwrap();
        assert_eq!((id.as_str(), format!("{report:?}")), ("j", format!("{looked_at:?}")), "{body}");
    }
}

#[test]
fn what_is_not_usual_is_looked_at_more_closely() {
    for body in [
        r#"{"job_id": "j", "processed": 1}"#,
        r#"{"job_id": "j", "results": null, "processed": 1}"#,
        r#"{"job_id": 5, "results": []}"#,
        r#"{"results": []}"#,
        r#"{"job_id": "j", "results": [], "results": [{"file_id": "a", "outcome": "known"}]}"#,
        r#"{"job_id": "j", "results": [], "waiting": "long"}"#,
        r#"{"job_id": "j", "results": [], "x": NaN}"#,
        "[]",
    ] {
        assert!(Report::read(body.as_bytes()).is_none(), "{body}");
    }
}
