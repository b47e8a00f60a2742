//! How the rows of a list are found. Three ways: an index of the database has them in their order; or rows are looked
//! through in their order; or, for a part of a name, the blocks of names are, newest first. The last two end a request
//! when their time is up: the page is then short, even empty, and its cursor leads on.

mod blocks;
mod budget;
mod scan;

use client::metadata::Image;

use crate::{
    filters::Filters,
    store::{Equal, Order, Placed, Position, Sort, Start, Store, StoreError, Wanted},
};
use blocks::Blocks;
pub(crate) use budget::Budget;
use scan::Scan;

/// So many rows are gathered and sorted by the database rather than looked for in the order of the list.
const FEW: u64 = 2000;
/// So many rows of a filter are looked through rather than the names of all.
const SOME: u64 = 20_000;

/// A list that is being read.
#[derive(Debug)]
pub(crate) struct Search {
    store: Store,
    filters: Filters,
    order: Order,
    way: Way,
}

/// How rows are found.
#[derive(Debug)]
enum Way {
    /// There are no more.
    Done,
    /// An index has them; `among` only these numbers.
    Index { start: Start, among: Option<Vec<i64>> },
    /// Rows are looked through.
    Scan(Scan),
    /// Names are looked through.
    Blocks(Blocks),
}

/// Rows that were read together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// In their order.
    pub(crate) rows: Vec<Placed>,
    /// Time is up: the place to go on from.
    pub(crate) stopped_at: Option<Position>,
}

/// Places of rows that were found together.
#[derive(Debug, Default)]
struct Found {
    places: Vec<Position>,
    stopped_at: Option<Position>,
    is_done: bool,
}

impl Search {
    /// Decides how the list is read.
    pub(crate) async fn open(
        store: Store,
        filters: Filters,
        order: Order,
        start: Start,
    ) -> Result<Self, StoreError> {
        let way = way(&store, &filters, order, start).await?;
        Ok(Self { store, filters, order, way })
    }

    /// True when every row was read.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.way, Way::Done)
    }

    /// At most `limit` rows; fewer, even none, does not mean that there are no more.
    pub(crate) async fn next(&mut self, limit: u64) -> Result<Batch, StoreError> {
        let wanted = Wanted { equal: &self.filters.equal, among: None, order: self.order };
        let found = match &mut self.way {
            Way::Done => return Ok(Batch::default()),
            Way::Index { start, among } => {
                let rows =
                    self.store.list(Wanted { among: among.as_deref(), ..wanted }, start, limit).await?;
                match rows.last().filter(|_| rows.len() as u64 == limit) {
                    Some(last) => *start = Start::After(last.at.clone()),
                    None => self.way = Way::Done,
                }
                let rows = rows.into_iter().filter(|row| self.filters.takes_name(&row.image.name)).collect();
                return Ok(Batch { rows, stopped_at: None });
            }
            Way::Scan(scan) => scan.next(&self.store, &self.filters, self.order, limit).await?,
            Way::Blocks(blocks) => blocks.next(&self.store, &self.filters, limit).await?,
        };
        if found.is_done || found.stopped_at.is_some() {
            self.way = Way::Done;
        }
        let rows = self.rows(found.places).await?;
        Ok(Batch { rows, stopped_at: found.stopped_at })
    }

    /// The times of at most `limit` rows and nothing else, for what is only counted; false when time is up.
    pub(crate) async fn next_times(&mut self, limit: u64) -> Result<(Vec<Option<String>>, bool), StoreError> {
        let found = match &mut self.way {
            Way::Scan(scan) => scan.next(&self.store, &self.filters, self.order, limit).await?,
            Way::Blocks(blocks) => blocks.next(&self.store, &self.filters, limit).await?,
            Way::Done | Way::Index { .. } => {
                let batch = self.next(limit).await?;
                return Ok((batch.rows.into_iter().map(|row| row.at.key.into_text()).collect(), true));
            }
        };
        if found.is_done || found.stopped_at.is_some() {
            self.way = Way::Done;
        }
        let times = found.places.into_iter().map(|place| place.key.into_text()).collect();
        Ok((times, found.stopped_at.is_none()))
    }

    /// The rows themselves, which have the last word.
    async fn rows(&self, places: Vec<Position>) -> Result<Vec<Placed>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = places.iter().map(|place| place.id).collect();
        let wanted = Wanted { equal: &self.filters.equal, among: Some(&ids), order: self.order };
        let rows = self.store.list(wanted, &Start::Offset(0), ids.len() as u64).await?;
        let mut images: std::collections::HashMap<i64, Image> =
            rows.into_iter().map(|row| (row.at.id, row.image)).collect();
        let row = |at: Position| images.remove(&at.id).map(|image| Placed { image, at });
        let is_meant = |row: &Placed| self.filters.takes_name(&row.image.name);
        Ok(places.into_iter().filter_map(row).filter(is_meant).collect())
    }
}

async fn way(store: &Store, filters: &Filters, order: Order, start: Start) -> Result<Way, StoreError> {
    let index = |start, among| Way::Index { start, among };
    let by_time = order.sort == Sort::Imported;
    if filters.part.is_none() && (by_time || filters.equal.is_all()) {
        return Ok(index(start, None));
    }
    if let Some(few) = few_equal(store, filters).await? {
        return Ok(index(start, Some(few)));
    }
    let Some(part) = filters.part.as_deref() else {
        return Ok(Way::Scan(Scan::new(None, start, false)));
    };
    if by_time && is_narrow(&filters.equal) && store.count_at_most(&filters.equal).await? <= SOME {
        return Ok(Way::Scan(Scan::new(Some(part), start, true)));
    }
    let Some(mut blocks) = Blocks::open(
        store,
        part,
        if by_time { order } else { Order::NEWEST_FIRST },
        by_time.then(|| start.clone()),
    )
    .await?
    else {
        return Ok(Way::Scan(Scan::new(Some(part), start, by_time)));
    };
    if by_time {
        return Ok(Way::Blocks(blocks));
    }
    let found = blocks.next(store, filters, FEW + 1).await?;
    if found.is_done && found.places.len() as u64 <= FEW {
        return Ok(index(start, Some(found.places.iter().map(|place| place.id).collect())));
    }
    Ok(Way::Scan(Scan::new(Some(part), start, false)))
}

/// A provider is no filter to speak of: it has nearly all rows.
fn is_narrow(equal: &Equal) -> bool {
    equal.mime_type.is_some() || equal.job_id.is_some()
}

/// The numbers of the rows, if the filters other than the provider leave only a few.
async fn few_equal(store: &Store, filters: &Filters) -> Result<Option<Vec<i64>>, StoreError> {
    if !is_narrow(&filters.equal) || store.count_at_most(&filters.equal).await? > FEW {
        return Ok(None);
    }
    let wanted = Wanted { equal: &filters.equal, among: None, order: Order::NEWEST_FIRST };
    let rows = store.candidates(wanted, &Equal::default(), &Start::Offset(0), FEW + 1).await?;
    if rows.len() as u64 > FEW {
        return Ok(None);
    }
    Ok(Some(rows.into_iter().filter(|row| filters.takes_name(&row.name)).map(|row| row.at.id).collect()))
}
