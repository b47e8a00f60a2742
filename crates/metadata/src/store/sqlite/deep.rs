//! Pages far down in SQLite.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{
    super::{
        Result,
        row::Row,
        select::picked,
        tracking::{Bucket, Dialect, Direction, Filter, Grouping, Part, Places, bind_filter, page},
    },
    COLUMNS, SqliteStore,
    counts::counted,
    decode, text,
};

/// Behind every text that begins like the one before it.
const LAST: char = '\u{10ffff}';
/// Characters of a day and of a minute.
const DAY: usize = 10;
const MINUTE: usize = 16;

impl SqliteStore {
    pub(in super::super) async fn deep(
        &self,
        filter: Filter<'_>,
        offset: u64,
        limit: u64,
    ) -> Result<Option<Vec<Row>>> {
        let mut snapshot = self.readers.begin().await?;
        let rows = page(&mut Moment(&mut snapshot), filter, offset, limit).await?;
        snapshot.rollback().await?;
        Ok(rows)
    }
}

/// A transaction that sees one moment.
struct Moment<'a>(&'a mut SqliteConnection);

impl Places for Moment<'_> {
    async fn days(&mut self, filter: Filter<'_>) -> Result<Option<Vec<Bucket>>> {
        // times that are no times stand elsewhere in the order
        let odd = "SELECT EXISTS (SELECT 1 FROM image_minutes WHERE minute = '?' AND images > 0) \
                   OR EXISTS (SELECT 1 FROM image_changes WHERE minute = '?')";
        if sqlx::query_scalar(odd).fetch_one(&mut *self.0).await? {
            return Ok(None);
        }
        let days = counted(self.0, Grouping::Days, filter).await?;
        let bucket = |(name, images): (String, i64)| Bucket { name, images: images.max(0).unsigned_abs() };
        Ok(days.map(|days| days.into_iter().map(|day| bucket((day.first, day.images))).collect()))
    }

    async fn minutes(&mut self, provider: Option<&str>, day: &str) -> Result<Vec<Bucket>> {
        let fits = provider.map(|_| Dialect::Sqlite.fits_provider()).unwrap_or_default();
        let sql = format!(
            "SELECT minute, SUM(images) FROM (SELECT minute, images FROM image_minutes WHERE minute BETWEEN ? AND ?{fits} \
             UNION ALL SELECT minute, images FROM image_changes WHERE minute BETWEEN ? AND ?{fits}) GROUP BY minute"
        );
        let last = last_of(day, DAY);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for _ in 0..2 {
            query = query.bind(day.to_owned()).bind(last.clone());
            if let Some(provider) = provider {
                query = query.bind(provider.to_owned());
            }
        }
        let rows = query.fetch_all(&mut *self.0).await?;
        let buckets = rows.iter().map(|row| {
            let images: i64 = row.try_get(1)?;
            Ok(Bucket { name: text(row, 0)?.unwrap_or_default(), images: images.max(0).unsigned_abs() })
        });
        buckets.collect()
    }

    async fn rows(
        &mut self,
        filter: Filter<'_>,
        part: Part<'_>,
        direction: Direction,
        limit: u64,
        offset: u64,
    ) -> Result<Vec<Row>> {
        let length = if filter.mime_type.is_some() { DAY } else { MINUTE };
        let (condition, bounds) = match part {
            Part::Untimed => ("created_at IS NULL", vec![]),
            Part::Of(bucket) => {
                ("created_at BETWEEN ? AND ?", vec![bucket.to_owned(), last_of(bucket, length)])
            }
            Part::Before(bucket) => ("created_at < ?", vec![bucket.to_owned()]),
        };
        // a plus sign keeps SQLite from an index of providers where there is one of types
        let fits = match (filter.provider, filter.mime_type) {
            (None, None) => "",
            (Some(_), None) => " AND storage_provider = ?",
            (None, Some(_)) => " AND mime_type = ?",
            (Some(_), Some(_)) => " AND +storage_provider = ? AND mime_type = ?",
        };
        let word = direction.word();
        let order = format!("ORDER BY images.created_at {word}, images.id {word}");
        let rows = format!("FROM images WHERE {condition}{fits} {order} LIMIT ? OFFSET ?");
        let mut query = sqlx::query(AssertSqlSafe(picked(COLUMNS, &rows, &order)));
        for bound in bounds {
            query = query.bind(bound);
        }
        let whole = |number| i64::try_from(number).unwrap_or(i64::MAX);
        let query = bind_filter!(query, filter, 1).bind(whole(limit)).bind(whole(offset));
        query.fetch_all(&mut *self.0).await?.iter().map(decode).collect()
    }
}

/// The last text of a bucket whose texts begin with so many equal characters.
fn last_of(bucket: &str, characters: usize) -> String {
    let mut last = bucket.to_owned();
    if bucket.chars().count() == characters {
        last.push(LAST);
    }
    last
}
