//! Lists and the blocks of names, read from MySQL.

use sqlx::{AssertSqlSafe, Row as _};

use super::{
    super::{
        Result,
        lists::{BlockHead, Candidate},
        order::{Key, Position, Sort, Start},
        row::Row,
        select::{Columns, Dialect, Select, Wanted, bind_select, statements},
    },
    COLUMNS, MySqlStore, decode,
};

impl MySqlStore {
    pub(in super::super) fn statements(
        &self,
        columns: Option<Columns<'_>>,
        wanted: Wanted<'_>,
        start: &Start,
    ) -> Vec<Select> {
        let dialect = Dialect {
            name: "images.name",
            created_text: "CAST(images.created_at AS CHAR)",
            // else it might walk the whole index of the order, looking for a handful of rows
            by_number: "FORCE INDEX (PRIMARY)",
            named_indexes: &self.indexes,
        };
        statements(dialect, columns.unwrap_or(Columns::Whole(COLUMNS)), wanted, start)
    }

    pub(in super::super) async fn rows(&self, select: Select, limit: u64) -> Result<Vec<Row>> {
        bind_select!(select, limit).fetch_all(&self.pool).await?.iter().map(decode).collect()
    }

    pub(in super::super) async fn candidates(
        &self,
        select: Select,
        sort: Sort,
        limit: u64,
    ) -> Result<Vec<Candidate>> {
        let rows = bind_select!(select, limit).fetch_all(&self.pool).await?;
        let candidate = |row: &sqlx::mysql::MySqlRow| {
            let key = match sort {
                Sort::Imported => row.try_get::<Option<String>, _>(1)?.as_deref().into(),
                Sort::Name => Key::Text(row.try_get(1)?),
                Sort::Size => Key::Integer(row.try_get(1)?),
            };
            let at = Position { key, id: row.try_get(0)? };
            Ok(Candidate { at, name: row.try_get(2)?, is_equal: row.try_get::<i64, _>(3)? != 0 })
        };
        rows.iter().map(candidate).collect()
    }

    pub(in super::super) async fn unfolded(&self, most: u32) -> Result<Vec<i64>> {
        let ids = sqlx::query_scalar("SELECT DISTINCT image_id FROM image_changes LIMIT ?").bind(most);
        Ok(ids.fetch_all(&self.pool).await?)
    }

    pub(in super::super) async fn block_heads(&self) -> Result<Vec<BlockHead>> {
        let rows = sqlx::query("SELECT block, newest, oldest FROM name_blocks").fetch_all(&self.pool).await?;
        let head = |row: &_| {
            let row: &sqlx::mysql::MySqlRow = row;
            Ok(BlockHead { block: row.try_get(0)?, newest: row.try_get(1)?, oldest: row.try_get(2)? })
        };
        rows.iter().map(head).collect()
    }

    pub(in super::super) async fn block_bytes(&self, sql: String) -> Result<Vec<(i64, Vec<u8>)>> {
        let rows = sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }
}
