//! The queue of released objects in SQLite. The pool of readers writes here: rare, small, and waiting for its turn.

use std::{collections::HashSet, time::Duration};

use sqlx::Row as _;

use super::{
    super::{
        DueRelease, Reschedule, Result, in_ms, now_ms,
        sql::{FORGET, NEXT_DUE, RESCHEDULE, select_where_in},
    },
    SqliteStore,
};

impl SqliteStore {
    /// One UPDATE marks what is taken: no two processes get the same.
    pub(in super::super) async fn claim_due(&self, most: u32, lease: Duration) -> Result<Vec<DueRelease>> {
        let claim = uuid::Uuid::new_v4().to_string();
        let rows = sqlx::query(
            "UPDATE released_objects SET claim = ?, due_ms = ? WHERE storage_path IN (SELECT storage_path \
             FROM released_objects WHERE deletes_left > 0 AND due_ms <= ? ORDER BY due_ms LIMIT ?) \
             RETURNING storage_path, storage_provider, deletes_left, failures",
        )
        .bind(&claim)
        .bind(in_ms(lease))
        .bind(now_ms())
        .bind(most)
        .fetch_all(&self.readers)
        .await?;
        let due = rows.iter().map(|row| {
            Ok(DueRelease {
                storage_path: row.try_get(0)?,
                storage_provider: row.try_get(1)?,
                deletes_left: row.try_get(2)?,
                failures: row.try_get(3)?,
            })
        });
        due.collect()
    }

    pub(in super::super) async fn reschedule(&self, storage_path: &str, next: Reschedule) -> Result<()> {
        sqlx::query(RESCHEDULE)
            .bind(next.deletes_left)
            .bind(next.failures)
            .bind(in_ms(next.after))
            .bind(storage_path)
            .execute(&self.readers)
            .await?;
        Ok(())
    }

    pub(in super::super) async fn next_due_ms(&self) -> Result<Option<i64>> {
        let due = sqlx::query_scalar(NEXT_DUE);
        Ok(due.fetch_one(&self.readers).await?)
    }

    pub(in super::super) async fn forget_releases(&self, after: Duration) -> Result<()> {
        sqlx::query(FORGET)
            .bind(now_ms() - i64::try_from(after.as_millis()).unwrap_or(i64::MAX))
            .execute(&self.readers)
            .await?;
        Ok(())
    }

    /// Which of these paths are released and not deleted for the last time.
    pub(in super::super) async fn going(&self, paths: &[String]) -> Result<HashSet<String>> {
        let query = select_where_in!(
            "storage_path FROM released_objects WHERE deletes_left > 0",
            "storage_path",
            paths,
            String::as_str
        );
        let rows = query.fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Which of these paths a row names.
    pub(in super::super) async fn named(&self, paths: &[String]) -> Result<HashSet<String>> {
        let query =
            select_where_in!("storage_path FROM images WHERE 1 = 1", "storage_path", paths, String::as_str);
        let rows = query.fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
