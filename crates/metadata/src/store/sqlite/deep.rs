//! Pages far down in SQLite.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{
    super::{
        Result,
        row::Row,
        tracking::{Bucket, Dialect, Filter, Grouping, Side, place},
    },
    COLUMNS, SqliteStore,
    counts::counted,
    decode, text,
};

/// Behind every text that begins like the one before it.
const LAST: char = '\u{10ffff}';

impl SqliteStore {
    pub(in super::super) async fn deep(
        &self,
        provider: Option<&str>,
        offset: u64,
        limit: u64,
    ) -> Result<Option<Vec<Row>>> {
        let mut snapshot = self.readers.begin().await?;
        let rows = deep(&mut snapshot, provider, offset, limit).await?;
        snapshot.rollback().await?;
        Ok(rows)
    }
}

async fn deep(
    connection: &mut SqliteConnection,
    provider: Option<&str>,
    offset: u64,
    limit: u64,
) -> Result<Option<Vec<Row>>> {
    let filter = Filter { provider, ..Filter::default() };
    let Some(days) = counted(connection, Grouping::Days, filter).await? else { return Ok(None) };
    // times that are no times stand elsewhere in the order
    let odd = "SELECT EXISTS (SELECT 1 FROM image_minutes WHERE minute = '?' AND images > 0) \
               OR EXISTS (SELECT 1 FROM image_changes WHERE minute = '?')";
    if sqlx::query_scalar(odd).fetch_one(&mut *connection).await? {
        return Ok(None);
    }
    let days = days.into_iter().map(|day| Bucket { name: day.first, images: day.images.unsigned_abs() });
    let Some(day) = place(days.collect(), offset) else { return Ok(Some(Vec::new())) };
    let place = if day.bucket.is_empty() {
        day
    } else {
        let minutes = minutes(connection, provider, &day.bucket).await?;
        let Some(place) = place(minutes, day.before) else { return Ok(None) };
        place
    };
    let mut rows = match place.side(limit) {
        Side::Newest(over) => {
            select(connection, provider, &Part::Minute(&place.bucket), "DESC", limit, over).await?
        }
        Side::Oldest(over, wanted) => {
            let mut rows =
                select(connection, provider, &Part::Minute(&place.bucket), "ASC", wanted, over).await?;
            rows.reverse();
            rows
        }
    };
    if !place.bucket.is_empty() {
        for part in [Part::Before(&place.bucket), Part::Minute("")] {
            let missing = limit.saturating_sub(rows.len() as u64);
            if missing > 0 {
                rows.extend(select(connection, provider, &part, "DESC", missing, 0).await?);
            }
        }
    }
    Ok(Some(rows))
}

/// The minutes of a day that have rows.
async fn minutes(
    connection: &mut SqliteConnection,
    provider: Option<&str>,
    day: &str,
) -> Result<Vec<Bucket>> {
    let fits = provider.map(|_| Dialect::Sqlite.fits_provider()).unwrap_or_default();
    let sql = format!(
        "SELECT minute, SUM(images) FROM (SELECT minute, images FROM image_minutes WHERE minute BETWEEN ? AND ?{fits} \
         UNION ALL SELECT minute, images FROM image_changes WHERE minute BETWEEN ? AND ?{fits}) GROUP BY minute"
    );
    let last = last_of(day, 10);
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for _ in 0..2 {
        query = query.bind(day.to_owned()).bind(last.clone());
        if let Some(provider) = provider {
            query = query.bind(provider.to_owned());
        }
    }
    let rows = query.fetch_all(connection).await?;
    let buckets = rows.iter().map(|row| {
        let images: i64 = row.try_get(1)?;
        Ok(Bucket { name: text(row, 0)?.unwrap_or_default(), images: images.max(0).unsigned_abs() })
    });
    buckets.collect()
}

/// The last text of a bucket whose texts begin with so many equal characters.
fn last_of(bucket: &str, characters: usize) -> String {
    let mut last = bucket.to_owned();
    if bucket.chars().count() == characters {
        last.push(LAST);
    }
    last
}

enum Part<'a> {
    /// The rows of a minute; without a time where it is empty.
    Minute(&'a str),
    /// The rows with an older time.
    Before(&'a str),
}

/// Rows of a part in either order. Their numbers are found in an index alone.
async fn select(
    connection: &mut SqliteConnection,
    provider: Option<&str>,
    part: &Part<'_>,
    order: &str,
    limit: u64,
    offset: u64,
) -> Result<Vec<Row>> {
    let (condition, bounds) = match part {
        Part::Minute("") => ("created_at IS NULL", Vec::new()),
        Part::Minute(minute) => {
            ("created_at BETWEEN ? AND ?", vec![(*minute).to_owned(), last_of(minute, 16)])
        }
        Part::Before(minute) => ("created_at < ?", vec![(*minute).to_owned()]),
    };
    let fits = if provider.is_some() { " AND storage_provider = ?" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM (SELECT id AS picked FROM images WHERE {condition}{fits} \
         ORDER BY created_at {order}, id {order} LIMIT ? OFFSET ?) CROSS JOIN images ON id = picked \
         ORDER BY images.created_at {order}, id {order}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for bound in bounds {
        query = query.bind(bound);
    }
    if let Some(provider) = provider {
        query = query.bind(provider.to_owned());
    }
    let whole = |number| i64::try_from(number).unwrap_or(i64::MAX);
    let rows = query.bind(whole(limit)).bind(whole(offset)).fetch_all(connection).await?;
    rows.iter().map(decode).collect()
}
