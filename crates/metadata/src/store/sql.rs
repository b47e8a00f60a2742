//! Statements that both engines understand, and how their parameters are bound.

/// A new row: its content, its Drive id, its time.
pub(super) const INSERT: &str = "INSERT INTO images (name, size, mime_type, storage_path, storage_provider, md5, \
     source_md5, source_checksum, sha256, job_id, width, height, content_type, google_drive_id, \
     created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// New content for a row: its content, its number.
pub(super) const UPDATE: &str = "UPDATE images SET name = ?, size = ?, mime_type = ?, storage_path = ?, \
     storage_provider = ?, md5 = ?, source_md5 = ?, source_checksum = ?, sha256 = ?, job_id = ?, width = ?, \
     height = ?, content_type = ? WHERE id = ?";

/// Drops a row.
pub(super) const DELETE: &str = "DELETE FROM images WHERE id = ?";

/// Takes a release back.
pub(super) const WITHDRAW: &str = "DELETE FROM released_objects WHERE storage_path = ?";
/// What follows for a claimed release.
pub(super) const RESCHEDULE: &str = "UPDATE released_objects SET deletes_left = ?, failures = ?, due_ms = ?, \
     claim = NULL WHERE storage_path = ?";
/// When the next delete is due.
pub(super) const NEXT_DUE: &str = "SELECT MIN(due_ms) FROM released_objects WHERE deletes_left > 0";
/// Forgets releases whose last delete is long done.
pub(super) const FORGET: &str = "DELETE FROM released_objects WHERE deletes_left = 0 AND due_ms < ?";

/// A query for rows, `condition` being all that follows the table.
macro_rules! select_images {
    ($columns:expr, $condition:expr) => {
        sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {} FROM images {}", $columns, $condition)))
    };
}
pub(super) use select_images;

/// A query for one text of each row where `column` is one of `texts`. How a text becomes a parameter is for the engine to
/// say.
macro_rules! select_where_in {
    ($select:literal, $column:literal, $texts:expr, $bound:expr) => {{
        let marks = vec!["?"; $texts.len()].join(", ");
        let sql = format!(concat!("SELECT ", $select, " AND ", $column, " IN ({})"), marks);
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for text in $texts {
            query = query.bind($bound(text));
        }
        query.persistent(false)
    }};
}
pub(super) use select_where_in;

/// Binds the content of a row, in the order of [`INSERT`] and [`UPDATE`].
macro_rules! bind_content {
    ($query:expr, $image:expr) => {
        $query
            .bind(&$image.name)
            .bind($image.size)
            .bind(&$image.mime_type)
            .bind(&$image.storage_path)
            .bind(&$image.storage_provider)
            .bind(&$image.md5)
            .bind(&$image.source_md5)
            .bind(&$image.source_checksum)
            .bind(&$image.sha256)
            .bind(&$image.job_id)
            .bind($image.width)
            .bind($image.height)
            .bind(&$image.content_type)
    };
}
pub(super) use bind_content;
