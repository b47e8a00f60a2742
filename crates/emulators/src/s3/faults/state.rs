//! A rule at work: what it has counted so far, and whether it fires now.

use std::{collections::HashMap, time::Instant};

use sha2::{Digest as _, Sha256};

use super::{FaultReport, FaultRule};

/// A rule of the book and its counts.
#[derive(Debug)]
pub(super) struct State {
    pub(super) rule: FaultRule,
    added: Instant,
    total: Tally,
    per_key: HashMap<String, Tally>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    matched: u64,
    fired: u64,
    /// Since `every` began anew.
    fired_in_round: u64,
}

impl State {
    pub(super) fn new(rule: FaultRule) -> Self {
        Self { rule, added: Instant::now(), total: Tally::default(), per_key: HashMap::new() }
    }

    pub(super) fn report(&self) -> FaultReport {
        FaultReport { rule: self.rule.clone(), matched: self.total.matched, fired: self.total.fired }
    }

    /// Counts the request, and decides.
    pub(super) fn fires(&mut self, operation: &str, key: &str) -> bool {
        if !self.rule.concerns(operation, key) || self.is_over() {
            return false;
        }
        let of_key = if self.rule.per_key || self.rule.probability.is_some() {
            self.per_key.entry(key.to_owned()).or_default()
        } else {
            &mut Tally::default()
        };
        let place = if self.rule.per_key { of_key.place(&self.rule) } else { self.total.place(&self.rule) };
        let due = place.matched >= self.rule.skip
            && self.rule.count.is_none_or(|count| place.fired < count)
            && self.rule.probability.is_none_or(|part| draw(self.rule.seed, key, of_key.matched) < part);
        for tally in [of_key, &mut self.total] {
            tally.matched += 1;
            tally.fired += u64::from(due);
            tally.fired_in_round += u64::from(due);
        }
        due
    }

    fn is_over(&self) -> bool {
        self.rule.for_seconds.is_some_and(|seconds| self.added.elapsed().as_secs_f64() >= seconds)
    }
}

/// How many requests came before, since `every` began anew.
struct Place {
    matched: u64,
    fired: u64,
}

impl Tally {
    fn place(&mut self, rule: &FaultRule) -> Place {
        let round = rule.every.unwrap_or(u64::MAX).max(1);
        let matched = self.matched % round;
        if matched == 0 {
            self.fired_in_round = 0;
        }
        Place { matched, fired: self.fired_in_round }
    }
}

/// A number from 0 to 1 that depends on nothing but its arguments.
fn draw(seed: u64, key: &str, request: u64) -> f64 {
    let digest: [u8; 32] = Sha256::digest(format!("{seed}\n{key}\n{request}")).into();
    f64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])) / f64::from(u32::MAX)
}
