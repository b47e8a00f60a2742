//! The SQL of places in a list.

use sqlx::{Connection, Executor, Row, SqliteConnection};

use super::*;

const DIALECT: Dialect<'_> =
    Dialect { name: "images.name", created_text: "images.created_at", by_number: "", named_indexes: &[] };

#[tokio::test]
async fn a_place_among_rows_with_the_same_key_is_found_without_walking_over_them() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let table = "CREATE TABLE images (id INTEGER PRIMARY KEY, name, size, created_at); \
                 CREATE INDEX by_time ON images (created_at); CREATE INDEX by_name ON images (name); \
                 CREATE INDEX by_size ON images (size)";
    connection.execute(table).await.unwrap();
    for (sort, key, descending) in [
        (Sort::Imported, Key::Text("2026".to_owned()), true),
        (Sort::Imported, Key::Null, true),
        (Sort::Imported, Key::Null, false),
        (Sort::Name, Key::Text("a".to_owned()), false),
        (Sort::Size, Key::Integer(7), false),
    ] {
        let order = Order { sort, descending };
        let wanted = Wanted { equal: &Equal::default(), among: None, order };
        let start = Start::After(Position { key, id: 9 });
        for select in statements(DIALECT, Columns::Whole("images.name"), wanted, &start) {
            let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", select.sql)));
            let plan = plan.fetch_all(&mut connection).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
            let is_found = plan.iter().all(|step| step.starts_with("SEARCH images USING"));
            assert!(
                is_found && plan.len() == 1 && !select.sql.contains(" OR "),
                "{plan:?} of {}",
                select.sql
            );
        }
        let first = statements(DIALECT, Columns::Whole("images.name"), wanted, &start).swap_remove(0);
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", first.sql)));
        let plan: String = plan.fetch_one(&mut connection).await.unwrap().get("detail");
        assert!(plan.contains("=? AND rowid"), "{plan}");
    }
}

#[test]
fn mysql_is_told_the_index_of_rows_with_the_same_key_where_there_is_one() {
    let indexes = ["ix_images_created_at".to_owned(), "IX_images_name".to_owned()];
    let dialect = Dialect { named_indexes: &indexes, ..DIALECT };
    let sql = |sort, equal: &Equal| {
        let wanted = Wanted { equal, among: None, order: Order { sort, descending: false } };
        let start = Start::After(Position { key: Key::Text("a".to_owned()), id: 9 });
        statements(dialect, Columns::Whole("*"), wanted, &start).into_iter().map(|select| select.sql)
    };
    let all = Equal::default();
    let one = Equal { mime_type: Some("m".to_owned()), ..Equal::default() };
    for (sort, equal, index) in [
        (Sort::Imported, &all, "FORCE INDEX (ix_images_created_at)"),
        (Sort::Name, &all, "FORCE INDEX (ix_images_name)"),
        (Sort::Size, &all, ""),
        (Sort::Imported, &one, ""),
    ] {
        let [same, behind] = sql(sort, equal).collect::<Vec<_>>().try_into().unwrap();
        assert!(same.contains(index) && same.contains("FORCE") != index.is_empty(), "{same}");
        assert!(!behind.contains("FORCE"), "{behind}");
    }
}

#[test]
fn far_down_only_the_rows_of_the_page_are_read() {
    let wanted = Wanted { equal: &Equal::default(), among: None, order: Order::NEWEST_FIRST };
    let sql =
        |offset| statements(DIALECT, Columns::Whole("*"), wanted, &Start::Offset(offset)).swap_remove(0).sql;
    assert!(sql(DEEP).contains("AS picked") && !sql(DEEP - 1).contains("AS picked"));
}
