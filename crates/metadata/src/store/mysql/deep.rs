//! Pages far down in MySQL.

use sqlx::{AssertSqlSafe, Executor, MySqlConnection, Row as _};

use super::{
    super::{
        Result,
        row::Row,
        select::picked,
        tracking::{Bucket, Dialect, Direction, Filter, Grouping, Part, Places, bind_filter, page},
    },
    COLUMNS, MySqlStore,
    counts::{begin_snapshot, counted},
    decode,
};

impl MySqlStore {
    pub(in super::super) async fn deep(
        &self,
        filter: Filter<'_>,
        offset: u64,
        limit: u64,
    ) -> Result<Option<Vec<Row>>> {
        if !self.is_tracking() {
            return Ok(None);
        }
        let mut connection = self.pool.acquire().await?;
        let done = async {
            begin_snapshot(&mut connection).await?;
            let mut moment = Moment { connection: &mut connection, dialect: &self.dialect };
            page(&mut moment, filter, offset, limit).await
        };
        let rows = done.await;
        // whatever came of it, the next one to use the connection begins afresh
        if connection.execute("ROLLBACK").await.is_err() {
            connection.close_on_drop();
        }
        rows
    }
}

/// A transaction that sees one moment.
struct Moment<'a> {
    connection: &'a mut MySqlConnection,
    dialect: &'a Dialect,
}

impl Places for Moment<'_> {
    async fn days(&mut self, filter: Filter<'_>) -> Result<Option<Vec<Bucket>>> {
        let days = counted(self.connection, self.dialect, Grouping::Days, filter).await?;
        let bucket = |(name, images): (String, i64)| Bucket { name, images: images.max(0).unsigned_abs() };
        Ok(days.map(|days| days.into_iter().map(|day| bucket((day.first, day.images))).collect()))
    }

    async fn minutes(&mut self, provider: Option<&str>, day: &str) -> Result<Vec<Bucket>> {
        let fits = provider.map(|_| self.dialect.fits_provider()).unwrap_or_default();
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
        let rows = query.fetch_all(&mut *self.connection).await?;
        let buckets = rows.iter().map(|row| {
            let images: i64 = row.try_get(1)?;
            Ok(Bucket { name: row.try_get(0)?, images: images.max(0).unsigned_abs() })
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
        // what is left out of a minute is its seconds, of a day also the rest
        let first = |bucket: &str| if bucket.len() == 10 { " 00:00:00" } else { ":00" };
        let last = |bucket: &str| if bucket.len() == 10 { " 23:59:59.999999" } else { ":59.999999" };
        let (condition, bounds) = match part {
            Part::Untimed => ("created_at IS NULL", vec![]),
            Part::Of(bucket) => (
                "created_at BETWEEN ? AND ?",
                vec![format!("{bucket}{}", first(bucket)), format!("{bucket}{}", last(bucket))],
            ),
            Part::Before(bucket) => ("created_at < ?", vec![format!("{bucket}{}", first(bucket))]),
        };
        // the optimizer likes to walk over all rows of a minute rather than over those that are asked for
        let (index, fits) = match (filter.provider, filter.mime_type) {
            (None, None) => ("", ""),
            (Some(_), None) => (" FORCE INDEX (ix_images_provider_created_at)", " AND storage_provider = ?"),
            (None, Some(_)) => (" FORCE INDEX (ix_images_mime_type_created_at)", " AND mime_type = ?"),
            (Some(_), Some(_)) => (
                " FORCE INDEX (ix_images_mime_type_created_at)",
                " AND storage_provider = ? AND mime_type = ?",
            ),
        };
        let word = direction.word();
        let order = format!("ORDER BY images.created_at {word}, images.id {word}");
        let rows = format!("FROM images{index} WHERE {condition}{fits} {order} LIMIT ? OFFSET ?");
        let mut query = sqlx::query(AssertSqlSafe(picked(COLUMNS, &rows, &order)));
        for bound in bounds {
            query = query.bind(bound);
        }
        let whole = |number| i64::try_from(number).unwrap_or(i64::MAX);
        let query = bind_filter!(query, filter, 1).bind(whole(limit)).bind(whole(offset));
        query.fetch_all(&mut *self.connection).await?.iter().map(decode).collect()
    }
}
