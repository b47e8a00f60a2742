//! What `/import/update-status` says, and what it does to a job: outcomes by file from our worker, bare counters from
//! the original's. Pure: the store brings the states of the files that a report names, and writes what comes out.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::DateTime;
use client::import::{Failure, FileResult, Outcome, Waiting};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    count::Count,
    entry::Entry,
    file_state::FileState,
    job::{End, Progress},
};

/// Longest wait that is believed, in milliseconds.
const LONGEST_WAIT_MS: i64 = 24 * 60 * 60 * 1000;

/// One call of `/import/update-status`, checked.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// What became of images.
    pub outcomes: Outcomes,
    /// Everything waits.
    pub waiting: Option<Waiting>,
    /// No image of the job can succeed.
    pub job_failed: Option<Failure>,
}

/// What became of images, in one of two languages.
#[derive(Debug, Clone)]
pub(crate) enum Outcomes {
    /// Our worker's: by file.
    ByFile(Vec<FileResult<Entry>>),
    /// The original's: increments, and the images that were stored.
    Counters {
        /// Increment of the stored images.
        processed: Count,
        /// Increment of the failed images.
        failed: Count,
        /// Added to the list of stored images.
        imported: Vec<Value>,
    },
}

/// A field that is not what it must be. `Display` names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` must be {must_be}.")]
pub(crate) struct BadField {
    field: &'static str,
    must_be: String,
}

/// What changes in the files of a job, and in its list of stored images.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Changes {
    /// By id in Drive.
    pub files: HashMap<String, FileChange>,
    /// New entries, in order.
    pub imported: Vec<Entry>,
}

/// A new state of one file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FileChange {
    /// The state.
    pub state: FileState,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// A report in our worker's language, as it usually is.
#[derive(Deserialize)]
struct Usual {
    job_id: String,
    results: Vec<FileResult<Entry>>,
    #[serde(default)]
    waiting: Option<Waiting>,
    #[serde(default)]
    job_failed: Option<Failure>,
}

impl Report {
    /// Reads a report of our worker and the id of its job straight from the bytes; `None` when it must be looked at
    /// more closely.
    pub(crate) fn read(body: &[u8]) -> Option<(String, Self)> {
        let Usual { job_id, results, waiting, job_failed } = serde_json::from_slice(body).ok()?;
        Some((job_id, Self { outcomes: Outcomes::ByFile(results), waiting, job_failed }))
    }

    /// Outcomes by file, and nothing else.
    pub(crate) fn of(results: Vec<FileResult<Entry>>) -> Self {
        Self { outcomes: Outcomes::ByFile(results), waiting: None, job_failed: None }
    }

    /// Reads a body. Only if there are no `results` are the original's fields looked at.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub(crate) fn parse(body: &Value) -> Result<Self, BadField> {
        let outcomes = match present(body, "results") {
            Some(results) => Outcomes::ByFile(typed(results, "results", "a list of outcomes")?),
            None => Outcomes::Counters {
                processed: increment(body, "processed")?,
                failed: increment(body, "failed")?,
                imported: entries(body)?,
            },
        };
        let waiting = present(body, "waiting").map(|value| typed(value, "waiting", "an object"));
        let job_failed = present(body, "job_failed").map(|value| typed(value, "job_failed", "an object"));
        Ok(Self { outcomes, waiting: waiting.transpose()?, job_failed: job_failed.transpose()? })
    }

    /// The ids of all files that it names.
    pub(crate) fn file_ids(&self) -> Vec<&str> {
        match &self.outcomes {
            Outcomes::ByFile(results) => results.iter().map(|result| result.file_id.as_str()).collect(),
            Outcomes::Counters { imported, .. } => imported.iter().filter_map(drive_id).collect(),
        }
    }

    /// Applies the report to a job. `states` holds at least those files of the job that it names, and is kept up to
    /// date; all others are not the job's. What changes is added to `changes`.
    pub(crate) fn apply(
        self,
        progress: &mut Progress,
        states: &mut HashMap<String, FileState>,
        changes: &mut Changes,
        now_ms: i64,
    ) {
        let mut applying = Applying { progress, states, changes };
        match self.outcomes {
            Outcomes::ByFile(results) => applying.by_file(results, now_ms),
            Outcomes::Counters { processed, failed, imported } => {
                applying.counters(processed, failed, imported, now_ms);
            }
        }
        if let Some(waiting) = self.waiting {
            let until_ms = until_ms(&waiting, now_ms);
            progress.wait_for(until_ms, waiting.reason);
        }
        if let Some(failure) = self.job_failed {
            progress.fail(failure);
        }
        progress.settle();
    }
}

/// A report on its way into a job.
struct Applying<'a> {
    progress: &'a mut Progress,
    states: &'a mut HashMap<String, FileState>,
    changes: &'a mut Changes,
}

impl Applying<'_> {
    fn by_file(&mut self, results: Vec<FileResult<Entry>>, now_ms: i64) {
        for result in results {
            let outcome = match result.outcome {
                Outcome::Imported | Outcome::Known => FileState::Stored,
                Outcome::Failed => FileState::Failed,
                Outcome::Cancelled => FileState::Cancelled,
            };
            if self.end_file(&result.file_id, outcome, result.failure) {
                self.progress.news(now_ms);
                if outcome == FileState::Stored {
                    self.progress.bytes_done = self.progress.bytes_done.saturating_add(result.bytes);
                    result.image.into_iter().for_each(|image| self.add_imported(image));
                }
            }
        }
    }

    /// The original's arithmetic, but for images that are named: those count once, however often they are reported.
    fn counters(&mut self, processed: Count, failed: Count, imported: Vec<Value>, now_ms: i64) {
        let mut processed = processed;
        for entry in imported {
            let id = drive_id(&entry).filter(|id| self.states.contains_key(*id)).map(str::to_owned);
            let Some(id) = id else {
                self.add_imported(entry.into());
                continue;
            };
            // what is counted by file must not be counted again by the increment
            if processed.as_f64() >= 1.0 {
                processed = processed - Count::Whole(1);
                if self.end_file(&id, FileState::Stored, None) {
                    self.progress.bytes_done = self.progress.bytes_done.saturating_add(size(&entry));
                    self.add_imported(entry.into());
                    self.progress.news(now_ms);
                }
            } else {
                self.add_imported(entry.into());
            }
        }
        // a job that was ended as a whole has counted the rest already
        if matches!(self.progress.end, Some(End::Cancelled | End::Failed)) {
            return;
        }
        if processed.as_f64() > 0.0 || failed.as_f64() > 0.0 {
            self.progress.news(now_ms);
        }
        self.progress.processed = self.progress.processed + processed;
        self.progress.failed = self.progress.failed + failed;
        self.progress.anonymous = self.progress.anonymous + failed;
    }

    /// True when the outcome counts.
    fn end_file(&mut self, file_id: &str, outcome: FileState, failure: Option<Failure>) -> bool {
        let Some(state) = self.states.get_mut(file_id) else { return false };
        let Some(after) = state.ended_as(outcome) else { return false };
        self.progress.file_ended(*state, after);
        *state = after;
        let failure = failure.filter(|_| after == FileState::Failed);
        self.changes.files.insert(file_id.to_owned(), FileChange { state: after, failure });
        true
    }

    fn add_imported(&mut self, entry: Entry) {
        self.progress.imported += 1;
        self.changes.imported.push(entry);
    }
}

/// The image that an entry of `imported` is about: itself, or the one that is there already.
fn image(entry: &Value) -> &Value {
    if entry["google_drive_id"].is_string() { entry } else { &entry["image"] }
}

fn drive_id(entry: &Value) -> Option<&str> {
    image(entry)["google_drive_id"].as_str()
}

fn size(entry: &Value) -> u64 {
    image(entry)["size"].as_u64().unwrap_or(0)
}

fn until_ms(waiting: &Waiting, now_ms: i64) -> i64 {
    let until = DateTime::parse_from_rfc3339(&waiting.until).map(|at| at.timestamp_millis());
    until.unwrap_or(now_ms).min(now_ms + LONGEST_WAIT_MS)
}

fn present<'a>(body: &'a Value, field: &str) -> Option<&'a Value> {
    body.get(field).filter(|value| !value.is_null())
}

fn typed<T: DeserializeOwned>(value: &Value, field: &'static str, must_be: &str) -> Result<T, BadField> {
    T::deserialize(value).map_err(|error| BadField { field, must_be: format!("{must_be} ({error})") })
}

fn increment(body: &Value, field: &'static str) -> Result<Count, BadField> {
    let Some(value) = body.get(field) else { return Ok(Count::ZERO) };
    Count::from_json(value).ok_or_else(|| BadField { field, must_be: "a number".to_owned() })
}

/// The original extends a list: a text adds its characters, an object its names.
fn entries(body: &Value) -> Result<Vec<Value>, BadField> {
    match body.get("imported") {
        None => Ok(Vec::new()),
        Some(Value::Array(entries)) => Ok(entries.clone()),
        Some(Value::String(text)) => Ok(text.chars().map(|c| c.to_string().into()).collect()),
        Some(Value::Object(object)) => Ok(object.keys().map(|name| name.as_str().into()).collect()),
        Some(_) => Err(BadField { field: "imported", must_be: "a list".to_owned() }),
    }
}
