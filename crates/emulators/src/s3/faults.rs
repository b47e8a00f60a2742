//! Trouble on demand: what real S3 does on bad days, switched on over HTTP for tests.
//!
//! `POST /__faults` with `{"seed": 7, "faults": [{"kind": "slow-down", "operation": "PutObject", "count": 3}]}` replaces
//! the book, `GET` shows it with the hits of each fault, `DELETE` empties it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// 503 `SlowDown`.
    SlowDown,
    /// 500 `InternalError`.
    InternalError,
    /// 403 `AccessDenied`.
    AccessDenied,
    /// 200 with an error in the body, as a completed multipart upload can answer; nothing is done.
    ErrorInBody,
    /// The connection is closed before anything is done.
    Reset,
    /// All is done, then the connection is closed instead of an answer.
    LostReply,
    /// All is done, after `delay_ms`.
    Latency,
}

/// A fault and the requests that it strikes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only this operation, by its S3 name such as `PutObject`; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only keys that contain this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_contains: Option<String>,
    /// How many requests it strikes; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The chance that it strikes a request that it could, 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
    /// How long the request is held up first, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// How many requests it has struck. What a client sends here is ignored.
    #[serde(default, skip_deserializing)]
    pub hits: u64,
}

fn certain() -> f64 {
    1.0
}

/// What `POST /__faults` takes and `GET /__faults` answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultList {
    /// Makes probabilities repeatable.
    #[serde(default)]
    pub seed: u64,
    /// The faults; the first that fits strikes.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// The fault book of a server. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct FaultBook {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    list: FaultList,
    dice: StdRng,
}

/// What is to happen to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strike {
    pub(super) kind: FaultKind,
    pub(super) delay: Duration,
}

impl FaultBook {
    /// An empty book.
    pub(super) fn new() -> Self {
        Self { inner: Arc::new(Mutex::new(Inner::new(FaultList::default()))) }
    }

    /// Replaces all faults.
    pub(super) fn replace(&self, list: FaultList) {
        *self.lock() = Inner::new(list);
    }

    /// The faults and their hits.
    pub(super) fn list(&self) -> FaultList {
        self.lock().list.clone()
    }

    /// The fault that strikes this request, if one does.
    pub(super) fn strike(&self, operation: &str, key: &str) -> Option<Strike> {
        let mut inner = self.lock();
        let Inner { list, dice } = &mut *inner;
        let fault = list
            .faults
            .iter_mut()
            .find(|fault| fault.fits(operation, key) && dice.random_bool(fault.chance()))?;
        fault.hits += 1;
        Some(Strike { kind: fault.kind, delay: Duration::from_millis(fault.delay_ms) })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // the list is whole at every moment, whoever panicked
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn new(list: FaultList) -> Self {
        Self { dice: StdRng::seed_from_u64(list.seed), list }
    }
}

impl Fault {
    fn fits(&self, operation: &str, key: &str) -> bool {
        self.operation.as_deref().is_none_or(|only| only == operation)
            && self.key_contains.as_deref().is_none_or(|text| key.contains(text))
            && self.count.is_none_or(|count| self.hits < count)
    }

    fn chance(&self) -> f64 {
        self.probability.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{FaultBook, FaultKind};

    fn book(json: &str) -> FaultBook {
        let book = FaultBook::new();
        book.replace(serde_json::from_str(json).unwrap());
        book
    }

    #[test]
    fn a_fault_strikes_what_it_names_as_often_as_it_says() {
        let book = book(
            r#"{"faults": [{"kind": "slow-down", "operation": "PutObject", "key_contains": "cat", "count": 2}]}"#,
        );
        assert_eq!(book.strike("PutObject", "dog.jpg"), None);
        assert_eq!(book.strike("GetObject", "cat.jpg"), None);
        assert_eq!(book.strike("PutObject", "cat.jpg").unwrap().kind, FaultKind::SlowDown);
        assert!(book.strike("PutObject", "cat.jpg").is_some());
        assert_eq!(book.strike("PutObject", "cat.jpg"), None);
        assert_eq!(book.list().faults[0].hits, 2);
    }

    #[test]
    fn a_seed_repeats_the_same_bad_luck() {
        let luck = |seed: u64| {
            let book =
                book(&format!(r#"{{"seed": {seed}, "faults": [{{"kind": "reset", "probability": 0.5}}]}}"#));
            (0..64).map(|_| book.strike("GetObject", "").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(luck(1), luck(1));
        assert_ne!(luck(1), luck(2));
        assert!(luck(1).contains(&true) && luck(1).contains(&false));
    }

    #[test]
    fn a_misspelt_fault_is_an_error() {
        assert!(
            serde_json::from_str::<super::FaultList>(r#"{"faults": [{"kind": "reset", "chance": 1}]}"#)
                .is_err()
        );
    }
}
