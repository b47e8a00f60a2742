//! The counts in MySQL.

use std::{collections::HashMap, sync::atomic::Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, MySqlPool, Row as _, mysql::MySqlRow};

use super::{
    super::{
        Result,
        tracking::{Bytes, Dialect, Filter, Grouping, Tally, bind_filter, state},
    },
    MySqlStore, schema, triggers,
};

/// From here on a transaction sees one moment of the database, and locks nothing.
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
                        START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

impl MySqlStore {
    pub(in super::super) async fn tallies(
        &self,
        grouping: Grouping,
        filter: Filter<'_>,
    ) -> Result<Vec<Tally>> {
        let mut connection = self.pool.acquire().await?;
        if self.is_tracking()
            && let Some(counted) = counted(&mut connection, &self.dialect, grouping, filter).await?
        {
            return Ok(counted);
        }
        let sql = self.dialect.plain(grouping, filter);
        let query = bind_filter!(sqlx::query(AssertSqlSafe(sql)), filter, 1);
        query.fetch_all(&mut *connection).await?.iter().map(tally).collect()
    }

    /// True while the triggers are known to be there.
    pub(super) fn is_tracking(&self) -> bool {
        self.is_tracking.load(Ordering::Relaxed)
    }

    /// Do the columns of `images` take upper and lower case for one?
    pub(in super::super) fn ignores_case(&self) -> bool {
        matches!(&self.dialect, Dialect::MySql { provider, .. } if !provider.ends_with("_bin"))
    }

    pub(in super::super) async fn has_name_blocks(&self) -> Result<bool> {
        let mut connection = self.pool.acquire().await?;
        let state = state_of(&mut connection).await?;
        Ok(self.is_tracking() && state.as_deref() == Some(state::READY))
    }

    pub(in super::super) async fn verify_counts(&self) -> Result<bool> {
        let mut connection = self.pool.acquire().await?.detach();
        if !schema::try_lock(&mut connection).await? {
            // whoever has it is at the same
            return Ok(true);
        }
        // a dump that was restored may have left them out
        let is_tracking = triggers::ensure(&mut connection, self.is_tracking()).await?;
        self.is_tracking.store(is_tracking, Ordering::Relaxed);
        begin_snapshot(&mut connection).await?;
        let counted = counted(&mut connection, &self.dialect, Grouping::Kinds, Filter::default()).await?;
        let Some(kinds) = counted.filter(|_| is_tracking) else {
            connection.close().await?;
            return Ok(true);
        };
        let mut left: HashMap<String, i64> = HashMap::new();
        for kind in kinds {
            *left.entry(self.compared(&kind.first)).or_default() += kind.images;
        }
        let rows =
            sqlx::query("SELECT MIN(storage_provider), COUNT(*) FROM images GROUP BY storage_provider")
                .fetch_all(&mut connection)
                .await?;
        for row in rows {
            let provider: String = row.try_get(0)?;
            *left.entry(self.compared(&provider)).or_default() -= row.try_get::<i64, _>(1)?;
        }
        connection.execute("ROLLBACK").await?;
        let agree = left.values().all(|images| *images == 0);
        if !agree {
            connection.execute(state::FORGET).await?;
        }
        connection.close().await?;
        Ok(agree)
    }

    pub(in super::super) async fn forget_counts(&self) -> Result<()> {
        sqlx::query(state::FORGET).execute(&self.pool).await?;
        Ok(())
    }

    fn compared(&self, provider: &str) -> String {
        if self.ignores_case() { provider.trim_end_matches(' ').to_lowercase() } else { provider.to_owned() }
    }
}

/// Begins a transaction that sees one moment; it ends with ROLLBACK or with the connection.
pub(super) async fn begin_snapshot(connection: &mut MySqlConnection) -> Result<()> {
    connection.execute(SNAPSHOT).await?;
    Ok(())
}

/// The groups from the counts; `None` where these are not there.
pub(super) async fn counted(
    connection: &mut MySqlConnection,
    dialect: &Dialect,
    grouping: Grouping,
    filter: Filter<'_>,
) -> Result<Option<Vec<Tally>>> {
    let sql = dialect.counted(grouping, filter);
    let rows = bind_filter!(sqlx::query(AssertSqlSafe(sql)), filter, dialect.arms(grouping))
        .fetch_all(connection)
        .await?;
    let state: Option<String> = rows.first().map(|row| row.try_get(0)).transpose()?.flatten();
    if state.as_deref() != Some(state::READY) {
        return Ok(None);
    }
    rows.iter().map(tally).collect::<Result<_>>().map(Some)
}

fn tally(row: &MySqlRow) -> Result<Tally> {
    let words = |column| -> Result<String> { Ok(row.try_get::<Option<_>, _>(column)?.unwrap_or_default()) };
    Ok(Tally {
        first: words(1)?,
        second: words(2)?,
        images: row.try_get::<Option<_>, _>(3)?.unwrap_or(0),
        bytes: Bytes::from(words(4)?.parse::<i128>().unwrap_or(0)),
    })
}

/// How the columns of `images` compare, said in collations of our own columns, which have every character.
pub(super) async fn dialect(pool: &MySqlPool) -> Result<Dialect> {
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT CAST(column_name AS CHAR), CAST(collation_name AS CHAR) FROM information_schema.columns WHERE \
         table_schema = DATABASE() AND table_name = 'images' AND column_name IN ('storage_provider', 'mime_type')",
    )
    .fetch_all(pool)
    .await?;
    let known: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(collation_name AS CHAR) FROM information_schema.collations WHERE collation_name LIKE 'utf8mb4%'",
    )
    .fetch_all(pool)
    .await?;
    let collate = |column: &str| {
        let theirs = rows.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
        let theirs = theirs.and_then(|(_, collation)| collation.as_deref()).unwrap_or_default();
        let wanted = theirs.split_once('_').map(|(_, rules)| format!("utf8mb4_{rules}")).unwrap_or_default();
        let ours = if known.contains(&wanted) {
            &wanted
        } else if theirs.ends_with("_bin") {
            "utf8mb4_bin"
        } else {
            "utf8mb4_general_ci"
        };
        format!(" COLLATE {ours}")
    };
    Ok(Dialect::MySql { provider: collate("storage_provider"), mime_type: collate("mime_type") })
}

/// How far the counts are.
pub(super) async fn state_of(connection: &mut MySqlConnection) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(state::GET).bind(state::INDEX).fetch_optional(connection).await?)
}

/// The same, which nobody else changes until the end of the transaction.
pub(super) async fn locked_state(connection: &mut MySqlConnection) -> Result<Option<String>> {
    let sql = "SELECT value FROM image_index_state WHERE name = ? FOR UPDATE";
    Ok(sqlx::query_scalar(sql).bind(state::INDEX).fetch_optional(connection).await?)
}

/// Notes how far they are.
pub(super) async fn set_state(connection: &mut MySqlConnection, value: String) -> Result<()> {
    sqlx::query(state::SET).bind(state::INDEX).bind(value).execute(connection).await?;
    Ok(())
}
