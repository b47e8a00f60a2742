//! Lists of rows and what is searched in them, on either engine.

use client::metadata::Image;

use super::{
    DEEP, Result, SqliteStore, Store, in_time,
    order::{Key, Order, Position, Sort, Start},
    row::Row,
    select::{Columns, Equal, Wanted},
    tracking::Filter,
};

/// A row, and where it stands in its list.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// What is answered.
    pub(crate) image: Image,
    /// Its place.
    pub(crate) at: Position,
}

/// A row that is looked through.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Its place; its number is in it.
    pub(crate) at: Position,
    /// Its name.
    pub(crate) name: String,
    /// Whether it is equal to what was asked.
    pub(crate) is_equal: bool,
}

/// A block of names, without its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockHead {
    /// Its number.
    pub(crate) block: i64,
    /// The newest row's time.
    pub(crate) newest: Option<String>,
    /// The oldest row's time.
    pub(crate) oldest: Option<String>,
}

impl Store {
    /// At most `limit` rows from `start` on.
    pub(crate) async fn list(&self, wanted: Wanted<'_>, start: &Start, limit: u64) -> Result<Vec<Placed>> {
        if let Some(rows) = self.deep_page(wanted, start, limit).await? {
            return Ok(rows);
        }
        let sort = wanted.order.sort;
        let statements = match self {
            Self::MySql(store) => store.statements(None, wanted, start),
            Self::Sqlite(_) => SqliteStore::statements(None, wanted, start),
        };
        let mut rows = Vec::new();
        for statement in statements {
            let missing = limit.saturating_sub(rows.len() as u64);
            if missing > 0 {
                let more = match self {
                    Self::MySql(store) => in_time(store.rows(statement, missing)).await?,
                    Self::Sqlite(store) => store.rows(statement, missing).await?,
                };
                rows.extend(more.into_iter().map(|row| placed(sort, row)));
            }
        }
        Ok(rows)
    }

    /// A page far down the list of the original, which the counts know a short way to.
    async fn deep_page(&self, wanted: Wanted<'_>, start: &Start, limit: u64) -> Result<Option<Vec<Placed>>> {
        let Start::Offset(offset) = *start else { return Ok(None) };
        let is_plain = wanted.equal.job_id.is_none() && wanted.among.is_none();
        if offset < DEEP || !is_plain || wanted.order != Order::NEWEST_FIRST {
            return Ok(None);
        }
        let rows = self.deep(wanted.equal.filter(), offset, limit).await?;
        Ok(rows.map(|rows| rows.into_iter().map(|row| placed(Sort::Imported, row)).collect()))
    }

    /// At most `limit` rows from `start` on, to be looked through; each says whether it is `equal`.
    pub(crate) async fn candidates(
        &self,
        wanted: Wanted<'_>,
        equal: &Equal,
        start: &Start,
        limit: u64,
    ) -> Result<Vec<Candidate>> {
        let sort: Sort = wanted.order.sort;
        let columns = Some(Columns::Candidates(equal));
        let statements = match self {
            Self::MySql(store) => store.statements(columns, wanted, start),
            Self::Sqlite(_) => SqliteStore::statements(columns, wanted, start),
        };
        let mut rows = Vec::new();
        for statement in statements {
            let missing = limit.saturating_sub(rows.len() as u64);
            if missing > 0 {
                rows.extend(match self {
                    Self::MySql(store) => in_time(store.candidates(statement, sort, missing)).await?,
                    Self::Sqlite(store) => store.candidates(statement, missing).await?,
                });
            }
        }
        Ok(rows)
    }

    /// The rows whose names the blocks may not have, or not as they are; `None` when the blocks are not built, or more
    /// than `most` rows changed.
    pub(crate) async fn changed_since_blocks(&self, most: u32) -> Result<Option<Vec<i64>>> {
        let ids = match self {
            Self::MySql(store) => in_time(store.unfolded(most.saturating_add(1))).await?,
            Self::Sqlite(store) => store.unfolded(most.saturating_add(1)).await?,
        };
        // asked last: what is folded in between is then seen twice, and not missed
        let can_be_used = ids.len() <= most as usize && self.has_name_blocks().await?;
        Ok(can_be_used.then_some(ids))
    }

    /// How many rows these are, or more where that is not counted.
    pub(crate) async fn count_at_most(&self, equal: &Equal) -> Result<u64> {
        let counted = match self.count(equal.filter()).await? {
            None => self.count(Filter { provider: None, mime_type: None, ..equal.filter() }).await?,
            counted => counted,
        };
        Ok(counted.unwrap_or(u64::MAX))
    }

    /// All blocks, in no order.
    pub(crate) async fn block_heads(&self) -> Result<Vec<BlockHead>> {
        match self {
            Self::MySql(store) => in_time(store.block_heads()).await,
            Self::Sqlite(store) => store.block_heads().await,
        }
    }

    /// The filters of these blocks.
    pub(crate) async fn block_filters(&self, blocks: &[i64]) -> Result<Vec<(i64, Vec<u8>)>> {
        self.block_bytes("filter", blocks).await
    }

    /// The names of these blocks.
    pub(crate) async fn block_entries(&self, blocks: &[i64]) -> Result<Vec<(i64, Vec<u8>)>> {
        self.block_bytes("entries", blocks).await
    }

    async fn block_bytes(&self, column: &str, blocks: &[i64]) -> Result<Vec<(i64, Vec<u8>)>> {
        if blocks.is_empty() {
            return Ok(Vec::new());
        }
        let list = blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let sql = format!("SELECT block, {column} FROM name_blocks WHERE block IN ({list})");
        match self {
            Self::MySql(store) => in_time(store.block_bytes(sql)).await,
            Self::Sqlite(store) => store.block_bytes(sql).await,
        }
    }
}

fn placed(sort: Sort, row: Row) -> Placed {
    let at = Position { key: Key::of(sort, &row.image, row.created_at.as_deref()), id: row.image.id };
    Placed { image: row.image, at }
}
