//! The fault book: what S3 does on bad days, on demand.
//!
//! `POST /__faults` takes one rule or a list of rules and adds them; `PUT` replaces what is there; `DELETE` clears it;
//! `GET` shows every rule with the number of requests it matched and the number it fired on. `GET /__stats` counts
//! requests and injected faults by operation, over all rules there ever were; `DELETE` begins anew. A test in the same
//! process does the same with [`Faults`].
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
//! | `every` | `count` and `skip` begin anew after so many matching requests: bursts |
//! | `perKey` | `count`, `skip` and `every` hold for each key on its own |
//! | `probability` | fires on this part of the matching requests, chosen by `seed`, key and number of the request for that key: the same seed gives the same faults in whatever order keys come |
//! | `seed` | see there; 0 |
//! | `seconds` | how long the request is held up first; of `slow-answer` how long the answer is; of `refuse` how long nobody gets in (10) |
//! | `forSeconds` | the rule holds for so long after it was added |
//! | `afterBytes` | where `cut-upload` and `cut-answer` cut; without it in the middle |
//!
//! Several rules may fire on one request: all delays add up, and of the other kinds the first rule's holds.

mod control;
mod door;
mod rule;
mod state;
mod stats;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;

use self::state::State;
pub(super) use self::{
    control::routes,
    door::{Door, DoorListener},
};
pub use self::{
    rule::{FaultKind, FaultRule},
    stats::FaultStats,
};

/// How long nobody gets in, where a rule does not say.
const SHUT: Duration = Duration::from_secs(10);

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
    book: Arc<Mutex<Book>>,
    door: Door,
}

#[derive(Debug, Default)]
struct Book {
    states: Vec<State>,
    stats: FaultStats,
}

/// What is to happen to one request.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Strike {
    /// How long it waits before anything is done.
    pub(super) delay: Duration,
    pub(super) kind: Option<FaultKind>,
    /// How long its answer waits.
    pub(super) late: Duration,
    /// Where a body is cut.
    pub(super) after_bytes: Option<u64>,
}

impl Faults {
    /// Adds a rule.
    pub fn add(&self, rule: FaultRule) {
        self.book().states.push(State::new(rule));
    }

    /// Adds rules.
    pub fn extend(&self, rules: impl IntoIterator<Item = FaultRule>) {
        for rule in rules {
            self.add(rule);
        }
    }

    /// Forgets all rules, and lets everybody in again.
    pub fn clear(&self) {
        self.book().states.clear();
        self.door.open();
    }

    /// Every rule and how often it fired, in the order in which they were added.
    pub fn report(&self) -> Vec<FaultReport> {
        self.book().states.iter().map(State::report).collect()
    }

    /// Requests and injected faults since the server started.
    pub fn stats(&self) -> FaultStats {
        self.book().stats.clone()
    }

    /// Counts from 0 again.
    pub fn reset_stats(&self) {
        self.book().stats = FaultStats::default();
    }

    /// Lets nobody in for so long: connections are refused, requests on open ones are cut.
    pub fn refuse_for(&self, time: Duration) {
        self.door.shut_for(time);
    }

    /// What the rules have for this request.
    pub(super) fn strike(&self, operation: &str, key: &str) -> Strike {
        let mut book = self.book();
        let Book { states, stats } = &mut *book;
        stats.count_request(operation);
        let mut strike = Strike::default();
        if self.door.is_shut() {
            stats.count_fault(FaultKind::Refuse, operation);
            return Strike { kind: Some(FaultKind::Refuse), ..strike };
        }
        for state in states {
            let kind = state.rule.kind;
            let taken = !kind.is_only_a_delay() && strike.kind.is_some();
            if taken || !state.fires(operation, key) {
                continue;
            }
            stats.count_fault(kind, operation);
            let time = Duration::try_from_secs_f64(state.rule.seconds).unwrap_or_default();
            if !kind.has_own_seconds() {
                strike.delay += time;
            } else if kind == FaultKind::SlowAnswer {
                strike.late = time;
            } else {
                self.door.shut_for(if time.is_zero() { SHUT } else { time });
            }
            if !kind.is_only_a_delay() {
                (strike.kind, strike.after_bytes) = (Some(kind), state.rule.after_bytes);
            }
        }
        strike
    }

    /// The way in.
    pub(super) fn door(&self) -> Door {
        self.door.clone()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // the lists are whole at every moment, whoever panicked
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    fn bursts_come_again() {
        let book = Faults::default();
        book.add(FaultRule::new(FaultKind::SlowDown).bursts(2, 5));
        let struck: Vec<_> = (0..12).map(|n| fired(&book, "PutObject", &n.to_string())).collect();
        let burst = [true, true, false, false, false];
        assert_eq!(struck, [&burst[..], &burst[..], &burst[..2]].concat());
    }

    #[test]
    fn a_rule_can_be_over() {
        let book = Faults::default();
        book.add(FaultRule::new(FaultKind::Reset).lasting(0.0));
        book.add(FaultRule::new(FaultKind::SlowDown).lasting(3600.0));
        assert_eq!(book.strike("GetObject", "x").kind, Some(FaultKind::SlowDown));
    }

    #[test]
    fn what_was_injected_is_counted_beyond_the_life_of_a_rule() {
        let book = Faults::default();
        book.add(FaultRule::new(FaultKind::SlowDown).on("PutObject").times(1));
        for operation in ["PutObject", "PutObject", "GetObject"] {
            book.strike(operation, "x");
        }
        book.clear();
        let shown = serde_json::to_value(book.stats()).unwrap();
        let expected = json!({
            "requests": {"GetObject": 1, "PutObject": 2}, "injected": {"slow-down": {"PutObject": 1}},
        });
        assert_eq!(shown, expected);
        book.reset_stats();
        assert_eq!(book.stats().injected(FaultKind::SlowDown), 0);
    }

    #[test]
    fn a_misspelt_rule_is_an_error() {
        assert!(serde_json::from_value::<FaultRule>(json!({"kind": "reset", "chance": 1})).is_err());
    }
}
