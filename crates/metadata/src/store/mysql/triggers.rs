//! The triggers that note every change of a row. They need the right TRIGGER, and a server with binary logging must trust
//! its users: where it refuses, the service works all the same, counting the table itself.

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, mysql::MySqlDatabaseError};

use super::super::{Result, tracking::state};

/// The rows that a trigger notes, each with its sign.
type Rows = &'static [(&'static str, &'static str)];

/// A change of these texts needs new names: what is there is not looked into.
const TRIGGERS: [(&str, &str, Rows); 3] = [
    ("image_changes_after_insert", "AFTER INSERT", &[("NEW", "")]),
    ("image_changes_after_delete", "AFTER DELETE", &[("OLD", "-")]),
    ("image_changes_after_update", "AFTER UPDATE", &[("OLD", "-"), ("NEW", "")]),
];
/// The name of a row that is never kept.
const PROBE: &str = "image-import tries the triggers";

/// Sees to it that the triggers are there and work, which is told when it `was_tracking` before and cannot be done; false
/// then. What was counted before they were made is forgotten.
pub(super) async fn ensure(connection: &mut MySqlConnection, was_tracking: bool) -> Result<bool> {
    let mut there = ours(connection).await?;
    if there.iter().any(|(_, is_own)| !is_own) && fail_for_everybody(connection).await? {
        tracing::warn!(
            "the triggers belong to a user of MySQL who is gone or has lost the rights: making them anew"
        );
        for (name, _) in there.drain(..) {
            let sql = format!("DROP TRIGGER IF EXISTS {name}");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
        }
    }
    let missing =
        TRIGGERS.iter().filter(|(name, ..)| !there.iter().any(|(has, _)| has.eq_ignore_ascii_case(name)));
    let mut is_any_made = false;
    for (name, event, rows) in missing {
        sqlx::query(state::FORGET).execute(&mut *connection).await?;
        let sql = format!("CREATE TRIGGER {name} {event} ON images FOR EACH ROW {}", note(rows));
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await
            && number_of(&error) != Some(ALREADY_THERE)
        {
            return refused(error, was_tracking);
        }
        is_any_made = true;
    }
    if is_any_made {
        // another process may have begun to count before the last one was there
        sqlx::query(state::FORGET).execute(&mut *connection).await?;
    }
    Ok(true)
}

/// The triggers of ours that are there, and whether they run with the rights of this very user.
async fn ours(connection: &mut MySqlConnection) -> Result<Vec<(String, bool)>> {
    let there: Vec<(String, i64)> = sqlx::query_as(
        "SELECT CAST(trigger_name AS CHAR), CAST(CAST(definer AS CHAR) = CAST(CURRENT_USER() AS CHAR) AS SIGNED) \
         FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND event_object_table = 'images'",
    )
    .fetch_all(connection)
    .await?;
    let is_ours = |name: &str| TRIGGERS.iter().any(|(ours, ..)| ours.eq_ignore_ascii_case(name));
    Ok(there
        .into_iter()
        .filter(|(name, _)| is_ours(name))
        .map(|(name, is_own)| (name, is_own != 0))
        .collect())
}

/// A trigger runs with the rights of whoever made it. After a move to another server, or when that user was dropped, no row
/// can be written any more, by anybody: is it so? Only a row tells, which is taken back.
async fn fail_for_everybody(connection: &mut MySqlConnection) -> Result<bool> {
    let mut transaction = connection.begin().await?;
    let tried = sqlx::query(
        "INSERT INTO images (name, google_drive_id, size, mime_type, storage_path, storage_provider) \
         VALUES (?, ?, 0, '', '', '')",
    )
    .bind(PROBE)
    .bind(uuid::Uuid::new_v4().to_string())
    .execute(&mut *transaction)
    .await;
    transaction.rollback().await?;
    let number = tried.err().as_ref().and_then(number_of);
    // no such user; no right to use a trigger or to write the changes
    Ok(matches!(number, Some(1449 | 1142 | 1143 | 1227)))
}

/// What is noted of a row, but for its sign and its bytes.
pub(super) fn noted(row: &str) -> String {
    format!(
        "{row}.id, COALESCE(LEFT({row}.created_at, 10), ''), COALESCE(LEFT({row}.created_at, 16), ''), \
         COALESCE(LEFT({row}.storage_provider, 255), ''), COALESCE(LEFT({row}.mime_type, 255), ''), LEFT({row}.job_id, 255)"
    )
}

/// One statement: a body of several would need a delimiter of a client, and is no faster.
fn note(rows: Rows) -> String {
    let values = rows.iter().map(|(row, sign)| {
        format!("({}, {sign}1, {sign}CAST(COALESCE({row}.size, 0) AS DECIMAL(40, 0)))", noted(row))
    });
    format!(
        "INSERT INTO image_changes (image_id, day, minute, storage_provider, mime_type, job_id, images, bytes) \
         VALUES {}",
        values.collect::<Vec<_>>().join(", ")
    )
}

/// A trigger of this name is there.
const ALREADY_THERE: u16 = 1359;

fn number_of(error: &sqlx::Error) -> Option<u16> {
    let sqlx::Error::Database(error) = error else { return None };
    error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

/// Why no trigger may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The user lacks the right.
    Right,
    /// The server writes a binary log, and does not trust its users.
    BinaryLog,
    /// Another trigger has the only place of an old server.
    Place,
}

impl Refusal {
    /// What an error means; `None` where it is any other.
    pub(crate) fn of(error: &sqlx::Error) -> Option<Self> {
        match number_of(error)? {
            // no right TRIGGER, no right at all on the database
            1142 | 1044 | 1227 => Some(Self::Right),
            1419 => Some(Self::BinaryLog),
            1235 => Some(Self::Place),
            _ => None,
        }
    }

    /// What an administrator does about it; `grant` is the statement that gives the right.
    pub(crate) fn advice(self, grant: &str) -> String {
        match self {
            Self::Right => format!("As an administrator: {grant} Then restart the metadata service."),
            Self::BinaryLog => {
                "As an administrator: SET GLOBAL log_bin_trust_function_creators = 1; and the same in the \
                 server's settings, for its next start. Then restart the metadata service."
                    .to_owned()
            }
            Self::Place => {
                "Remove the other triggers on the table `images`, then restart the metadata service."
                    .to_owned()
            }
        }
    }
}

fn refused(error: sqlx::Error, is_told: bool) -> Result<bool> {
    let Some(refusal) = Refusal::of(&error) else { return Err(error.into()) };
    if is_told {
        tracing::warn!(
            advice = refusal.advice("GRANT TRIGGER ON the database TO the user;"),
            "MySQL lets the service make no triggers: totals, statistics and searches count the table itself, which is slow \
             with many images"
        );
    }
    Ok(false)
}
