//! Where one file of a job is, and what an outcome makes of it. Pure.

use serde::{Deserialize, Serialize};

/// Where one file of a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileState {
    /// Not yet at the worker.
    Pending,
    /// At the worker.
    Sent,
    /// Stored now, or since before.
    Stored,
    /// Given up.
    Failed,
    /// Stopped by a person.
    Cancelled,
}

impl FileState {
    /// What an outcome makes of a file: the first one counts, and a later success replaces a failure (a stored image is
    /// stored, whatever was said before). `None` when nothing changes.
    pub(crate) fn ended_as(self, outcome: Self) -> Option<Self> {
        match (self, outcome) {
            (Self::Pending | Self::Sent, Self::Stored | Self::Failed | Self::Cancelled)
            | (Self::Failed | Self::Cancelled, Self::Stored) => Some(outcome),
            _ => None,
        }
    }
}
