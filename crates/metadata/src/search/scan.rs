//! Looks through rows in the order of their list.

use std::time::Instant;

use super::{Budget, Found};
use crate::{
    filters::Filters,
    names::Needle,
    store::{Equal, Order, Start, Store, StoreError, Wanted},
};

/// Rows that are read at once, at first and at most.
const FIRST: u64 = 250;
const MOST: u64 = 2000;

/// Where a look through rows is.
#[derive(Debug)]
pub(super) struct Scan {
    start: Start,
    /// Rows to pass over that would be shown.
    skip: u64,
    /// The database reads only rows that are equal to what was asked; else their equality is looked at here.
    only_equal: bool,
    needle: Option<Needle>,
    size: u64,
    budget: Budget,
}

impl Scan {
    /// From `start` on, whose offset counts rows that are shown.
    pub(super) fn new(part: Option<&str>, start: Start, only_equal: bool) -> Self {
        let (start, skip) = match start {
            Start::Offset(skip) => (Start::Offset(0), skip),
            after @ Start::After(_) => (after, 0),
        };
        Self { start, skip, only_equal, needle: part.map(Needle::new), size: FIRST, budget: Budget::full() }
    }

    /// The next rows that are to be shown, at most `limit`.
    pub(super) async fn next(
        &mut self,
        store: &Store,
        filters: &Filters,
        order: Order,
        limit: u64,
    ) -> Result<Found, StoreError> {
        let all = Equal::default();
        let (within, checked) = if self.only_equal { (&filters.equal, &all) } else { (&all, &filters.equal) };
        let wanted = Wanted { equal: within, among: None, order };
        let mut found = Found::default();
        loop {
            let began = Instant::now();
            let rows = store.candidates(wanted, checked, &self.start, self.size).await?;
            let (read, is_last) = (rows.len(), (rows.len() as u64) < self.size);
            for row in rows {
                self.start = Start::After(row.at.clone());
                if !row.is_equal || self.needle.as_ref().is_some_and(|needle| !needle.is_in(&row.name)) {
                    continue;
                }
                if self.skip > 0 {
                    self.skip -= 1;
                    continue;
                }
                found.places.push(row.at);
                if found.places.len() as u64 == limit {
                    return Ok(found);
                }
            }
            self.budget.spend(began, read);
            if is_last {
                found.is_done = true;
                return Ok(found);
            }
            // a place does not tell how many are still to be passed over
            if let (true, 0, Start::After(at)) = (self.budget.is_spent(), self.skip, &self.start) {
                found.stopped_at = Some(at.clone());
                return Ok(found);
            }
            self.size = (self.size * 2).min(MOST);
        }
    }
}
