//! A batch as tasks: what tells one file from another.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::NewTasks;
use crate::listing;

/// One file of a batch, also as `enqueue.sql` wants it.
#[derive(Debug, Serialize)]
pub(super) struct NewTask<'a> {
    /// Unique within the job.
    pub(super) key: String,
    /// The file's id as it is reported.
    pub(super) file_id: String,
    /// Its id where it is one that Drive could know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) drive_id: Option<String>,
    /// Its SHA-256, where listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    /// Its record, as sent.
    pub(super) file: &'a Value,
}

/// The files of a batch, as tasks.
pub(super) fn tasks_of(batch: &NewTasks) -> Vec<NewTask<'_>> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    batch
        .files
        .iter()
        .map(|file| {
            let file_id = file_id(file);
            // without an id the whole record tells one from another
            let mut key = if file_id.is_empty() { file.to_string() } else { file_id.clone() };
            let times = seen.entry(key.clone()).or_default();
            *times += 1;
            // who counts without names counts a file as often as it stands in the batch
            if !batch.accepts_results && *times > 1 {
                key = format!("{key}\n{times}");
            }
            NewTask {
                key,
                file_id,
                drive_id: listing::drive_id(file).map(|id| id.as_str().to_owned()),
                sha256: listing::sha256(file),
                file,
            }
        })
        .collect()
}

/// A file's id as it is reported.
pub(super) fn file_id(file: &Value) -> String {
    match &file["id"] {
        Value::String(id) => id.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::task::JobKey;

    fn keys(accepts_results: bool, files: Vec<Value>) -> Vec<String> {
        let batch = NewTasks { job: JobKey::of(&json!("j")), accepts_results, request_id: None, files };
        tasks_of(&batch).into_iter().map(|task| task.key).collect()
    }

    #[test]
    fn copies_count_only_for_senders_that_count_without_names() {
        let files = vec![json!({"id": "a"}), json!({"id": "a"}), json!({"id": 5}), json!({"name": "x"})];
        assert_eq!(keys(true, files.clone()), ["a", "a", "5", r#"{"name":"x"}"#]);
        assert_eq!(keys(false, files), ["a", "a\n2", "5", r#"{"name":"x"}"#]);
    }
}
