//! Looks through the blocks of names, those with the first rows of the list first, until no other block can have an
//! earlier hit. Rows that changed since the blocks were made are looked at themselves.

use std::{cmp::Ordering, collections::BTreeSet, time::Instant};

use super::{Budget, Found};
use crate::{
    filters::Filters,
    names::{Block, Filter, ROWS_PER_BLOCK},
    store::{BlockHead, Equal, Order, Position, Start, Store, StoreError, Wanted},
};

/// More changed rows than that are looked through in their order instead.
const MOST_CHANGED: u32 = 10_000;
/// Rows that are looked up at once.
const AT_ONCE: usize = 1000;
/// Blocks whose filters are read at once, at first and at most; and blocks whose names are.
const FIRST_FILTERS: usize = 8;
const MOST_FILTERS: usize = 128;
const NAMES: usize = 8;

/// Where a row stands by time: its time and its number.
type Place = (Option<String>, i64);

/// Where a look through the blocks is.
#[derive(Debug)]
pub(super) struct Blocks {
    order: Order,
    /// Behind this place only.
    after: Option<Place>,
    /// Hits to pass over.
    skip: u64,
    /// Blocks still to be looked through, the next one last.
    left: Vec<BlockHead>,
    /// Blocks looked at together.
    width: usize,
    /// Rows that changed since the blocks were made, ascending.
    changed: Vec<i64>,
    looked_at_changed: bool,
    /// Hits that an earlier one may yet come before.
    hits: BTreeSet<Place>,
    budget: Budget,
}

impl Blocks {
    /// From `start` on (without: all, for gathering); `None` where the blocks cannot be used now.
    pub(super) async fn open(
        store: &Store,
        order: Order,
        start: Option<Start>,
    ) -> Result<Option<Self>, StoreError> {
        // changes first: what goes from them into the blocks meanwhile is then seen twice, and not missed
        let Some(mut changed) = store.changed_since_blocks(MOST_CHANGED).await? else { return Ok(None) };
        changed.sort_unstable();
        let (after, skip) = match start {
            Some(Start::After(Position { key, id })) => (Some((key.into_text(), id)), 0),
            Some(Start::Offset(skip)) => (None, skip),
            None => (None, 0),
        };
        let mut blocks = Self {
            order,
            after,
            skip,
            left: store.block_heads().await?,
            width: FIRST_FILTERS,
            changed,
            looked_at_changed: false,
            hits: BTreeSet::new(),
            budget: Budget::full(),
        };
        if let Some((after, _)) = &blocks.after {
            blocks.left.retain(|head| directed(order, last(order, head), after.as_deref()) != Ordering::Less);
        }
        blocks
            .left
            .sort_by(|one, other| placed(order, earliest(order, one), earliest(order, other)).reverse());
        Ok(Some(blocks))
    }

    /// The next hits, at most `limit`.
    pub(super) async fn next(
        &mut self,
        store: &Store,
        filters: &Filters,
        limit: u64,
    ) -> Result<Found, StoreError> {
        let needle = filters.part.as_deref().unwrap_or_default();
        let mut found = Found::default();
        if !self.looked_at_changed {
            self.look_at_changed(store, filters).await?;
        }
        loop {
            if self.take_certain(&mut found, limit) {
                return Ok(found);
            }
            if self.left.is_empty() {
                found.is_done = true;
                return Ok(found);
            }
            if self.budget.is_spent()
                && let Some(at) = self.frontier()
            {
                found.stopped_at = Some(at);
                return Ok(found);
            }
            let began = Instant::now();
            self.look_at_blocks(store, filters, needle).await?;
            self.budget.spend(began, 0);
        }
    }

    /// Moves hits that no other can come before to `found`; true when there are enough.
    fn take_certain(&mut self, found: &mut Found, limit: u64) -> bool {
        while (found.places.len() as u64) < limit {
            let next = if self.order.descending { self.hits.last() } else { self.hits.first() };
            let Some(next) = next.cloned() else { return false };
            let place = (next.0.as_deref(), next.1);
            let is_certain = self
                .left
                .last()
                .is_none_or(|head| placed(self.order, place, earliest(self.order, head)) == Ordering::Less);
            if !is_certain {
                return false;
            }
            self.hits.remove(&next);
            // what comes into a block later than this must not lead back
            self.after = Some(next.clone());
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            found.places.push(Position { key: next.0.as_deref().into(), id: next.1 });
        }
        true
    }

    /// The place before every row that was not looked at; none if that is where this began.
    fn frontier(&self) -> Option<Position> {
        let (time, id) = earliest(self.order, self.left.last()?);
        let before = if self.order.descending { id.saturating_add(1) } else { id.saturating_sub(1) };
        let is_ahead = self.after.as_ref().is_none_or(|(after, after_id)| {
            placed(self.order, (after.as_deref(), *after_id), (time, before)) == Ordering::Less
        });
        (is_ahead && self.skip == 0).then(|| Position { key: time.into(), id: before })
    }

    /// Looks through the next blocks.
    async fn look_at_blocks(
        &mut self,
        store: &Store,
        filters: &Filters,
        needle: &str,
    ) -> Result<(), StoreError> {
        let together = self.left.split_off(self.left.len().saturating_sub(self.width));
        self.width = (self.width * 2).min(MOST_FILTERS);
        let numbers: Vec<_> = together.iter().map(|head| head.block).collect();
        let filters_of_blocks = store.block_filters(&numbers).await?;
        let mut likely: Vec<_> = filters_of_blocks
            .into_iter()
            .filter(|(_, bytes)| Filter(bytes).may_contain(needle))
            .map(|(block, _)| block)
            .collect();
        // in the order of the list
        likely.sort_by_cached_key(|block| numbers.iter().rev().position(|number| number == block));
        for numbers in likely.chunks(NAMES) {
            let mut places = Vec::new();
            for (number, bytes) in store.block_entries(numbers).await? {
                let Some(block) = Block::decode(number, &bytes) else {
                    tracing::warn!(block = number, "a block of names cannot be read");
                    continue;
                };
                let hits = block.matches(needle).map(|(id, time)| (time.map(str::to_owned), id));
                places.extend(hits.filter(|place| self.is_ahead(place) && !self.is_changed(place.1)));
            }
            self.keep_equal(store, filters, places).await?;
        }
        Ok(())
    }

    /// Keeps the hits that are equal to what was asked.
    async fn keep_equal(
        &mut self,
        store: &Store,
        filters: &Filters,
        places: Vec<Place>,
    ) -> Result<(), StoreError> {
        if filters.equal.is_all() {
            self.hits.extend(places);
            return Ok(());
        }
        for some in places.chunks(AT_ONCE) {
            let ids: Vec<_> = some.iter().map(|place| place.1).collect();
            let wanted = Wanted { equal: &filters.equal, among: Some(&ids), order: Order::NEWEST_FIRST };
            let rows =
                store.candidates(wanted, &Equal::default(), &Start::Offset(0), ids.len() as u64).await?;
            self.hits.extend(rows.into_iter().map(|row| (row.at.key.into_text(), row.at.id)));
        }
        Ok(())
    }

    async fn look_at_changed(&mut self, store: &Store, filters: &Filters) -> Result<(), StoreError> {
        for ids in self.changed.chunks(AT_ONCE) {
            let wanted = Wanted { equal: &filters.equal, among: Some(ids), order: Order::NEWEST_FIRST };
            let rows =
                store.candidates(wanted, &Equal::default(), &Start::Offset(0), ids.len() as u64).await?;
            let named = rows.into_iter().filter(|row| filters.takes_name(&row.name));
            let places: Vec<_> = named.map(|row| (row.at.key.into_text(), row.at.id)).collect();
            let ahead: Vec<_> = places.into_iter().filter(|place| self.is_ahead(place)).collect();
            self.hits.extend(ahead);
        }
        self.looked_at_changed = true;
        Ok(())
    }

    fn is_ahead(&self, place: &Place) -> bool {
        self.after
            .as_ref()
            .is_none_or(|after| if self.order.descending { place < after } else { place > after })
    }

    fn is_changed(&self, id: i64) -> bool {
        self.changed.binary_search(&id).is_ok()
    }
}

/// The time of the block's first row in this order.
fn first(order: Order, head: &BlockHead) -> Option<&str> {
    if order.descending { head.newest.as_deref() } else { head.oldest.as_deref() }
}

/// The time of the block's last row in this order.
fn last(order: Order, head: &BlockHead) -> Option<&str> {
    if order.descending { head.oldest.as_deref() } else { head.newest.as_deref() }
}

/// The first place that a row of the block can have in this order.
fn earliest(order: Order, head: &BlockHead) -> (Option<&str>, i64) {
    let from = head.block.saturating_mul(ROWS_PER_BLOCK);
    (first(order, head), if order.descending { from.saturating_add(ROWS_PER_BLOCK - 1) } else { from })
}

/// Which of two places comes first.
fn placed(order: Order, one: (Option<&str>, i64), other: (Option<&str>, i64)) -> Ordering {
    let by_id = if order.descending { other.1.cmp(&one.1) } else { one.1.cmp(&other.1) };
    directed(order, one.0, other.0).then(by_id)
}

/// Which of two times comes first.
fn directed(order: Order, one: Option<&str>, other: Option<&str>) -> Ordering {
    if order.descending { other.cmp(&one) } else { one.cmp(&other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "2026-11-23 01:58:12";

    /// Blocks 0 and 1, all rows of one second, are still to be looked through.
    fn blocks_with_hit(order: Order, id: i64) -> Blocks {
        let head = |block| BlockHead { block, newest: Some(TIME.to_owned()), oldest: Some(TIME.to_owned()) };
        let left = if order.descending { vec![head(0), head(1)] } else { vec![head(1), head(0)] };
        Blocks {
            order,
            after: None,
            skip: 0,
            left,
            width: FIRST_FILTERS,
            changed: Vec::new(),
            looked_at_changed: true,
            hits: BTreeSet::from([(Some(TIME.to_owned()), id)]),
            budget: Budget::full(),
        }
    }

    #[test]
    fn of_rows_of_one_second_those_whose_turn_it_is_need_no_other_block() {
        let ascending = Order { descending: false, ..Order::NEWEST_FIRST };
        for (order, id, is_certain) in [
            (Order::NEWEST_FIRST, 2 * ROWS_PER_BLOCK, true),
            (Order::NEWEST_FIRST, 2 * ROWS_PER_BLOCK - 2, false),
            (ascending, -1, true),
            (ascending, 1, false),
        ] {
            let mut found = Found::default();
            let is_enough = blocks_with_hit(order, id).take_certain(&mut found, 1);
            assert_eq!(
                (is_enough, found.places.len()),
                (is_certain, usize::from(is_certain)),
                "{order:?} {id}"
            );
        }
    }
}
