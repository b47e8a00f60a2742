//! The counts in SQLite.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    super::{
        Result,
        tracking::{Bytes, Dialect, Filter, Grouping, Tally, bind_filter, from_halves, state},
    },
    SqliteStore, text,
};

impl SqliteStore {
    pub(in super::super) async fn tallies(
        &self,
        grouping: Grouping,
        filter: Filter<'_>,
    ) -> Result<Vec<Tally>> {
        let mut connection = self.kept.reader(&self.readers).await?;
        if let Some(counted) = counted(&mut connection, grouping, filter).await? {
            self.kept.keep(connection);
            return Ok(counted);
        }
        let sql = Dialect::Sqlite.plain(grouping, filter);
        let query = bind_filter!(sqlx::query(AssertSqlSafe(sql)), filter, 1);
        query.fetch_all(&mut *connection).await?.iter().map(tally).collect()
    }

    pub(in super::super) async fn has_name_blocks(&self) -> Result<bool> {
        let mut connection = self.readers.acquire().await?;
        Ok(state_of(&mut connection).await?.as_deref() == Some(state::READY))
    }

    pub(in super::super) async fn verify_counts(&self) -> Result<bool> {
        let mut snapshot = self.readers.begin().await?;
        let Some(kinds) = counted(&mut snapshot, Grouping::Kinds, Filter::default()).await? else {
            return Ok(true);
        };
        let rows = sqlx::query("SELECT storage_provider, COUNT(*) FROM images GROUP BY storage_provider")
            .fetch_all(&mut *snapshot)
            .await?;
        snapshot.rollback().await?;
        let mut left: HashMap<String, i64> = HashMap::new();
        for kind in kinds {
            *left.entry(kind.first).or_default() += kind.images;
        }
        for row in &rows {
            *left.entry(text(row, 0)?.unwrap_or_default()).or_default() -= row.try_get::<i64, _>(1)?;
        }
        if left.values().all(|images| *images == 0) {
            return Ok(true);
        }
        self.forget_counts().await?;
        Ok(false)
    }

    pub(in super::super) async fn forget_counts(&self) -> Result<()> {
        self.writer
            .write(|connection| {
                Box::pin(async move {
                    sqlx::query(state::FORGET_ONCE).execute(connection).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(())
    }
}

/// The groups from the counts; `None` where these are not there.
pub(super) async fn counted(
    connection: &mut SqliteConnection,
    grouping: Grouping,
    filter: Filter<'_>,
) -> Result<Option<Vec<Tally>>> {
    let sql = Dialect::Sqlite.counted(grouping, filter);
    let arms = Dialect::Sqlite.arms(grouping);
    let rows = bind_filter!(sqlx::query(AssertSqlSafe(sql)), filter, arms).fetch_all(connection).await?;
    let state: Option<String> = rows.first().map(|row| row.try_get(0)).transpose()?.flatten();
    if state.as_deref() != Some(state::READY) {
        return Ok(None);
    }
    rows.iter().map(tally).collect::<Result<_>>().map(Some)
}

fn tally(row: &SqliteRow) -> Result<Tally> {
    let whole = |column| -> Result<i64> { Ok(row.try_get::<Option<i64>, _>(column)?.unwrap_or(0)) };
    Ok(Tally {
        first: text(row, 1)?.unwrap_or_default(),
        second: text(row, 2)?.unwrap_or_default(),
        images: whole(3)?,
        bytes: Bytes { whole: from_halves(whole(4)?, whole(5)?), odd: row.try_get(6)? },
    })
}

/// How far the counts are.
pub(super) async fn state_of(connection: &mut SqliteConnection) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(state::GET).bind(state::INDEX).fetch_optional(connection).await?)
}

/// Notes how far they are.
pub(super) async fn set_state(connection: &mut SqliteConnection, value: String) -> Result<()> {
    sqlx::query(state::SET).bind(state::INDEX).bind(value).execute(connection).await?;
    Ok(())
}
