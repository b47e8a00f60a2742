//! The fault book: what S3 does on bad days, on demand.
//!
//! `POST /__faults` takes one rule or a list of rules and adds them; `PUT` replaces what is there; `DELETE` clears it;
//! `GET` shows every rule with the number of requests it matched and the number it fired on. A test in the same process
//! does the same with [`Faults`].
//!
//! # A rule
//! ```json
//! {"kind": "slow-down", "on": "PutObject", "key": "cat", "count": 3, "skip": 1}
//! ```
//! | field | meaning |
//! |---|---|
//! | `kind` | what happens, see [`FaultKind`]; required |
//! | `on` | only this operation, by its S3 name; without it any |
//! | `key` | only keys that contain this text; without it any |
//! | `count` | fires so often, then never again; without it always |
//! | `skip` | lets so many matching requests pass first |
//! | `perKey` | `count` and `skip` hold for each key on its own |
//! | `probability` | fires on this part of the matching requests, chosen by `seed`, key and number of the request for that key: the same seed gives the same faults in whatever order keys come |
//! | `seed` | see there; 0 |
//! | `seconds` | how long the request is held up first |
//!
//! Several rules may fire on one request: all delays add up, and of the other kinds the first rule's holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

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
    /// 200 with an error in the body, as the completion of a multipart upload can answer; nothing is done.
    ErrorInBody,
    /// The connection is closed before anything is done.
    Reset,
    /// All is done, then the connection is closed instead of an answer.
    LostReply,
    /// All is done, later.
    Latency,
}

/// What shall go wrong, how often, and for whom. The module above explains every field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultRule {
    /// What happens.
    pub kind: FaultKind,
    /// The operation it happens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// Text in the key it happens to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How often it happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How many matching requests pass first.
    #[serde(default)]
    pub skip: u64,
    /// Whether `count` and `skip` hold for each key on its own.
    #[serde(default)]
    pub per_key: bool,
    /// The part of the matching requests that it happens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Chooses these requests.
    #[serde(default)]
    pub seed: u64,
    /// How long the request is held up first.
    #[serde(default)]
    pub seconds: f64,
}

impl FaultRule {
    /// A rule that always fires, on every request.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            on: None,
            key: None,
            count: None,
            skip: 0,
            per_key: false,
            probability: None,
            seed: 0,
            seconds: 0.0,
        }
    }

    /// Only on this operation.
    #[must_use]
    pub fn on(self, operation: impl Into<String>) -> Self {
        Self { on: Some(operation.into()), ..self }
    }

    /// Only so often.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { count: Some(count), ..self }
    }

    fn concerns(&self, operation: &str, key: &str) -> bool {
        self.on.as_deref().is_none_or(|only| only == operation)
            && self.key.as_deref().is_none_or(|text| key.contains(text))
    }
}

/// A rule, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct FaultReport {
    /// The rule.
    pub rule: FaultRule,
    /// Requests that it could have fired on.
    pub matched: u64,
    /// Requests that it fired on.
    pub fired: u64,
}

/// The fault book of one server; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    states: Arc<Mutex<Vec<State>>>,
}

/// What is to happen to one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Strike {
    pub(super) delay: Duration,
    pub(super) kind: Option<FaultKind>,
}

impl Faults {
    /// Adds a rule.
    pub fn add(&self, rule: FaultRule) {
        self.states().push(State { rule, total: Tally::default(), per_key: HashMap::new() });
    }

    /// Adds rules.
    pub fn extend(&self, rules: impl IntoIterator<Item = FaultRule>) {
        for rule in rules {
            self.add(rule);
        }
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.states().clear();
    }

    /// Every rule and how often it fired, in the order in which they were added.
    pub fn report(&self) -> Vec<FaultReport> {
        let report = |state: &State| FaultReport {
            rule: state.rule.clone(),
            matched: state.total.matched,
            fired: state.total.fired,
        };
        self.states().iter().map(report).collect()
    }

    /// What the rules have for this request.
    pub(super) fn strike(&self, operation: &str, key: &str) -> Strike {
        let mut strike = Strike::default();
        for state in self.states().iter_mut() {
            let taken = state.rule.kind != FaultKind::Latency && strike.kind.is_some();
            if taken || !state.fires(operation, key) {
                continue;
            }
            strike.delay += Duration::try_from_secs_f64(state.rule.seconds).unwrap_or_default();
            if state.rule.kind != FaultKind::Latency {
                strike.kind = Some(state.rule.kind);
            }
        }
        strike
    }

    fn states(&self) -> MutexGuard<'_, Vec<State>> {
        // the list is whole at every moment, whoever panicked
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct State {
    rule: FaultRule,
    total: Tally,
    per_key: HashMap<String, Tally>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    matched: u64,
    fired: u64,
}

impl State {
    /// Counts the request, and decides.
    fn fires(&mut self, operation: &str, key: &str) -> bool {
        if !self.rule.concerns(operation, key) {
            return false;
        }
        let of_key = if self.rule.per_key || self.rule.probability.is_some() {
            self.per_key.entry(key.to_owned()).or_default()
        } else {
            &mut Tally::default()
        };
        let before = if self.rule.per_key { *of_key } else { self.total };
        let due = before.matched >= self.rule.skip
            && self.rule.count.is_none_or(|count| before.fired < count)
            && self.rule.probability.is_none_or(|part| draw(self.rule.seed, key, of_key.matched) < part);
        for tally in [of_key, &mut self.total] {
            tally.matched += 1;
            tally.fired += u64::from(due);
        }
        due
    }
}

/// A number from 0 to 1 that depends on nothing but its arguments.
fn draw(seed: u64, key: &str, request: u64) -> f64 {
    let digest: [u8; 32] = Sha256::digest(format!("{seed}\n{key}\n{request}")).into();
    f64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FaultKind, FaultRule, Faults};

    fn book(rules: &[serde_json::Value]) -> Faults {
        let book = Faults::default();
        book.extend(rules.iter().map(|rule| serde_json::from_value(rule.clone()).unwrap()));
        book
    }

    fn fired(book: &Faults, operation: &str, key: &str) -> bool {
        book.strike(operation, key).kind.is_some()
    }

    #[test]
    fn a_rule_fires_as_often_as_it_says_and_for_whom_it_says() {
        let book =
            book(&[json!({"kind": "slow-down", "on": "PutObject", "key": "cat", "count": 2, "skip": 1})]);
        assert!(!fired(&book, "PutObject", "dog.jpg"));
        assert!(!fired(&book, "GetObject", "cat.jpg"));
        let struck: Vec<_> = (0..5).map(|_| fired(&book, "PutObject", "cat.jpg")).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert_eq!((book.report()[0].matched, book.report()[0].fired), (5, 2));
        book.clear();
        assert!(book.report().is_empty());
    }

    #[test]
    fn per_key_counts_each_key_on_its_own() {
        let book = book(&[json!({"kind": "reset", "perKey": true, "count": 1})]);
        let struck: Vec<_> =
            ["a", "b", "a", "b", "c"].iter().map(|key| fired(&book, "PutObject", key)).collect();
        assert_eq!(struck, [true, true, false, false, true]);
    }

    #[test]
    fn the_same_seed_strikes_the_same_keys_in_any_order() {
        let rule = json!({"kind": "internal-error", "probability": 0.3, "seed": 7});
        let keys: Vec<_> = (0..200).map(|n| format!("k{n}")).collect();
        let (one, other) = (book(std::slice::from_ref(&rule)), book(&[rule]));
        let forwards: Vec<_> = keys.iter().map(|key| fired(&one, "PutObject", key)).collect();
        let mut backwards: Vec<_> = keys.iter().rev().map(|key| fired(&other, "PutObject", key)).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        let struck = forwards.iter().filter(|struck| **struck).count();
        assert!((30..90).contains(&struck), "{struck} of 200");
    }

    #[test]
    fn delays_add_up_and_the_first_refusal_holds() {
        let slow = json!({"kind": "latency", "seconds": 0.5});
        let book = book(&[slow.clone(), json!({"kind": "reset"}), json!({"kind": "slow-down"}), slow]);
        let strike = book.strike("GetObject", "x");
        assert_eq!((strike.kind, strike.delay.as_millis()), (Some(FaultKind::Reset), 1000));
        assert_eq!(book.report()[2].fired, 0);
    }

    #[test]
    fn a_misspelt_rule_is_an_error() {
        assert!(serde_json::from_value::<FaultRule>(json!({"kind": "reset", "chance": 1})).is_err());
    }
}
