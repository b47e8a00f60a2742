//! Hits of a search in the order of their list, of which only so many are kept: memory does not grow with the number of
//! rows. What is left out lies behind all that is kept, and is looked for again when that is used up.

use std::{cmp::Ordering, collections::BTreeSet};

use super::place::{Place, placed};
use crate::store::Order;

/// Most hits that are kept.
const MOST: usize = 100_000;

/// Hits that an earlier one may yet come before.
#[derive(Debug)]
pub(super) struct Hits {
    order: Order,
    kept: BTreeSet<Place>,
    most: usize,
    /// The first one that was left out.
    cut_at: Option<Place>,
}

impl Hits {
    /// None yet.
    pub(super) fn new(order: Order) -> Self {
        Self { order, kept: BTreeSet::new(), most: MOST, cut_at: None }
    }

    /// Adds some.
    pub(super) fn add(&mut self, places: impl IntoIterator<Item = Place>) {
        for place in places {
            if self.cut_at.as_ref().is_some_and(|cut_at| self.compare(&place, cut_at) != Ordering::Less) {
                continue;
            }
            self.kept.insert(place);
            if self.kept.len() > self.most {
                self.cut_at =
                    if self.order.descending { self.kept.pop_first() } else { self.kept.pop_last() };
            }
        }
    }

    /// The first one.
    pub(super) fn first(&self) -> Option<&Place> {
        if self.order.descending { self.kept.last() } else { self.kept.first() }
    }

    /// Takes the first one out.
    pub(super) fn pop(&mut self) -> Option<Place> {
        if self.order.descending { self.kept.pop_last() } else { self.kept.pop_first() }
    }

    /// True when all that were kept are used up and others were left out: these are then to be looked for.
    pub(super) fn is_used_up(&mut self) -> bool {
        self.kept.is_empty() && self.cut_at.take().is_some()
    }

    fn compare(&self, one: &Place, other: &Place) -> Ordering {
        placed(self.order, (one.0.as_deref(), one.1), (other.0.as_deref(), other.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_never_passed_over() {
        for descending in [true, false] {
            let order = Order { descending, ..Order::NEWEST_FIRST };
            let all: Vec<Place> = (0..50_i64).map(|n| (Some((n % 7).to_string()), n * 31 % 50)).collect();
            let mut hits = Hits { most: 9, ..Hits::new(order) };
            let (mut seen, mut rounds): (Vec<Place>, _) = (Vec::new(), 0);
            loop {
                for (n, place) in all.iter().enumerate() {
                    let is_ahead =
                        seen.last().is_none_or(|last| hits.compare(place, last) == Ordering::Greater);
                    hits.add(is_ahead.then(|| place.clone()));
                    // some are used while others still come, once those must be later
                    if n == 49 {
                        seen.extend(hits.pop());
                    }
                }
                while let Some(place) = hits.pop() {
                    seen.push(place);
                }
                rounds += 1;
                if !hits.is_used_up() {
                    break;
                }
            }
            let mut due = all;
            due.sort_by(|one, other| hits.compare(one, other));
            assert_eq!((seen, rounds), (due, 6), "descending: {descending}");
        }
    }
}
