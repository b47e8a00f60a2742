//! New rows, many in one statement, which is a transaction of its own. What something stands in the way of (a row with the
//! same Drive id, a released path) is left to the steps of a [`Create`](super::super::Create), which know what to answer.

use std::collections::{HashMap, HashSet};

use client::metadata::Image;
use serde::Serialize;
use sqlx::{AssertSqlSafe, SqliteConnection};
use tokio::sync::oneshot;

use super::{super::Result, COLUMNS, created_now, decode};
use crate::new_image::NewImage;

/// Makes rows of a JSON list of [`Columns`]; those that were made are its answer.
const MAKE: &str = "INSERT INTO images (name, size, mime_type, storage_path, storage_provider, md5, source_md5, \
     source_checksum, sha256, job_id, width, height, content_type, google_drive_id, created_at) \
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, \
     value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14 FROM json_each(?) \
     WHERE NOT EXISTS (SELECT 1 FROM images WHERE google_drive_id = value ->> 13) \
     AND NOT EXISTS (SELECT 1 FROM released_objects WHERE storage_path = value ->> 3) \
     ON CONFLICT DO NOTHING RETURNING ";

/// A row that waits to be made.
#[derive(Debug)]
pub(super) struct NewRow {
    /// What is to be in it.
    pub(super) image: NewImage,
    /// Who waits for it.
    pub(super) reply: oneshot::Sender<Result<Made>>,
}

impl NewRow {
    /// What is done is done, even when nobody waits for it any more.
    pub(super) fn answer(self, made: Result<Made>) {
        let _ = self.reply.send(made);
    }
}

/// What became of a new row.
#[derive(Debug)]
pub(super) enum Made {
    /// It is there, and on disk.
    Row(Image),
    /// It is not; why is for its steps to say.
    Not(NewImage),
}

/// Makes the rows that nothing stands in the way of, and answers everybody when they are on disk.
///
/// # Errors
/// When none was made, for whatever reason.
pub(super) async fn make(connection: &mut SqliteConnection, waiting: Vec<NewRow>) -> Result<()> {
    let mut seen = HashSet::with_capacity(waiting.len());
    // of two with one Drive id the second has to see the first
    let (rows, seconds): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|row| seen.insert(row.image.google_drive_id.clone()));
    let made = write(connection, &rows).await;
    let (mut images, failed) = match made {
        Ok(images) => (images, None),
        Err(error) => (HashMap::new(), Some(error)),
    };
    for NewRow { image, reply } in rows.into_iter().chain(seconds) {
        // nobody may wait any more
        let _ = reply.send(match (images.remove(&image.google_drive_id), &failed) {
            (Some(row), _) => Ok(Made::Row(row)),
            // no use in waiting once more for another process
            (None, Some(error)) if error.is_busy() => Err(error.clone()),
            (None, _) => Ok(Made::Not(image)),
        });
    }
    failed.map_or(Ok(()), Err)
}

/// Those that were made, by their Drive ids.
async fn write(connection: &mut SqliteConnection, rows: &[NewRow]) -> Result<HashMap<String, Image>> {
    let list: Vec<_> = rows.iter().map(|row| Columns::of(&row.image)).collect();
    let list = serde_json::to_string(&list).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let sql = AssertSqlSafe(format!("{MAKE}{COLUMNS}"));
    let made = sqlx::query(sql).bind(list).fetch_all(connection).await?;
    let image = |row| decode(row).map(|row| (row.image.google_drive_id.clone(), row.image));
    made.iter().map(image).collect()
}

/// What becomes one row, in the order of [`MAKE`].
#[derive(Serialize)]
struct Columns<'a>(
    &'a str,
    i64,
    &'a str,
    &'a str,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<u32>,
    Option<u32>,
    Option<&'a str>,
    &'a str,
    String,
);

impl<'a> Columns<'a> {
    fn of(image: &'a NewImage) -> Self {
        Self(
            &image.name,
            image.size,
            &image.mime_type,
            &image.storage_path,
            &image.storage_provider,
            image.md5.as_deref(),
            image.source_md5.as_deref(),
            image.source_checksum.as_deref(),
            image.sha256.as_deref(),
            image.job_id.as_deref(),
            image.width,
            image.height,
            image.content_type.as_deref(),
            &image.google_drive_id,
            created_now(),
        )
    }
}
