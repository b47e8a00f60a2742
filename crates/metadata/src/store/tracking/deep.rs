//! Where a page far down begins: the minute in which it lies is found by adding up counts, and only within it rows are
//! walked over, from its nearer end. Of one type only days are counted.

use super::{
    super::{Result, row::Row},
    Filter,
};

/// One moment of a database, as it is asked for a page far down.
pub(in super::super) trait Places: Send {
    /// The days that have rows; `None` where the counts are not there, or do not tell the order.
    fn days(&mut self, filter: Filter<'_>) -> impl Future<Output = Result<Option<Vec<Bucket>>>> + Send;
    /// The minutes of a day that have rows.
    fn minutes(
        &mut self,
        provider: Option<&str>,
        day: &str,
    ) -> impl Future<Output = Result<Vec<Bucket>>> + Send;
    /// Rows of a part, newest or oldest first, over so many.
    fn rows(
        &mut self,
        filter: Filter<'_>,
        part: Part<'_>,
        direction: Direction,
        limit: u64,
        offset: u64,
    ) -> impl Future<Output = Result<Vec<Row>>> + Send;
}

/// Rows next to one another in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Part<'a> {
    /// Those of a day or a minute.
    Of(&'a str),
    /// Those before a day or a minute.
    Before(&'a str),
    /// Those without a time.
    Untimed,
}

/// Which rows come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Direction {
    Newest,
    Oldest,
}

impl Direction {
    /// In SQL.
    pub(in super::super) fn word(self) -> &'static str {
        match self {
            Self::Newest => "DESC",
            Self::Oldest => "ASC",
        }
    }
}

/// At most `limit` rows after the first `offset`, newest first; `None` where the counts know no short way.
pub(in super::super) async fn page(
    places: &mut impl Places,
    filter: Filter<'_>,
    offset: u64,
    limit: u64,
) -> Result<Option<Vec<Row>>> {
    let Some(days) = places.days(filter).await? else { return Ok(None) };
    let Some(day) = place(days, offset) else { return Ok(Some(Vec::new())) };
    let found = if day.bucket.is_empty() || filter.mime_type.is_some() {
        day
    } else {
        let minutes = places.minutes(filter.provider, &day.bucket).await?;
        let Some(minute) = place(minutes, day.before) else { return Ok(None) };
        minute
    };
    let bucket = found.bucket.as_str();
    let part = if bucket.is_empty() { Part::Untimed } else { Part::Of(bucket) };
    let mut rows = match found.side(limit) {
        Side::Newest(over) => places.rows(filter, part, Direction::Newest, limit, over).await?,
        Side::Oldest(over, wanted) => {
            let mut rows = places.rows(filter, part, Direction::Oldest, wanted, over).await?;
            rows.reverse();
            rows
        }
    };
    if part != Part::Untimed {
        for behind in [Part::Before(bucket), Part::Untimed] {
            let missing = limit.saturating_sub(rows.len() as u64);
            if missing > 0 {
                rows.extend(places.rows(filter, behind, Direction::Newest, missing, 0).await?);
            }
        }
    }
    Ok(Some(rows))
}

/// Rows of one day or one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Bucket {
    /// The day or the minute, empty for rows without a time.
    pub(in super::super) name: String,
    /// Rows.
    pub(in super::super) images: u64,
}

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The bucket it is in.
    pub(super) bucket: String,
    /// Rows of the bucket before it.
    pub(super) before: u64,
    /// Rows of the bucket, it and those behind it.
    pub(super) rest: u64,
}

/// From which end of a minute its rows are walked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// From its newest row, over so many; what follows the minute follows.
    Newest(u64),
    /// From its oldest row, over so many; then so many rows, turned round.
    Oldest(u64, u64),
}

/// The bucket with the row at `offset`, the buckets being in any order; `None` beyond the last row.
pub(super) fn place(mut buckets: Vec<Bucket>, offset: u64) -> Option<Place> {
    buckets.sort_unstable_by(|one, other| other.name.cmp(&one.name));
    let mut left = offset;
    for bucket in buckets {
        if left < bucket.images {
            return Some(Place { bucket: bucket.name, before: left, rest: bucket.images - left });
        }
        left -= bucket.images;
    }
    None
}

impl Place {
    /// How its row and the next ones, `limit` in all, are reached with the fewest steps.
    pub(super) fn side(&self, limit: u64) -> Side {
        let wanted = limit.min(self.rest);
        let behind = self.rest - wanted;
        if behind < self.before { Side::Oldest(behind, wanted) } else { Side::Newest(self.before) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn buckets(sizes: &[u64]) -> Vec<Bucket> {
        let named = sizes.iter().enumerate();
        named.map(|(n, images)| Bucket { name: format!("{n:03}"), images: *images }).collect()
    }

    proptest! {
        #[test]
        fn every_row_is_found_where_it_stands(sizes in proptest::collection::vec(0_u64..9, 1..9), offset in 0_u64..80, limit in 1_u64..20) {
            // newest first: the last name first
            let rows: Vec<_> = sizes.iter().enumerate().rev().flat_map(|(n, size)| (0..*size).map(move |row| (n, row))).collect();
            let at = usize::try_from(offset).unwrap();
            let found = place(buckets(&sizes), offset);
            let expected = rows.get(at).map(|(n, row)| Place { bucket: format!("{n:03}"), before: *row, rest: sizes[*n] - row });
            prop_assert_eq!(&found, &expected);
            if let Some(place) = found {
                let size = place.before + place.rest;
                match place.side(limit) {
                    Side::Newest(over) => prop_assert_eq!(over, place.before),
                    Side::Oldest(over, taken) => {
                        prop_assert_eq!(size - over - taken, place.before);
                        prop_assert_eq!(taken, limit.min(place.rest));
                    }
                }
            }
        }
    }
}
