//! The first pass: the bucket's list into the ledger, then row by row what each of them names. What does not fit here may
//! have changed since it was read; it is only suspected, and looked at again.

use client::metadata::Image;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    confirm,
    finding::Counts,
    judge::{self, Expected, Verdict},
    ledger::Ledger,
    services::{OrStop as _, Services, asked},
};
use crate::output;

/// Objects on a page.
const OBJECTS: u32 = 1000;
/// Rows on a page.
const ROWS: u32 = 500;
/// Objects that are read at once.
const READS: usize = 8;
/// A line of progress after so many.
const TELL_EVERY: u64 = 50_000;

/// How thoroughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// By the bucket's list; only objects whose MD5 it does not tell are read.
    List,
    /// Every object is read.
    Bytes,
}

/// Writes down what the bucket holds.
pub(super) async fn objects(
    services: &Services,
    ledger: &mut Ledger,
    counts: &mut Counts,
) -> anyhow::Result<()> {
    let mut cursor = None;
    loop {
        let page = asked(|| services.storage.list_objects(cursor.as_deref(), OBJECTS)).await.or_stop()?;
        ledger.add(&page.objects).await?;
        tell(&mut counts.objects, page.objects.len(), "objects");
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// Compares every row with what is written down.
pub(super) async fn rows(
    services: &Services,
    ledger: &mut Ledger,
    counts: &mut Counts,
    depth: Depth,
) -> anyhow::Result<()> {
    let mut cursor = None;
    loop {
        let page = asked(|| services.metadata.walk_images(cursor, ROWS)).await.or_stop()?;
        compare(services, ledger, counts, depth, &page.images).await?;
        tell(&mut counts.rows, page.images.len(), "rows");
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// An object that has to be read.
struct Reading<'a> {
    row: &'a Image,
    expected: Expected,
    key: &'a str,
}

async fn compare(
    services: &Services,
    ledger: &mut Ledger,
    counts: &mut Counts,
    depth: Depth,
    rows: &[Image],
) -> anyhow::Result<()> {
    let paths: Vec<_> = rows.iter().map(|row| row.storage_path.clone()).collect();
    let named = asked(|| services.storage.resolve_paths(paths.clone())).await.or_stop()?;
    anyhow::ensure!(named.len() == rows.len(), "the storage service answered about other paths");
    let keys: Vec<_> = named.iter().flat_map(|named| &named.keys).map(String::as_str).collect();
    let held = ledger.name(&keys).await?;
    let (mut suspects, mut readings, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    for (row, named) in rows.iter().zip(&named) {
        if named.keys.is_empty() && confirm::is_a_url(&row.storage_path) {
            counts.foreign += 1;
            elsewhere.extend(judge::uuid_in(&row.storage_path));
            continue;
        }
        let expected = Expected::of(row);
        let found: Vec<_> = named.keys.iter().filter_map(|key| Some((key, held.get(key)?))).collect();
        let verdicts: Vec<_> =
            found.iter().map(|(_, held)| expected.judge(held.size, held.md5.as_deref())).collect();
        // where a URL can mean two objects, the row is right if one of them is
        let best = verdicts.iter().position(|verdict| !matches!(verdict, Verdict::Differs(_)));
        match best.map(|best| (&verdicts[best], found[best].0)) {
            None => suspects.push(row.id),
            Some((Verdict::Unverified, _)) if depth == Depth::List => counts.unverified += 1,
            Some((Verdict::Right, _)) if depth == Depth::List => {}
            Some((_, key)) => readings.push(Reading { row, expected, key }),
        }
    }
    // the bucket may have had another address when these rows were written: their objects are not left over
    let kept = ledger.keep(&elsewhere).await?;
    counts.moved += elsewhere.iter().filter(|uuid| kept.contains(**uuid)).count() as u64;
    let mut reading =
        stream::iter(readings).map(|reading| is_right(services, reading)).buffer_unordered(READS);
    while let Some((id, verdict)) = reading.try_next().await? {
        counts.read += 1;
        match verdict {
            Verdict::Right => {}
            Verdict::Unverified => counts.unverified += 1,
            Verdict::Unread | Verdict::Differs(_) => suspects.push(id),
        }
    }
    drop(reading);
    ledger.suspect(&suspects).await
}

/// What a read says; an object that could not be read is suspected like one that is not there.
async fn is_right(services: &Services, reading: Reading<'_>) -> anyhow::Result<(i64, Verdict)> {
    let read = confirm::read(services, reading.key).await?;
    let verdict = match read {
        confirm::Read::Bytes(bytes) => reading.expected.judge(bytes.size, Some(&bytes.md5)),
        confirm::Read::Gone | confirm::Read::Unreadable(_) => Verdict::Unread,
    };
    Ok((reading.row.id, verdict))
}

fn tell(count: &mut u64, more: usize, what: &str) {
    let before = *count / TELL_EVERY;
    *count += more as u64;
    if *count / TELL_EVERY > before {
        output::say(&format!("{count} {what} …"));
    }
}
