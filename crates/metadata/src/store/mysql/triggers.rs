//! The triggers that note every change of a row. They need the right TRIGGER, and a server with binary logging must trust
//! its users: where it refuses, the service works all the same, counting the table itself.

use sqlx::{AssertSqlSafe, MySqlConnection, mysql::MySqlDatabaseError};

use super::super::{Result, tracking::state};

/// The rows that a trigger notes, each with its sign.
type Rows = &'static [(&'static str, &'static str)];

/// A change of these texts needs new names: what is there is not looked into.
const TRIGGERS: [(&str, &str, Rows); 3] = [
    ("image_changes_after_insert", "AFTER INSERT", &[("NEW", "")]),
    ("image_changes_after_delete", "AFTER DELETE", &[("OLD", "-")]),
    ("image_changes_after_update", "AFTER UPDATE", &[("OLD", "-"), ("NEW", "")]),
];

/// Sees to it that the triggers are there, which is told when it `was_tracking` before and cannot be done; false then. What
/// was counted before they were made is forgotten.
pub(super) async fn ensure(connection: &mut MySqlConnection, was_tracking: bool) -> Result<bool> {
    let there: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(trigger_name AS CHAR) FROM information_schema.triggers \
         WHERE trigger_schema = DATABASE() AND event_object_table = 'images'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let missing =
        TRIGGERS.iter().filter(|(name, ..)| !there.iter().any(|has| has.eq_ignore_ascii_case(name)));
    for (name, event, rows) in missing {
        sqlx::query(state::FORGET).execute(&mut *connection).await?;
        let sql = format!("CREATE TRIGGER {name} {event} ON images FOR EACH ROW {}", note(rows));
        match sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await {
            Ok(_) => {}
            Err(error) => return refused(error, was_tracking),
        }
    }
    Ok(true)
}

/// One statement: a body of several would need a delimiter of a client, and is no faster.
fn note(rows: Rows) -> String {
    let values = rows.iter().map(|(row, sign)| {
        format!(
            "({row}.id, COALESCE(LEFT({row}.created_at, 10), ''), COALESCE(LEFT({row}.created_at, 16), ''), \
             COALESCE(LEFT({row}.storage_provider, 255), ''), COALESCE(LEFT({row}.mime_type, 255), ''), \
             LEFT({row}.job_id, 255), {sign}1, {sign}CAST(COALESCE({row}.size, 0) AS DECIMAL(40, 0)))"
        )
    });
    format!(
        "INSERT INTO image_changes (image_id, day, minute, storage_provider, mime_type, job_id, images, bytes) \
         VALUES {}",
        values.collect::<Vec<_>>().join(", ")
    )
}

fn refused(error: sqlx::Error, is_told: bool) -> Result<bool> {
    let number = match &error {
        sqlx::Error::Database(error) => {
            error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
        }
        _ => None,
    };
    let advice = match number {
        // no right TRIGGER, no right at all on the database
        Some(1142 | 1044 | 1227) => {
            "as an administrator: GRANT TRIGGER ON the database TO the user; then restart"
        }
        Some(1419) => {
            "as an administrator: SET GLOBAL log_bin_trust_function_creators = 1 (and in the server's settings, for its \
             next start); then restart"
        }
        // another process made it meanwhile, or another trigger has the only place of an old server
        Some(1359 | 1235) => "remove the other triggers on the table `images`; then restart",
        _ => return Err(error.into()),
    };
    if is_told {
        tracing::warn!(
            advice,
            "MySQL lets the service make no triggers: totals, statistics and searches count the table itself, which is slow \
             with many images"
        );
    }
    Ok(false)
}
