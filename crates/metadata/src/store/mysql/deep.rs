//! Pages far down in MySQL.

use sqlx::{AssertSqlSafe, Executor, MySqlConnection, Row as _};

use super::{
    super::{
        Result,
        row::Row,
        tracking::{Bucket, Dialect, Filter, Grouping, Side, place},
    },
    COLUMNS, MySqlStore,
    counts::{begin_snapshot, counted},
    decode,
};

impl MySqlStore {
    pub(in super::super) async fn deep(
        &self,
        provider: Option<&str>,
        offset: u64,
        limit: u64,
    ) -> Result<Option<Vec<Row>>> {
        if !self.is_tracking() {
            return Ok(None);
        }
        let mut connection = self.pool.acquire().await?;
        let done = async {
            begin_snapshot(&mut connection).await?;
            deep(&mut connection, &self.dialect, provider, offset, limit).await
        };
        let rows = done.await;
        // whatever came of it, the next one to use the connection begins afresh
        if connection.execute("ROLLBACK").await.is_err() {
            connection.close_on_drop();
        }
        rows
    }
}

async fn deep(
    connection: &mut MySqlConnection,
    dialect: &Dialect,
    provider: Option<&str>,
    offset: u64,
    limit: u64,
) -> Result<Option<Vec<Row>>> {
    let filter = Filter { provider, ..Filter::default() };
    let Some(days) = counted(connection, dialect, Grouping::Days, filter).await? else { return Ok(None) };
    let days =
        days.into_iter().map(|day| Bucket { name: day.first, images: day.images.max(0).unsigned_abs() });
    let Some(day) = place(days.collect(), offset) else { return Ok(Some(Vec::new())) };
    let place = if day.bucket.is_empty() {
        day
    } else {
        let minutes = minutes(connection, dialect, provider, &day.bucket).await?;
        let Some(place) = place(minutes, day.before) else { return Ok(None) };
        place
    };
    let minute = Part::Minute(&place.bucket);
    let mut rows = match place.side(limit) {
        Side::Newest(over) => select(connection, provider, &minute, "DESC", limit, over).await?,
        Side::Oldest(over, wanted) => {
            let mut rows = select(connection, provider, &minute, "ASC", wanted, over).await?;
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
    connection: &mut MySqlConnection,
    dialect: &Dialect,
    provider: Option<&str>,
    day: &str,
) -> Result<Vec<Bucket>> {
    let fits = provider.map(|_| dialect.fits_provider()).unwrap_or_default();
    let sql = format!(
        "SELECT minute, CAST(SUM(images) AS SIGNED) FROM (\
         SELECT minute, images FROM image_minutes WHERE minute BETWEEN ? AND ?{fits} UNION ALL \
         SELECT minute, images FROM image_changes WHERE minute BETWEEN ? AND ?{fits}) AS parts GROUP BY minute"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for _ in 0..2 {
        query = query.bind(day.to_owned()).bind(format!("{day}~"));
        if let Some(provider) = provider {
            query = query.bind(provider.to_owned());
        }
    }
    let rows = query.fetch_all(connection).await?;
    let buckets = rows.iter().map(|row| {
        let images: i64 = row.try_get(1)?;
        Ok(Bucket { name: row.try_get(0)?, images: images.max(0).unsigned_abs() })
    });
    buckets.collect()
}

enum Part<'a> {
    /// The rows of a minute; without a time where it is empty.
    Minute(&'a str),
    /// The rows with an older time.
    Before(&'a str),
}

/// Rows of a part in either order. Their numbers are found in an index alone.
async fn select(
    connection: &mut MySqlConnection,
    provider: Option<&str>,
    part: &Part<'_>,
    order: &str,
    limit: u64,
    offset: u64,
) -> Result<Vec<Row>> {
    let (condition, bounds) = match part {
        Part::Minute("") => ("created_at IS NULL", Vec::new()),
        Part::Minute(minute) => {
            ("created_at BETWEEN ? AND ?", vec![format!("{minute}:00"), format!("{minute}:59.999999")])
        }
        Part::Before(minute) => ("created_at < ?", vec![format!("{minute}:00")]),
    };
    // the optimizer likes to walk over all rows of a minute rather than over those of one provider
    let (index, fits) = match provider {
        Some(_) => (" FORCE INDEX (ix_images_provider_created_at)", " AND storage_provider = ?"),
        None => ("", ""),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM (SELECT id AS picked FROM images{index} WHERE {condition}{fits} \
         ORDER BY created_at {order}, id {order} LIMIT ? OFFSET ?) AS page JOIN images ON id = picked \
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
