//! The queue of released objects in MySQL.

use std::{collections::HashSet, time::Duration};

use sqlx::{Row as _, mysql::MySqlRow};

use super::{
    super::{
        DueRelease, Reschedule, Result, StoreError, in_ms, now_ms,
        sql::{FORGET, NEXT_DUE, RESCHEDULE, select_where_in},
    },
    MySqlStore,
};

impl MySqlStore {
    /// One UPDATE marks what is taken: no two processes get the same.
    pub(in super::super) async fn claim_due(&self, most: u32, lease: Duration) -> Result<Vec<DueRelease>> {
        let claim = uuid::Uuid::new_v4().to_string();
        let claimed = sqlx::query(
            "UPDATE released_objects SET claim = ?, due_ms = ? WHERE deletes_left > 0 AND due_ms <= ? \
             ORDER BY due_ms LIMIT ?",
        )
        .bind(&claim)
        .bind(in_ms(lease))
        .bind(now_ms())
        .bind(most)
        .execute(&self.pool)
        .await?;
        if claimed.rows_affected() == 0 {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "SELECT storage_path, storage_provider, deletes_left, failures FROM released_objects WHERE claim = ?",
        )
        .bind(&claim)
        .fetch_all(&self.pool)
        .await?;
        let due = rows.iter().map(|row| {
            let path: Vec<u8> = row.try_get(0)?;
            Ok(DueRelease {
                storage_path: String::from_utf8_lossy(&path).into_owned(),
                storage_provider: row.try_get(1)?,
                deletes_left: row.try_get(2)?,
                failures: row.try_get::<i32, _>(3)?.unsigned_abs(),
            })
        });
        due.collect()
    }

    pub(in super::super) async fn reschedule(&self, storage_path: &str, next: Reschedule) -> Result<()> {
        sqlx::query(RESCHEDULE)
            .bind(next.deletes_left)
            .bind(next.failures)
            .bind(in_ms(next.after))
            .bind(storage_path.as_bytes())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(in super::super) async fn next_due_ms(&self) -> Result<Option<i64>> {
        let due = sqlx::query_scalar(NEXT_DUE);
        Ok(due.fetch_one(&self.pool).await?)
    }

    pub(in super::super) async fn forget_releases(&self, after: Duration) -> Result<()> {
        sqlx::query(FORGET)
            .bind(now_ms() - i64::try_from(after.as_millis()).unwrap_or(i64::MAX))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Which of these paths are released and not deleted for the last time.
    pub(in super::super) async fn going(&self, paths: &[String]) -> Result<HashSet<String>> {
        let query = select_where_in!(
            "storage_path FROM released_objects WHERE deletes_left > 0",
            "storage_path",
            paths,
            String::as_bytes
        );
        let rows = query.fetch_all(&self.pool).await?;
        let path = |row: &MySqlRow| Ok(String::from_utf8_lossy(&row.try_get::<Vec<u8>, _>(0)?).into_owned());
        rows.iter().map(path).collect()
    }

    /// Which of these paths a row names. The column's collation may find more than these; they do no harm.
    pub(in super::super) async fn named(&self, paths: &[String]) -> Result<HashSet<String>> {
        match self.named_at_once(paths).await {
            Err(StoreError::Unstorable(_)) => {}
            named => return named,
        }
        let mut named = HashSet::new();
        for path in paths {
            match self.named_at_once(std::slice::from_ref(path)).await {
                // what the column cannot hold, no row has
                Err(StoreError::Unstorable(_)) => {}
                found => named.extend(found?),
            }
        }
        Ok(named)
    }

    async fn named_at_once(&self, paths: &[String]) -> Result<HashSet<String>> {
        let query =
            select_where_in!("storage_path FROM images WHERE 1 = 1", "storage_path", paths, String::as_str);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
