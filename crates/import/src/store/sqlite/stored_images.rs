//! The list of stored images, kept in portions: one row for many entries, which pass as they came.

use sqlx::SqliteConnection;

use super::{
    Sqlite,
    script::{Place, Script},
};
use crate::{
    entry::Entry,
    job::{MAX_IMPORTED, Progress},
    store::{Error, JobNo, kept},
};

/// Most entries of a portion: so many are read where only a few are wanted.
const PORTION: usize = 100;

impl Sqlite {
    pub(crate) async fn stored_since(
        &self,
        id: &str,
        after: u64,
        at_most: u32,
    ) -> Result<Vec<(u64, Entry)>, Error> {
        let portions: Vec<(i64, String, i64)> = sqlx::query_as(
            "WITH own AS NOT MATERIALIZED (SELECT last, entries FROM stored_images
                          WHERE job_no = (SELECT job_no FROM jobs WHERE id = ?1))
             SELECT last, entries, (SELECT max(last) FROM own) FROM own
             WHERE last > ?2 AND last <= ?3 + (SELECT min(last) FROM own WHERE last > ?2) ORDER BY last",
        )
        .bind(id)
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(i64::from(at_most) + i64::try_from(PORTION).unwrap_or(0))
        .fetch_all(&self.readers)
        .await?;
        let newest = portions.first().map_or(0, |(.., newest)| newest.unsigned_abs());
        let mut entries = numbered(portions.into_iter().map(|(last, entries, _)| (last, entries)))?;
        // the oldest portion may have some that are too old, or were not asked for
        let after = after.max(newest.saturating_sub(MAX_IMPORTED));
        entries.retain(|(number, _)| *number > after);
        entries.truncate(at_most as usize);
        Ok(entries)
    }
}

/// Those that a status shows, oldest first.
pub(super) async fn newest(on: &mut SqliteConnection, job: JobNo) -> Result<Vec<Entry>, Error> {
    let portions: Vec<(i64, String)> =
        sqlx::query_as("SELECT last, entries FROM stored_images WHERE job_no = ? ORDER BY last")
            .bind(job.0)
            .fetch_all(on)
            .await?;
    let mut entries: Vec<Entry> =
        numbered(portions.into_iter())?.into_iter().map(|(_, entry)| entry).collect();
    // the oldest portion may have some more
    let too_many = entries.len() - kept(&entries).len();
    Ok(entries.split_off(too_many))
}

/// Adds `entries` to the list of a job at `place`, whose progress is then `after`, and drops what is too old to be shown.
pub(super) fn add(
    script: &mut Script,
    place: Place,
    entries: &[Entry],
    after: &Progress,
) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(after.imported).unwrap_or(i64::MAX);
    let mut left = kept(entries);
    while !left.is_empty() {
        let (portion, rest) = left.split_at(left.len().min(PORTION));
        left = rest;
        let last = script.bind(count - i64::try_from(rest.len()).unwrap_or(0))?;
        let text = script.bind(serde_json::to_string(portion)?)?;
        script.add(format_args!(
            "INSERT INTO stored_images (job_no, last, entries) VALUES ({place}, {last}, {text})"
        ));
    }
    if after.imported > MAX_IMPORTED {
        let too_old = script.bind(count - i64::try_from(MAX_IMPORTED).unwrap_or(0))?;
        script.add(format_args!("DELETE FROM stored_images WHERE job_no = {place} AND last <= {too_old}"));
    }
    Ok(())
}

fn numbered(portions: impl Iterator<Item = (i64, String)>) -> Result<Vec<(u64, Entry)>, Error> {
    let mut entries = Vec::new();
    for (last, text) in portions {
        let portion: Vec<Entry> = serde_json::from_str(&text)?;
        let first = (last.unsigned_abs() + 1).saturating_sub(portion.len() as u64);
        entries.extend((first..).zip(portion));
    }
    Ok(entries)
}
