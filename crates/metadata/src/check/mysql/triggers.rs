//! May triggers be made? Without them the service works, but counts the whole table for every list.

use service::finding::Finding;
use sqlx::{AssertSqlSafe, Executor as _, MySqlConnection};

use crate::store::Refusal;

const TRIGGERS: &str = "database.triggers";

/// Tries it on `table`, a name that nobody else has, and removes that again. `grant` gives the right.
pub(super) async fn check(connection: &mut MySqlConnection, table: &str, grant: &str) -> Finding {
    let table_sql = format!("CREATE TABLE {table} (id INT) ENGINE = InnoDB");
    if connection.execute(AssertSqlSafe(table_sql)).await.is_err() {
        return Finding::skipped(TRIGGERS, "cannot be tried without the right to make tables");
    }
    let trigger =
        format!("CREATE TRIGGER {table} AFTER INSERT ON {table} FOR EACH ROW SET @image_import = NEW.id");
    let made = connection.execute(AssertSqlSafe(trigger)).await;
    // its trigger goes with it
    let removed = connection.execute(AssertSqlSafe(format!("DROP TABLE {table}"))).await;
    match made.map_err(|error| Refusal::of(&error)) {
        Ok(_) if removed.is_ok() => Finding::ok(TRIGGERS, "triggers can be made: counts are kept up to date"),
        Ok(_) => {
            Finding::skipped(TRIGGERS, format!("the table `{table}`, made to try it, cannot be dropped"))
        }
        Err(Some(refusal)) => {
            let why = match refusal {
                Refusal::BinaryLog => {
                    "the server writes a binary log and does not trust its users (error 1419)"
                }
                Refusal::Right => "the user lacks TRIGGER",
                Refusal::Place => "another trigger is in the way",
            };
            let found = format!(
                "no triggers can be made: {why}. Lists, searches and statistics count the whole table, which is slow \
                 with many images"
            );
            Finding::warning(TRIGGERS, found, refusal.advice(grant))
        }
        Err(None) => Finding::skipped(TRIGGERS, "the server refuses a trigger for a reason of its own"),
    }
}
