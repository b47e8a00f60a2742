//! Blocks of names, and what a part of the table adds up to, on their way into the database.

use std::collections::BTreeMap;

use super::{Change, Sums};
use crate::names::{self, Block, Entry};

/// A block as it is stored; `None` where it has no rows any more.
#[derive(Debug, Clone)]
pub(in super::super) struct PackedBlock {
    pub(in super::super) number: i64,
    pub(in super::super) content: Option<Content>,
}

/// What the columns hold.
#[derive(Debug, Clone)]
pub(in super::super) struct Content {
    pub(in super::super) newest: Option<String>,
    pub(in super::super) oldest: Option<String>,
    pub(in super::super) filter: Vec<u8>,
    pub(in super::super) entries: Vec<u8>,
}

impl PackedBlock {
    /// The block of these rows.
    pub(in super::super) fn of(number: i64, rows: Vec<Entry>) -> Self {
        let block = Block::build(rows);
        let content = (!block.is_empty()).then(|| {
            let (newest, oldest) = block.newest_and_oldest();
            Content {
                newest: newest.map(str::to_owned),
                oldest: oldest.map(str::to_owned),
                filter: block.filter(),
                entries: block.encode(number),
            }
        });
        Self { number, content }
    }
}

/// A row of a part of the table that is counted: as a change that brings it, and its name.
pub(in super::super) type CountedRow = (Change, Entry);

/// Packs blocks where it holds up no request.
pub(in super::super) async fn pack(blocks: Vec<(i64, Vec<Entry>)>) -> Vec<PackedBlock> {
    aside(move || blocks.into_iter().map(|(number, rows)| PackedBlock::of(number, rows)).collect()).await
}

/// What rows add up to, and their blocks, of which they are all.
pub(in super::super) async fn add_up(rows: Vec<CountedRow>) -> (Sums, Vec<PackedBlock>) {
    aside(move || {
        let mut blocks: BTreeMap<i64, Vec<Entry>> = BTreeMap::new();
        let mut sums = Sums::default();
        for (change, entry) in rows {
            sums.add(&change);
            blocks.entry(names::block_of(entry.id)).or_default().push(entry);
        }
        (sums, blocks.into_iter().map(|(number, rows)| PackedBlock::of(number, rows)).collect())
    })
    .await
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

/// Writes packed blocks.
macro_rules! put_blocks {
    ($connection:expr, $blocks:expr) => {
        for block in $blocks {
            let query = match &block.content {
                None => sqlx::query("DELETE FROM name_blocks WHERE block = ?").bind(block.number),
                Some(content) => sqlx::query(
                    "REPLACE INTO name_blocks (block, newest, oldest, filter, entries) VALUES (?, ?, ?, ?, ?)",
                )
                .bind(block.number)
                .bind(content.newest.clone())
                .bind(content.oldest.clone())
                .bind(content.filter.clone())
                .bind(content.entries.clone()),
            };
            query.execute(&mut *$connection).await?;
        }
    };
}
pub(in super::super) use put_blocks;
