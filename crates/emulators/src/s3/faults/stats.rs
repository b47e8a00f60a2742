//! What was asked of the server, and what was done to it on purpose. Clearing the book leaves it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::FaultKind;

/// Counts since the server started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FaultStats {
    /// Requests by operation, struck ones included.
    pub requests: BTreeMap<String, u64>,
    /// What fired, by operation. Requests that found the door shut are `refuse`.
    pub injected: BTreeMap<FaultKind, BTreeMap<String, u64>>,
}

impl FaultStats {
    /// How often `kind` was injected, over all operations.
    pub fn injected(&self, kind: FaultKind) -> u64 {
        self.injected.get(&kind).into_iter().flat_map(BTreeMap::values).sum()
    }

    pub(super) fn count_request(&mut self, operation: &str) {
        *self.requests.entry(operation.to_owned()).or_default() += 1;
    }

    pub(super) fn count_fault(&mut self, kind: FaultKind, operation: &str) {
        *self.injected.entry(kind).or_default().entry(operation.to_owned()).or_default() += 1;
    }
}
