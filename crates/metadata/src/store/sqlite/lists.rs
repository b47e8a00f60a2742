//! Lists and the blocks of names, read from SQLite.

use sqlx::{AssertSqlSafe, Row as _};

use super::{
    super::{
        Result,
        lists::{BlockHead, Candidate},
        order::{Key, Position, Start},
        row::Row,
        select::{Columns, Dialect, Select, Wanted, bind_select, statements},
    },
    COLUMNS, SqliteStore, decode,
    packed::{may_be_unpacked, packed, unpack},
    text, value,
};

const DIALECT: Dialect<'_> = Dialect {
    name: "images.name COLLATE NOCASE",
    created_text: "images.created_at",
    by_number: "",
    named_indexes: &[],
};

impl SqliteStore {
    pub(in super::super) fn statements(
        columns: Option<Columns<'_>>,
        wanted: Wanted<'_>,
        start: &Start,
    ) -> Vec<Select> {
        statements(DIALECT, columns.unwrap_or(Columns::Whole(COLUMNS)), wanted, start)
    }

    pub(in super::super) async fn rows(&self, select: Select, limit: u64) -> Result<Vec<Row>> {
        let mut connection = self.kept.reader(&self.readers).await?;
        match bind_select!(packed(&select), limit).fetch_one(&mut *connection).await {
            Ok(row) => {
                if let Some(rows) = unpack(&row)? {
                    self.kept.keep(connection);
                    return Ok(rows);
                }
            }
            Err(error) if may_be_unpacked(&error) => {}
            Err(error) => return Err(error.into()),
        }
        bind_select!(select, limit).fetch_all(&mut *connection).await?.iter().map(decode).collect()
    }

    pub(in super::super) async fn candidates(&self, select: Select, limit: u64) -> Result<Vec<Candidate>> {
        let rows = bind_select!(select, limit).fetch_all(&self.readers).await?;
        let candidate = |row: &sqlx::sqlite::SqliteRow| {
            let at = Position { key: Key::from(&value(row, 1)?), id: row.try_get(0)? };
            let name = text(row, 2)?.unwrap_or_default();
            Ok(Candidate { at, name, is_equal: row.try_get::<i64, _>(3)? != 0 })
        };
        rows.iter().map(candidate).collect()
    }

    pub(in super::super) async fn unfolded(&self, most: u32) -> Result<Vec<i64>> {
        let ids = sqlx::query_scalar("SELECT DISTINCT image_id FROM image_changes LIMIT ?").bind(most);
        Ok(ids.fetch_all(&self.readers).await?)
    }

    pub(in super::super) async fn block_heads(&self) -> Result<Vec<BlockHead>> {
        let rows =
            sqlx::query("SELECT block, newest, oldest FROM name_blocks").fetch_all(&self.readers).await?;
        let head = |row: &_| {
            let row: &sqlx::sqlite::SqliteRow = row;
            Ok(BlockHead { block: row.try_get(0)?, newest: row.try_get(1)?, oldest: row.try_get(2)? })
        };
        rows.iter().map(head).collect()
    }

    pub(in super::super) async fn block_bytes(&self, sql: String) -> Result<Vec<(i64, Vec<u8>)>> {
        let rows = sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }
}
