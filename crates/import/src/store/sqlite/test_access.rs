//! What tests look at, and change where only time would.

use sqlx::{AssertSqlSafe, Connection as _};

use super::Sqlite;
use crate::store::Error;

impl Sqlite {
    /// Runs a statement.
    pub(in crate::store) async fn execute(&self, sql: &str) {
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&self.writer).await.unwrap();
    }

    /// Nobody else can write while this runs.
    pub(in crate::store) async fn while_busy<T>(
        &self,
        meanwhile: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let writing = self.write().await?;
        let done = meanwhile.await;
        drop(writing);
        Ok(done)
    }

    /// The steps by which a statement is carried out.
    pub(in crate::store) async fn plan(&self, sql: &str) -> Vec<String> {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let steps: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&self.readers).await.unwrap();
        steps.into_iter().map(|(.., step)| step).collect()
    }

    /// How many texts the writer keeps prepared.
    pub(in crate::store) async fn prepared(&self) -> usize {
        self.writer.acquire().await.unwrap().cached_statements_size()
    }

    /// How many reports wait.
    pub(in crate::store) fn waiting(&self) -> usize {
        self.together.len()
    }

    /// The number that a query answers.
    pub(in crate::store) async fn count(&self, sql: &str) -> u64 {
        let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql.to_owned()));
        query.fetch_one(&self.readers).await.unwrap().unsigned_abs()
    }
}
