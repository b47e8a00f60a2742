//! Counts that are kept up to date, whoever writes. Triggers append one row to `image_changes` for every change of a row;
//! a loop folds these into sums and deletes exactly the ones it read; a question adds both up in one statement, so that the
//! answer is that of a plain COUNT at that moment. Where the counts are not there (before the first build, or where MySQL
//! lets us make no triggers) the table itself is counted.

mod bytes;
mod deep;
mod packed;
pub(super) mod state;
mod stats;
mod sums;
mod tally;
mod unfolded;

use std::time::Duration;

use serde_json::Value;

use super::{Result, Store, in_time, row::Row};

pub(super) use bytes::{Bytes, from_halves, halves};
pub(super) use deep::{Bucket, Direction, Part, Places, page};
pub(super) use packed::{CountedRow, PackedBlock, add_up, pack, put_blocks};
pub(crate) use state::Glance;
pub(super) use sums::{Change, Sums, cut_to_blocks, upsert};
pub(super) use tally::{Dialect, Grouping, Tally, bind_filter};
pub(super) use unfolded::Unfolded;

/// Rows written by one statement.
pub(super) const AT_ONCE: usize = 1_000;
/// Changes folded at once.
pub(super) const FOLD: usize = 500;

/// Which rows are counted: all for which every field that is there fits, as the database compares texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Filter<'a> {
    /// Of this provider.
    pub(crate) provider: Option<&'a str>,
    /// Of this announced type.
    pub(crate) mime_type: Option<&'a str>,
    /// Of this job.
    pub(crate) job_id: Option<&'a str>,
}

impl Filter<'_> {
    /// Jobs are counted without their providers and types.
    fn is_counted(&self) -> bool {
        self.job_id.is_none() || (self.provider.is_none() && self.mime_type.is_none())
    }
}

/// How many rows, and their bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Totals {
    /// Rows.
    pub(crate) images: u64,
    /// Sum of their sizes: a whole number, or a float where rows of the original hold one or where 64 bits are too few.
    pub(crate) bytes: Value,
}

/// How many rows there are of a provider and a type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kind {
    /// The provider.
    pub(crate) provider: String,
    /// The announced type.
    pub(crate) mime_type: String,
    /// Rows.
    pub(crate) images: u64,
    /// Sum of their sizes, see [`Totals`].
    pub(crate) bytes: Value,
}

/// What a round of folding did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folded {
    /// There was nothing to fold, or another process is at it.
    Nothing,
    /// All changes up to now, or most of them.
    All,
    /// As many as are folded at once; there are more.
    Part,
    /// The counts are not there: they have to be built.
    NotReady,
    /// There was nothing to fold, and yet the counts do not fit the table.
    Adrift(Glance),
}

impl Folded {
    /// What was done where so many changes were read and so many of them folded.
    pub(super) fn some(read: usize, folded: usize) -> Self {
        if read < FOLD && folded == read { Self::All } else { Self::Part }
    }

    /// What there is to say where there is nothing to fold.
    pub(super) fn without_folding(glance: Glance) -> Option<Self> {
        if !glance.is_ready {
            return Some(Self::NotReady);
        }
        if glance.is_adrift() {
            return Some(Self::Adrift(glance));
        }
        (!glance.has_changes).then_some(Self::Nothing)
    }
}

impl Store {
    /// How many rows there are of a kind, and their bytes. `None` where that is not counted: for a job together with
    /// another field.
    pub(crate) async fn totals(&self, filter: Filter<'_>) -> Result<Option<Totals>> {
        if !filter.is_counted() {
            return Ok(None);
        }
        let tallies = self.tallies(Grouping::Nothing, filter).await?;
        let (mut images, mut bytes) = (0, Bytes::default());
        for tally in tallies {
            images += tally.images;
            bytes += tally.bytes;
        }
        Ok(Some(Totals { images: images.unsigned_abs(), bytes: bytes.into() }))
    }

    /// How many rows there are of a kind; `None` likewise.
    pub(crate) async fn count(&self, filter: Filter<'_>) -> Result<Option<u64>> {
        if !filter.is_counted() {
            return Ok(None);
        }
        let tallies = self.tallies(Grouping::Rows, filter).await?;
        Ok(Some(tallies.iter().map(|tally| tally.images.unsigned_abs()).sum()))
    }

    /// How many rows there are of each provider and type, and their bytes. Not for a job, whose kinds are not counted.
    pub(crate) async fn kinds(&self, filter: Filter<'_>) -> Result<Vec<Kind>> {
        let tallies = self.tallies(Grouping::Kinds, filter).await?;
        let kind = |tally: Tally| Kind {
            provider: tally.first,
            mime_type: tally.second,
            images: tally.images.unsigned_abs(),
            bytes: tally.bytes.into(),
        };
        Ok(tallies.into_iter().map(kind).collect())
    }

    /// The days (`YYYY-MM-DD`, empty for rows without a time) that have rows, newest first, and how many.
    pub(crate) async fn days(
        &self,
        provider: Option<&str>,
        mime_type: Option<&str>,
    ) -> Result<Vec<(String, u64)>> {
        let filter = Filter { provider, mime_type, job_id: None };
        let tallies = self.tallies(Grouping::Days, filter).await?;
        let mut days: Vec<_> =
            tallies.into_iter().map(|tally| (tally.first, tally.images.unsigned_abs())).collect();
        days.sort_unstable_by(|one, other| other.cmp(one));
        Ok(days)
    }

    /// What `GET /images` skips: at most `limit` rows after the first `offset`, newest first, exactly as a plain OFFSET
    /// finds them but without walking over all before; `None` where that is no better, or the counts are not there.
    pub(super) async fn deep(&self, filter: Filter<'_>, offset: u64, limit: u64) -> Result<Option<Vec<Row>>> {
        match self {
            Self::MySql(store) => in_time(store.deep(filter, offset, limit)).await,
            Self::Sqlite(store) => store.deep(filter, offset, limit).await,
        }
    }

    /// True when the blocks of names have every row that no unfolded change names. Who reads both has to read the changes
    /// first: what is folded in between is then seen twice, and not missed.
    pub(crate) async fn has_name_blocks(&self) -> Result<bool> {
        match self {
            Self::MySql(store) => in_time(store.has_name_blocks()).await,
            Self::Sqlite(store) => store.has_name_blocks().await,
        }
    }

    /// Waits until this process has changed a row that was not folded.
    pub(crate) async fn changed(&self) {
        self.unfolded().some().await;
    }

    /// Waits until this process has changed so many rows that they should be folded at once, but no longer than `most`.
    pub(crate) async fn changed_many(&self, most: Duration) {
        let _ = tokio::time::timeout(most, self.unfolded().many()).await;
    }

    fn unfolded(&self) -> &Unfolded {
        match self {
            Self::MySql(store) => &store.unfolded,
            Self::Sqlite(store) => &store.unfolded,
        }
    }

    /// Folds some changes.
    pub(crate) async fn fold(&self) -> Result<Folded> {
        self.unfolded().begin();
        match self {
            Self::MySql(store) => in_time(store.fold()).await,
            Self::Sqlite(store) => store.fold().await,
        }
    }

    /// Counts one more part of the table, and makes its blocks of names; false when another process is at it.
    pub(crate) async fn build(&self) -> Result<bool> {
        match self {
            Self::MySql(store) => in_time(store.build()).await,
            Self::Sqlite(store) => store.build().await,
        }
    }

    /// The counts are not used any more, until they are built anew.
    pub(crate) async fn forget_counts(&self) -> Result<()> {
        match self {
            Self::MySql(store) => in_time(store.forget_counts()).await,
            Self::Sqlite(store) => store.forget_counts().await,
        }
    }

    /// Compares the counts with the table; where they differ they are not used any more, until they are built anew.
    pub(crate) async fn verify_counts(&self) -> Result<bool> {
        match self {
            Self::MySql(store) => store.verify_counts().await,
            Self::Sqlite(store) => store.verify_counts().await,
        }
    }

    async fn tallies(&self, grouping: Grouping, filter: Filter<'_>) -> Result<Vec<Tally>> {
        let mut tallies = match self {
            Self::MySql(store) => in_time(store.tallies(grouping, filter)).await?,
            Self::Sqlite(store) => store.tallies(grouping, filter).await?,
        };
        tallies.retain(|tally| tally.images > 0);
        Ok(tallies)
    }
}
