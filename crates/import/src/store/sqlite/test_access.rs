//! What tests look at, and change where only time would.

use sqlx::AssertSqlSafe;

use super::Sqlite;

impl Sqlite {
    /// Runs a statement.
    pub(in crate::store) async fn execute(&self, sql: &str) {
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&self.writer).await.unwrap();
    }

    /// The number that a query answers.
    pub(in crate::store) async fn count(&self, sql: &str) -> u64 {
        let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql.to_owned()));
        query.fetch_one(&self.readers).await.unwrap().unsigned_abs()
    }
}
