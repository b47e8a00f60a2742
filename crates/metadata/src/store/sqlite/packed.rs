//! The rows of a list as one row. Every row goes its way from the thread that reads the file to the task that waits, and
//! wakes it: for a page of twenty that is most of what reading costs.

use client::metadata::Image;
use serde_json::Value;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    super::{
        Result, StoreError,
        row::{Row, shown_time},
        select::Select,
    },
    COLUMNS,
};

/// Columns that may hold a number with a fraction, which JSON made by SQLite does not say exactly.
const MAY_BE_REAL: [&str; 4] = ["size", "created_at", "width", "height"];

/// The same rows in the same order, as JSON in one row, and whether one of them has a number that is not exact there. What
/// JSON cannot say at all is an error of the statement.
pub(super) fn packed(select: &Select) -> Select {
    let inexact = MAY_BE_REAL.map(|column| format!("typeof({column}) = 'real'")).join(" OR ");
    let (rows, order) = (&select.sql, &select.order);
    // in the names of the table, as the order says them
    let sql = format!(
        "SELECT json_group_array(json_array({COLUMNS}) {order}), COALESCE(MAX({inexact}), 0) FROM ({rows}) AS images"
    );
    Select { sql, ..select.clone() }
}

/// The rows; nothing when they have to be read one by one.
pub(super) fn unpack(row: &SqliteRow) -> Result<Option<Vec<Row>>> {
    if row.try_get::<i64, _>(1)? != 0 {
        return Ok(None);
    }
    // the file of another program may hold texts that are no UTF-8
    let json = String::from_utf8_lossy(row.try_get(0)?);
    let Ok(rows) = serde_json::from_str::<Vec<Vec<Value>>>(&json) else { return Ok(None) };
    let row = |mut values: Vec<Value>| {
        let id = values.first().and_then(Value::as_i64).unwrap_or_default();
        row_of(id, |column| Ok(values.get_mut(column).map(Value::take).unwrap_or_default()))
    };
    rows.into_iter().map(row).collect::<Result<_>>().map(Some)
}

/// True where the rows, read one by one, may still be had.
pub(super) fn may_be_unpacked(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(_))
}

/// A row, of its number and its other columns in the order of [`COLUMNS`].
pub(super) fn row_of(id: i64, mut value: impl FnMut(usize) -> Result<Value, StoreError>) -> Result<Row> {
    let mut text = |column| value(column).map(as_text);
    let name = text(1)?.unwrap_or_default();
    let google_drive_id = text(2)?.unwrap_or_default();
    let mime_type = text(4)?.unwrap_or_default();
    let storage_path = text(5)?.unwrap_or_default();
    let storage_provider = text(6)?.unwrap_or_default();
    let created_at = text(7)?;
    let (md5, source_md5, source_checksum) = (text(8)?, text(9)?, text(10)?);
    let (sha256, job_id, content_type) = (text(11)?, text(12)?, text(15)?);
    let mut pixels = |column| value(column).map(|pixels| pixels.as_u64().and_then(|n| u32::try_from(n).ok()));
    let (width, height) = (pixels(13)?, pixels(14)?);
    let image = Image {
        id,
        name,
        google_drive_id,
        size: value(3)?,
        mime_type,
        storage_path,
        storage_provider,
        created_at: created_at.as_deref().map(shown_time),
        md5,
        source_md5,
        source_checksum,
        sha256,
        job_id,
        width,
        height,
        content_type,
        content_url: None,
        thumbnail_url: None,
        drive_url: None,
    };
    Ok(Row { image, created_at })
}

/// A value as text, whatever it is.
pub(super) fn as_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
