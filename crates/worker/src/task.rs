//! A task: one image of one job, and how far it has come.

use std::{fmt, sync::Arc};

use client::import::{Failure, FileResult, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{download::Watch, listing::Listing};

/// How keys begin that stand for one image a caller waits for.
const SINGLE: &str = "single ";

/// Names a job in the queue: its id as JSON text, because clients may send any JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct JobKey(pub(crate) String);

impl JobKey {
    /// The key of a job id as it was sent.
    pub(crate) fn of(id: &Value) -> Self {
        Self(id.to_string())
    }

    /// The keys that a job id in a path can mean: the text itself, and the number.
    pub(crate) fn named(text: &str) -> Vec<Self> {
        let mut keys = vec![Self::of(&Value::from(text))];
        if let Ok(number @ Value::Number(_)) = serde_json::from_str(text) {
            keys.push(Self::of(&number));
        }
        keys
    }

    /// A key of its own for one image that a caller waits for. No batch can have it: it is not JSON.
    pub(crate) fn single(id: &Value) -> Self {
        Self(format!("{SINGLE}{} {id}", Uuid::new_v4()))
    }

    /// Whether it is one of those.
    pub(crate) fn is_single(&self) -> bool {
        self.0.starts_with(SINGLE)
    }

    /// The id as people know it.
    pub(crate) fn for_logs(&self) -> String {
        match self.id() {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// The id as it was sent.
    pub(crate) fn id(&self) -> Value {
        let text = self.0.strip_prefix(SINGLE).and_then(|rest| rest.split_once(' '));
        serde_json::from_str(text.map_or(self.0.as_str(), |(_, id)| id)).unwrap_or(Value::Null)
    }
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_matches('"'))
    }
}

/// Whether a job still goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobState {
    /// It does.
    Open,
    /// Stopped by a person.
    Cancelled,
    /// No image of it can succeed.
    Failed(Failure),
}

/// A task in hand.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// Number in the queue.
    pub(crate) id: i64,
    /// Number of the lease.
    pub(crate) claim: i64,
    /// The job it belongs to.
    pub(crate) job: JobKey,
    /// Whether that still goes on.
    pub(crate) job_state: JobState,
    /// The file's id as it is reported.
    pub(crate) file_id: String,
    /// The record as it was sent.
    pub(crate) file: Arc<Value>,
    /// The request that brought it, and its place in a trace: [`client::trace::Origin`].
    pub(crate) request_id: Option<String>,
    /// Another task with the same SHA-256 has ended.
    pub(crate) has_twin: bool,
    /// How far it has come.
    pub(crate) progress: Progress,
    /// The upload that runs, or was broken off.
    pub(crate) flying: Option<Watch>,
}

/// What a task remembers from one try to the next. It is written often, and most of it is mostly nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    /// Tries so far, for the report.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) attempts: u32,
    /// Tries that failed and count.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) failed_tries: u32,
    /// Waits in a row for something that was not there.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) waits: u32,
    /// Rate answers while other calls to Drive succeeded.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) rate_refusals: u32,
    /// Successful calls to Drive when the last rate answer came.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) successes_seen: Option<u64>,
    /// When it was last asked whether Drive lets anything through; milliseconds since 1970.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) rate_checked_at: i64,
    /// Before the next download, ask Drive for something cheap: is it this file that is refused, or everything?
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) check_rate: bool,
    /// Keys of this task that were released: the next object takes another one.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) incarnation: u32,
    /// An object may exist under the current key, though no answer said so.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) maybe_stored: bool,
    /// The object that is stored, and has no row yet.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(crate) stored: Option<Stored>,
    /// How it ends, once its object is released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ending: Option<FileResult>,
}

/// Whether it is what is taken where nothing is written.
fn is_nothing<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// An object that is stored and verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// Its public URL.
    pub(crate) url: String,
    /// Bytes.
    pub(crate) size_bytes: u64,
    /// MD5 of the bytes.
    pub(crate) md5: String,
    /// Drive's own MD5 was wrong twice for these bytes.
    #[serde(default)]
    pub(crate) is_stale: bool,
    /// MD5 that Drive listed last.
    #[serde(default)]
    pub(crate) source_md5: Option<String>,
    /// What the bytes are, as storage saw.
    #[serde(default)]
    pub(crate) content_type: Option<String>,
    /// Width and height as a viewer sees them, as storage saw.
    #[serde(default)]
    pub(crate) dimensions: Option<(u32, u32)>,
}

impl Progress {
    /// True when an object of this task may exist.
    pub(crate) fn is_touched(&self) -> bool {
        self.maybe_stored || self.stored.is_some() || self.ending.is_some()
    }

    /// True when the next step is a download.
    fn needs_drive(&self) -> bool {
        self.stored.is_none() && self.ending.is_none()
    }

    /// The current key was released: the next object takes another one.
    pub(crate) fn next_incarnation(&mut self) {
        self.incarnation += 1;
        self.maybe_stored = false;
        self.stored = None;
    }
}

impl Task {
    /// True when the next step is a download. Of an image beside the queue only its object is looked after.
    pub(crate) fn needs_drive(&self) -> bool {
        !self.job.is_single() && self.progress.needs_drive()
    }

    /// True for an image beside the queue that somebody else had begun.
    pub(crate) fn is_left_behind(&self) -> bool {
        self.job.is_single() && self.claim > 1
    }

    /// No upload runs any more: remembers whether the last one may have become an object.
    pub(crate) fn land(&mut self) {
        let is_complete = self.flying.take().is_some_and(|watch| watch.is_complete());
        self.progress.maybe_stored |= is_complete && self.progress.stored.is_none();
    }

    /// First half of the object's key: the same whenever the same task runs again.
    pub(crate) fn object_uuid(&self, listing: &Listing) -> Uuid {
        let content = listing.md5.clone().unwrap_or_else(|| {
            let size = listing.size_bytes.map(|size| size.to_string()).unwrap_or_default();
            format!("{size}@{}", listing.modified_time.as_deref().unwrap_or_default())
        });
        let name = format!("{}\n{}\n{content}\n{}", self.job.0, listing.drive.id, self.progress.incarnation);
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }

    /// The task's end as stored, newly (`image` is the row) or since before.
    pub(crate) fn ended(&self, outcome: Outcome, image: Value, bytes: u64) -> FileResult {
        FileResult { file_id: self.file_id.clone(), outcome, image: Some(image), bytes, failure: None }
    }

    /// The task's end without an image.
    pub(crate) fn ended_without_image(&self, outcome: Outcome, failure: Option<Failure>) -> FileResult {
        FileResult { file_id: self.file_id.clone(), outcome, image: None, bytes: 0, failure }
    }
}

/// Names made by this system, so that they meet no others.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_3c1e_5a0b_4c52_9d0e_41f2_7f6a_9c11);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(file: Value) -> Task {
        Task {
            id: 1,
            claim: 1,
            job: JobKey::of(&json!("j")),
            job_state: JobState::Open,
            file_id: "a".into(),
            file: file.into(),
            request_id: None,
            has_twin: false,
            progress: Progress::default(),
            flying: None,
        }
    }

    #[test]
    fn the_same_task_writes_the_same_object_until_its_key_is_released() {
        let file = json!({"id": "a", "name": "n", "mimeType": "m", "size": "5", "modifiedTime": "t"});
        let listing = Listing::parse(&file).unwrap();
        let mut one = task(file.clone());
        let first = one.object_uuid(&listing);
        assert_eq!(first, task(file.clone()).object_uuid(&listing));
        one.progress.next_incarnation();
        assert_ne!(first, one.object_uuid(&listing));
        let mut other_job = task(file.clone());
        other_job.job = JobKey::of(&json!(7));
        assert_ne!(first, other_job.object_uuid(&listing));
        let changed = Listing { size_bytes: Some(6), ..listing };
        assert_ne!(first, task(file).object_uuid(&changed));
    }

    #[test]
    fn a_task_that_was_stored_by_an_older_version_goes_on() {
        let old = json!({"stored": {"url": "u", "size_bytes": 5, "md5": "m"}});
        let progress: Progress = serde_json::from_value(old).unwrap();
        let due = Stored { url: "u".into(), size_bytes: 5, md5: "m".into(), ..Stored::default() };
        assert_eq!(progress.stored, Some(due.clone()));
        let stored = Stored { content_type: Some("image/png".into()), dimensions: Some((4, 3)), ..due };
        let kept = serde_json::to_value(&stored).unwrap();
        assert_eq!(serde_json::from_value::<Stored>(kept).unwrap(), stored);
    }

    #[test]
    fn a_job_id_is_echoed_as_sent_and_found_by_its_text() {
        for id in [json!("j"), json!(7), json!(null), json!({"a": [1]})] {
            assert_eq!(JobKey::of(&id).id(), id);
        }
        assert!(JobKey::named("7").contains(&JobKey::of(&json!(7))));
        assert!(JobKey::named("7").contains(&JobKey::of(&json!("7"))));
        assert_eq!(JobKey::named("null").len(), 1);
        let (one, other) = (JobKey::single(&json!("a b")), JobKey::single(&json!("a b")));
        assert!(one != other && one.is_single() && !JobKey::of(&json!("single x y")).is_single());
        assert_eq!(one.id(), json!("a b"));
    }
}
