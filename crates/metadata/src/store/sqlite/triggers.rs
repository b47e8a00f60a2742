//! The triggers that note every change of a row. A row that another one replaces (INSERT OR REPLACE, UPDATE OR REPLACE) goes
//! without a trigger for its deletion: it is kept in mind before, and noted afterwards if it is gone.

use sqlx::{AssertSqlSafe, Executor, SqliteConnection};

use super::super::{Result, tracking::state};

/// The rows in whose way a new one is.
const IN_THE_WAY: &str = "id = NEW.id OR google_drive_id = NEW.google_drive_id";
/// Those of them that are gone, when the new one is there.
const GONE: &str = "was.id = NEW.id OR NOT EXISTS (SELECT 1 FROM images WHERE id = was.id)";

/// Name, event and body of each. A change of these texts needs new names: what is there is not looked into.
fn triggers() -> [(&'static str, &'static str, String); 7] {
    // what an earlier statement left is of no interest: not every one comes to its end
    let keep = |in_the_way: &str| {
        format!(
            "DELETE FROM replaced_images; INSERT INTO replaced_images SELECT id, created_at, storage_provider, mime_type, \
             job_id, size FROM images WHERE {in_the_way};"
        )
    };
    let note_gone = |gone: &str| {
        let noted = format!("SELECT {}, -1, {}", noted("was"), halves("was", "-"));
        format!("{INTO} {noted} FROM replaced_images AS was WHERE {gone}; DELETE FROM replaced_images;")
    };
    let others = |condition: &str, id: &str| format!("({condition}) AND {id} <> OLD.id");
    let (old, new) = (note("OLD", "-"), note("NEW", ""));
    [
        ("tracked_before_insert", "BEFORE INSERT ON images", keep(IN_THE_WAY)),
        (
            "tracked_after_replacing",
            "AFTER INSERT ON images WHEN EXISTS (SELECT 1 FROM replaced_images)",
            note_gone(GONE),
        ),
        ("tracked_after_insert", "AFTER INSERT ON images", new.clone()),
        ("tracked_after_delete", "AFTER DELETE ON images", old.clone()),
        (
            "tracked_before_update",
            "BEFORE UPDATE OF id, google_drive_id ON images",
            keep(&others(IN_THE_WAY, "id")),
        ),
        (
            "tracked_after_replacing_update",
            "AFTER UPDATE OF id, google_drive_id ON images WHEN EXISTS (SELECT 1 FROM replaced_images)",
            note_gone(&others(GONE, "was.id")),
        ),
        (
            "tracked_after_update",
            "AFTER UPDATE OF id, name, size, mime_type, storage_provider, created_at, job_id ON images",
            format!("{old} {new}"),
        ),
    ]
}

const INTO: &str = "INSERT INTO image_changes (image_id, day, minute, storage_provider, mime_type, job_id, images, \
                    bytes_high, bytes_low)";

fn note(row: &str, sign: &str) -> String {
    format!("{INTO} VALUES ({}, {sign}1, {});", noted(row), halves(row, sign))
}

/// What is noted of a row, but for its sign and its bytes.
pub(super) fn noted(row: &str) -> String {
    format!(
        "{row}.id, COALESCE(substr({row}.created_at, 1, 10), ''), CASE WHEN {row}.created_at IS NULL THEN '' \
         WHEN typeof({row}.created_at) = 'text' AND {row}.created_at <> '' THEN substr({row}.created_at, 1, 16) \
         ELSE '?' END, {row}.storage_provider, {row}.mime_type, {row}.job_id"
    )
}

/// The upper and the lower half of its bytes, where they are a whole number.
pub(super) fn halves(row: &str, sign: &str) -> String {
    format!(
        "CASE typeof({row}.size) WHEN 'integer' THEN {sign}({row}.size >> 32) ELSE 0 END, \
         CASE typeof({row}.size) WHEN 'integer' THEN {sign}({row}.size & 4294967295) ELSE 0 END"
    )
}

/// Named by a statement, which fails without it.
const ODD_SIZES: &str = "CREATE INDEX IF NOT EXISTS ix_images_odd_size ON images (storage_provider) WHERE typeof(size) <> 'integer'";

/// Sees to it that the triggers are there: they go with the table when a tool makes that anew. What was counted before is
/// forgotten then.
pub(super) async fn ensure(connection: &mut SqliteConnection) -> Result<()> {
    connection.execute(ODD_SIZES).await?;
    let there: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'images'")
            .fetch_all(&mut *connection)
            .await?;
    for (name, event, body) in
        triggers().into_iter().filter(|(name, ..)| !there.iter().any(|has| has == name))
    {
        connection.execute(AssertSqlSafe(format!("CREATE TRIGGER {name} {event} BEGIN {body} END"))).await?;
        connection.execute(state::FORGET_ONCE).await?;
    }
    Ok(())
}
