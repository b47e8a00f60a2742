//! What is sent to scripts that read for a decision, and to the one that applies it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    entry::Entry,
    file_state::FileState,
    job::{MAX_IMPORTED, Progress},
    store::{Error, Held, kept},
};

/// Who must hold the job.
#[derive(Debug, Clone, Serialize)]
pub(super) struct HeldBy {
    owner: String,
    claim: i64,
}

impl From<&Held> for HeldBy {
    fn from(held: &Held) -> Self {
        Self { owner: held.lease.owner.clone(), claim: held.claim }
    }
}

/// What a decision about a job needs to know.
#[derive(Debug, Default, Serialize)]
pub(super) struct Ask<'a> {
    /// The job.
    pub number: i64,
    /// Set where only the holder may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldBy>,
    /// States of these files.
    pub files: Vec<&'a str>,
    /// Whether these folders are known.
    pub folders: Vec<&'a str>,
    /// Positions of files that were sent so many milliseconds ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_for: Option<i64>,
}

/// What is written if nothing has changed since it was decided. Field names are read by `shared.lua`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Plan {
    /// The job; 0 for a new one.
    pub number: i64,
    /// Its version when this was decided.
    pub version: i64,
    /// Set where only the holder may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldBy>,
    /// Fields of the job.
    pub set: BTreeMap<&'static str, String>,
    /// Fields that go.
    pub clear: Vec<&'static str>,
    /// New files: id, position, record.
    pub add: Vec<(String, i64, String)>,
    /// Ids of new files that are stored already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_stored: Vec<String>,
    /// New folders: id, and what is kept of it.
    pub found: Vec<(String, String)>,
    /// True when the first folder to list is being listed now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub next_folder: bool,
    /// Positions that are at the worker now.
    pub sent: Vec<i64>,
    /// Below this position nothing is pending but what was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_until: Option<i64>,
    /// Positions that are pending again.
    pub again: Vec<i64>,
    /// Files with an outcome: id, position, state, reason or nothing.
    pub ended_files: Vec<(String, i64, char, String)>,
    /// New entries of the list of stored images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub imported: Vec<String>,
    /// How many of those are kept.
    pub keep_imported: u64,
    /// True when the job has just ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// True when nothing is left to do for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

impl Plan {
    /// A plan that changes counters and state.
    pub(super) fn new(before: &Progress, after: &Progress) -> Result<Self, Error> {
        Ok(Self {
            set: BTreeMap::from([("progress", serde_json::to_string(after)?)]),
            keep_imported: MAX_IMPORTED,
            ended: before.end.is_none() && after.end.is_some(),
            closed: !after.is_open(),
            ..Self::default()
        })
    }

    /// Adds to the list of stored images, whose length is then that of `after`.
    pub(super) fn add_imported(&mut self, entries: &[Entry], after: &Progress) {
        if !entries.is_empty() {
            self.imported = kept(entries).iter().map(|entry| entry.json().to_owned()).collect();
            self.set.insert("imported", after.imported.to_string());
        }
    }
}

/// Letters for the states of files that have an outcome.
pub(super) fn letter(state: FileState) -> char {
    match state {
        FileState::Stored => 's',
        FileState::Cancelled => 'c',
        FileState::Failed | FileState::Pending | FileState::Sent => 'f',
    }
}
