//! The book itself: rules with their counts, and the decision which of them hold for a call.

use super::kind::Kind;
use super::plan::Plan;
use super::quota::{Quota, QuotaWindow};
use super::rule::{Call, Rule};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The fault book of one emulator; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    states: Arc<Mutex<Vec<State>>>,
}

/// A rule, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct RuleReport {
    /// The rule.
    pub rule: Rule,
    /// Calls that it could have fired on.
    pub matched: u64,
    /// Calls that it fired on.
    pub fired: u64,
    /// The last windows of a quota.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<QuotaWindow>,
}

/// Whom a call is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) call: Call,
    /// The id of the file, or of the (first) listed folder.
    pub(crate) id: &'a str,
    /// Everything it may be called: ids and names.
    pub(crate) names: &'a [String],
    /// Whether a page after the first is asked for.
    pub(crate) has_token: bool,
}

#[derive(Debug)]
struct State {
    rule: Rule,
    matched: u64,
    fired: u64,
    per_file: HashMap<String, Tally>,
    quota: Quota,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    matched: u64,
    fired: u64,
}

impl Faults {
    /// Adds a rule.
    pub fn add(&self, rule: Rule) {
        let quota = Quota::default();
        self.states().push(State { rule, matched: 0, fired: 0, per_file: HashMap::new(), quota });
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.states().clear();
    }

    /// Every rule and how often it fired, in the order in which they were added.
    pub fn report(&self) -> Vec<RuleReport> {
        let report = |state: &State| RuleReport {
            rule: state.rule.clone(),
            matched: state.matched,
            fired: state.fired,
            windows: state.quota.windows(),
        };
        self.states().iter().map(report).collect()
    }

    /// How often rules of this kind fired.
    pub fn fired(&self, kind: &Kind) -> u64 {
        self.states().iter().filter(|state| state.rule.kind == *kind).map(|state| state.fired).sum()
    }

    /// Whether a rule looks for names, so that these must be found out.
    pub(crate) fn ask_for_names(&self) -> bool {
        self.states().iter().any(|state| state.rule.file.is_some())
    }

    /// Adds to the plan what the rules have for this call.
    pub(crate) fn plan(&self, target: Target<'_>, plan: &mut Plan) {
        for state in self.states().iter_mut() {
            // Metadata is changed file by file, see `wrong_md5`.
            let other_moment = state.rule.kind == Kind::WrongMd5;
            let answered = state.rule.is_answer() && plan.answer.is_some();
            if !other_moment && !answered && state.fires(target) {
                // A listing's errors never name the folder.
                let file = if target.call == Call::List { "" } else { target.id };
                plan.add(&state.rule, file, state.fired);
            }
        }
    }

    /// Whether the metadata of this file shall announce a wrong MD5.
    pub(crate) fn wrong_md5(&self, target: Target<'_>) -> bool {
        let mut states = self.states();
        let rules = states.iter_mut().filter(|state| state.rule.kind == Kind::WrongMd5);
        // Every rule counts the file, whatever the others say.
        rules.filter_map(|state| state.fires(target).then_some(())).count() > 0
    }

    fn states(&self) -> MutexGuard<'_, Vec<State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts the call, and decides.
    fn fires(&mut self, target: Target<'_>) -> bool {
        let nothing_to_refuse = self.rule.kind == Kind::PageTokenRefused && !target.has_token;
        if nothing_to_refuse || !self.rule.concerns(target.call, target.names.iter()) {
            return false;
        }
        self.matched += 1;
        let fires = match self.rule.kind {
            Kind::Quota => self.over_budget(target.call),
            _ => self.is_due(target.id),
        };
        self.fired += u64::from(fires);
        fires
    }

    fn is_due(&mut self, id: &str) -> bool {
        let own_count = self.rule.per_file || self.rule.probability.is_some();
        let before = if own_count {
            let tally = self.per_file.entry(id.to_owned()).or_default();
            tally.matched += 1;
            Tally { matched: tally.matched - 1, fired: tally.fired }
        } else {
            Tally { matched: self.matched - 1, fired: self.fired }
        };
        let fired = if self.rule.per_file { before.fired } else { self.fired };
        let due = before.matched >= self.rule.skip
            && self.rule.count.is_none_or(|count| fired < count)
            && self.rule.probability.is_none_or(|part| draw(self.rule.seed, id, before.matched) < part);
        if let (true, Some(tally)) = (due, self.per_file.get_mut(id)) {
            tally.fired += 1;
        }
        due
    }

    fn over_budget(&mut self, call: Call) -> bool {
        let length = self.rule.seconds.map_or(Duration::from_mins(1), |_| self.rule.pause());
        let units = self.rule.units.unwrap_or(u64::MAX);
        !self.quota.allows(Instant::now(), length, call.units(), units)
    }
}

/// A number from 0 to 1 that depends on nothing but its arguments.
fn draw(seed: u64, id: &str, call: u64) -> f64 {
    let digest: [u8; 32] = Sha256::digest(format!("{seed}\n{id}\n{call}")).into();
    f64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(faults: &Faults, call: Call, id: &str) -> bool {
        let mut plan = Plan::default();
        faults.plan(
            Target { call, id, names: &[id.to_owned(), format!("{id}.jpg")], has_token: false },
            &mut plan,
        );
        plan.answer.is_some()
    }

    fn book(rule: serde_json::Value) -> Faults {
        let faults = Faults::default();
        faults.add(serde_json::from_value(rule).unwrap());
        faults
    }

    #[test]
    fn a_rule_fires_as_often_as_it_says_and_for_whom_it_says() {
        let faults = book(
            serde_json::json!({"kind": "internalError", "on": "media", "file": "a.jpg", "count": 2, "skip": 1}),
        );
        assert!(!fires(&faults, Call::List, "a"));
        assert!(!fires(&faults, Call::Media, "b"));
        let fired: Vec<_> = (0..5).map(|_| fires(&faults, Call::Media, "a")).collect();
        assert_eq!(fired, [false, true, true, false, false]);
        assert_eq!(faults.fired(&Kind::Reason("internalError".into())), 2);
        assert_eq!(faults.report()[0].matched, 5);
        faults.clear();
        assert!(!fires(&faults, Call::Media, "a"));
    }

    #[test]
    fn per_file_counts_each_file_on_its_own() {
        let faults = book(serde_json::json!({"reason": "rateLimitExceeded", "perFile": true, "count": 1}));
        let fired: Vec<_> =
            ["a", "b", "a", "b", "c"].iter().map(|id| fires(&faults, Call::Media, id)).collect();
        assert_eq!(fired, [true, true, false, false, true]);
    }

    #[test]
    fn the_same_seed_gives_the_same_faults_in_any_order() {
        let rule = serde_json::json!({"kind": "internalError", "probability": 0.3, "seed": 7});
        let ids: Vec<_> = (0..200).map(|n| format!("f{n}")).collect();
        let (one, other) = (book(rule.clone()), book(rule));
        let forwards: Vec<_> = ids.iter().map(|id| fires(&one, Call::Media, id)).collect();
        let mut backwards: Vec<_> = ids.iter().rev().map(|id| fires(&other, Call::Media, id)).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        let fired = forwards.iter().filter(|fired| **fired).count();
        assert!((30..90).contains(&fired), "{fired} of 200");
    }

    #[test]
    fn refused_calls_cost_units_too_and_the_next_window_is_free() {
        let faults = book(serde_json::json!({"kind": "quota", "units": 405, "seconds": 3600, "status": 429}));
        let calls = [Call::List, Call::Media, Call::List, Call::Get, Call::Get];
        let refused: Vec<_> = calls.iter().map(|call| fires(&faults, *call, "x")).collect();
        assert_eq!(refused, [false, false, false, false, true]);
        let windows = &faults.report()[0].windows;
        assert_eq!((windows[0].units, windows[0].refused), (405, 1));
    }

    #[test]
    fn only_the_first_answer_counts() {
        let faults = book(serde_json::json!({"kind": "html-403", "count": 1}));
        faults.add(Rule::reason("internalError").times(1));
        assert!(fires(&faults, Call::Get, "x"));
        assert_eq!(faults.fired(&Kind::Reason("internalError".into())), 0);
        assert!(fires(&faults, Call::Get, "x"));
        assert_eq!(faults.fired(&Kind::Reason("internalError".into())), 1);
    }
}
