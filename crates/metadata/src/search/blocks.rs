//! Looks through the blocks of names, those with the first rows of the list first, until no other block can have an
//! earlier hit. Rows that changed since the blocks were made are looked at themselves.

mod hits;
mod place;

use std::{cmp::Ordering, collections::HashSet, time::Instant};

use super::{Budget, Found};
use crate::{
    filters::Filters,
    names::{Filter, Needle, PackedBlock},
    store::{BlockHead, Equal, Order, Position, Start, Store, StoreError, Wanted},
};
use hits::Hits;
use place::{Place, directed, earliest, last, placed};

/// More changed rows than that are looked through in their order instead.
const MOST_CHANGED: u32 = 10_000;
/// Rows that are looked up at once, at least and at most.
const FEW: usize = 64;
const AT_ONCE: usize = 1000;
/// Blocks whose filters are read at once, at first and at most; and blocks whose names are.
const FIRST_FILTERS: usize = 8;
const MOST_FILTERS: usize = 128;
const NAMES: usize = 32;

/// Where a look through the blocks is.
#[derive(Debug)]
pub(super) struct Blocks {
    order: Order,
    needle: Needle,
    /// Behind this place only: all before it is done.
    after: Option<Place>,
    /// True when `after` is another place than at first.
    has_moved: bool,
    /// Hits to pass over.
    skip: u64,
    /// All blocks that may have hits, in the order of their first rows.
    heads: Vec<BlockHead>,
    /// The first one of them that was not looked through yet.
    next: usize,
    /// Blocks looked at together.
    width: usize,
    /// Rows that changed since the blocks were made, ascending.
    changed: Vec<i64>,
    looked_at_changed: bool,
    hits: Hits,
    budget: Budget,
}

impl Blocks {
    /// From `start` on (without: all, for gathering); `None` where the blocks cannot be used now.
    pub(super) async fn open(
        store: &Store,
        part: &str,
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
        let mut heads = store.block_heads().await?;
        heads.sort_by(|one, other| placed(order, earliest(order, one), earliest(order, other)));
        let mut blocks = Self {
            order,
            needle: Needle::new(part),
            after,
            has_moved: false,
            skip,
            heads,
            next: 0,
            width: FIRST_FILTERS,
            changed,
            looked_at_changed: false,
            hits: Hits::new(order),
            budget: Budget::full(),
        };
        blocks.begin();
        Ok(Some(blocks))
    }

    /// Goes back to the first block, leaving out those that are done.
    fn begin(&mut self) {
        if let Some((after, _)) = &self.after {
            self.heads.retain(|head| {
                directed(self.order, last(self.order, head), after.as_deref()) != Ordering::Less
            });
        }
        (self.next, self.looked_at_changed) = (0, false);
    }

    /// The next hits, at most `limit`.
    pub(super) async fn next(
        &mut self,
        store: &Store,
        filters: &Filters,
        limit: u64,
    ) -> Result<Found, StoreError> {
        let mut found = Found::default();
        while (found.places.len() as u64) < limit {
            let began = Instant::now();
            if !self.looked_at_changed {
                self.look_at_changed(store, filters).await?;
            }
            let missing = limit - found.places.len() as u64;
            let certain = self.take_certain(missing, filters);
            if !certain.is_empty() {
                self.pass(store, filters, certain, &mut found, limit).await?;
            } else if self.hits.is_used_up() {
                self.begin();
            } else if self.next < self.heads.len() {
                self.look_at_blocks(store).await?;
            } else {
                found.is_done = true;
                break;
            }
            self.budget.spend(began, 0);
            if self.budget.is_spent()
                && let Some(at) = self.stop()
            {
                found.stopped_at = Some(at);
                break;
            }
        }
        Ok(found)
    }

    /// The next hits that no other can come before: as many as may be needed.
    fn take_certain(&mut self, missing: u64, filters: &Filters) -> Vec<Place> {
        let needed = usize::try_from(missing.saturating_add(self.skip)).unwrap_or(usize::MAX);
        // of rows that have to be looked up some will not fit
        let most = if filters.equal.is_all() { needed } else { needed.saturating_mul(4).max(FEW) };
        let mut certain = Vec::new();
        while certain.len() < most.min(AT_ONCE)
            && let Some(hit) = self.hits.first()
        {
            let place = (hit.0.as_deref(), hit.1);
            let next = self.heads.get(self.next);
            if next
                .is_some_and(|head| placed(self.order, place, earliest(self.order, head)) != Ordering::Less)
            {
                break;
            }
            certain.extend(self.hits.pop());
        }
        certain
    }

    /// Moves hits to `found`, those that are equal to what was asked and need not be passed over.
    async fn pass(
        &mut self,
        store: &Store,
        filters: &Filters,
        certain: Vec<Place>,
        found: &mut Found,
        limit: u64,
    ) -> Result<(), StoreError> {
        let mut equal = None;
        if !filters.equal.is_all() {
            let ids: Vec<_> = certain.iter().map(|place| place.1).collect();
            let wanted = Wanted { equal: &filters.equal, among: Some(&ids), order: Order::NEWEST_FIRST };
            let rows =
                store.candidates(wanted, &Equal::default(), &Start::Offset(0), ids.len() as u64).await?;
            equal = Some(rows.into_iter().map(|row| row.at.id).collect::<HashSet<_>>());
        }
        let mut certain = certain.into_iter();
        while (found.places.len() as u64) < limit
            && let Some(place) = certain.next()
        {
            if equal.as_ref().is_none_or(|equal| equal.contains(&place.1)) {
                if self.skip > 0 {
                    self.skip -= 1;
                } else {
                    found.places.push(Position { key: place.0.as_deref().into(), id: place.1 });
                }
            }
            // what comes into a block later than this must not lead back
            (self.after, self.has_moved) = (Some(place), true);
        }
        self.hits.add(certain);
        Ok(())
    }

    /// Where a request may stop whose time is up: a place before every row that was not looked at. None where the next
    /// request would have to begin where this one did.
    fn stop(&self) -> Option<Position> {
        if self.skip > 0 {
            return None;
        }
        if let (true, Some((time, id))) = (self.has_moved, &self.after) {
            return Some(Position { key: time.as_deref().into(), id: *id });
        }
        let (time, id) = earliest(self.order, self.heads.get(self.next)?);
        let before = if self.order.descending { id.saturating_add(1) } else { id.saturating_sub(1) };
        // blocks whose rows are of all times would be looked through again and again
        let (looked_at, _) = self.heads.split_at_checked(self.next)?;
        let done = looked_at
            .iter()
            .filter(|head| directed(self.order, last(self.order, head), time).is_lt())
            .count();
        let is_ahead = self.after.as_ref().is_none_or(|(after, after_id)| {
            placed(self.order, (after.as_deref(), *after_id), (time, before)) == Ordering::Less
        });
        (is_ahead && done * 2 >= looked_at.len()).then(|| Position { key: time.into(), id: before })
    }

    /// Looks through the next blocks.
    async fn look_at_blocks(&mut self, store: &Store) -> Result<(), StoreError> {
        let end = self.heads.len().min(self.next + self.width);
        let numbers: Vec<_> = self.heads[self.next..end].iter().map(|head| head.block).collect();
        (self.next, self.width) = (end, (self.width * 2).min(MOST_FILTERS));
        let filters = store.block_filters(&numbers).await?;
        let likely = filters.iter().filter(|(_, bytes)| Filter(bytes).may_contain(&self.needle));
        let likely: Vec<_> = likely.map(|(block, _)| *block).collect();
        for numbers in likely.chunks(NAMES) {
            for (number, bytes) in store.block_entries(numbers).await? {
                let Some(hits) = PackedBlock::new(number, &bytes).matches(&self.needle) else {
                    tracing::warn!(block = number, "a block of names cannot be read");
                    continue;
                };
                let ahead = hits.into_iter().filter(|(id, time)| {
                    is_ahead(self.order, self.after.as_ref(), (*time, *id))
                        && self.changed.binary_search(id).is_err()
                });
                self.hits.add(ahead.map(|(id, time)| (time.map(str::to_owned), id)));
            }
        }
        Ok(())
    }

    async fn look_at_changed(&mut self, store: &Store, filters: &Filters) -> Result<(), StoreError> {
        for ids in self.changed.chunks(AT_ONCE) {
            let wanted = Wanted { equal: &filters.equal, among: Some(ids), order: Order::NEWEST_FIRST };
            let rows =
                store.candidates(wanted, &Equal::default(), &Start::Offset(0), ids.len() as u64).await?;
            let named = rows.into_iter().filter(|row| self.needle.is_in(&row.name));
            let places = named.map(|row| (row.at.key.into_text(), row.at.id));
            self.hits.add(
                places.filter(|(time, id)| is_ahead(self.order, self.after.as_ref(), (time.as_deref(), *id))),
            );
        }
        self.looked_at_changed = true;
        Ok(())
    }
}

fn is_ahead(order: Order, after: Option<&Place>, place: (Option<&str>, i64)) -> bool {
    after.is_none_or(|(time, id)| placed(order, (time.as_deref(), *id), place) == Ordering::Less)
}

#[cfg(test)]
mod tests;
