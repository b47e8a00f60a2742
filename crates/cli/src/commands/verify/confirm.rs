//! The second look, at what did not fit: rows and objects come and go while they are read, so whatever is reported was
//! seen to be wrong while its row stayed the same.

use client::{
    metadata::{Image, ObjectFate},
    storage::{ListedObject, ObjectChecksum},
};

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    finding::{Content, Finding, Kind},
    judge::{Expected, Verdict},
    ledger::Unnamed,
    services::{OrStop as _, Services, asked},
};

/// How often a row is looked at that changes under our eyes; then it is somebody's work in hand.
const LOOKS: usize = 5;

/// Objects that are looked at at once.
const LOOKS_AT_ONCE: usize = 8;

/// What came of reading an object.
pub(super) enum Read {
    /// Its bytes.
    Bytes(ObjectChecksum),
    /// It is not there.
    Gone,
    /// It is there, and the bucket does not hand it out.
    Unreadable(String),
}

/// Reads an object. Where the bucket fails for all objects, there is nothing to compare.
pub(super) async fn read(services: &Services, key: &str) -> anyhow::Result<Read> {
    match asked(|| services.storage.object_checksum(key)).await {
        Ok(Some(bytes)) => Ok(Read::Bytes(bytes)),
        Ok(None) => Ok(Read::Gone),
        Err(error) if matches!(error.code(), Some("s3-error" | "s3-unavailable")) => {
            match asked(|| services.storage.stat_object(key)).await.or_stop()? {
                Some(_) => Ok(Read::Unreadable(error.to_string())),
                None => Ok(Read::Gone),
            }
        }
        Err(error) => Err(error).or_stop(),
    }
}

/// What is wrong with the object of row `id`; none if nothing is, or the row is gone.
pub(super) async fn row(services: &Services, id: i64) -> anyhow::Result<Option<Finding>> {
    for _ in 0..LOOKS {
        let Some(before) = image(services, id).await? else { return Ok(None) };
        let finding = object_of(services, &before).await?;
        if finding.is_none() {
            return Ok(None);
        }
        // the same path before and after: all the time in between the row named this object
        let after = image(services, id).await?;
        if after.is_some_and(|after| after == before) {
            return Ok(finding);
        }
    }
    Ok(None)
}

async fn image(services: &Services, id: i64) -> anyhow::Result<Option<Image>> {
    asked(|| services.metadata.image(id)).await.or_stop()
}

async fn object_of(services: &Services, row: &Image) -> anyhow::Result<Option<Finding>> {
    let paths = vec![row.storage_path.clone()];
    let named = asked(|| services.storage.resolve_paths(paths.clone())).await.or_stop()?;
    let keys = named.into_iter().flat_map(|named| named.keys);
    let expected = Expected::of(row);
    let mut damaged = None;
    let mut last_key = None;
    for key in keys {
        let finding = Finding::of_row(row, &key, expected.clone());
        last_key = Some(key.clone());
        match read(services, &key).await? {
            Read::Gone => {}
            Read::Unreadable(why) => {
                damaged = Some(Finding { differs: vec!["readable"], why: Some(why), ..finding });
            }
            Read::Bytes(bytes) => match expected.judge(bytes.size, Some(&bytes.md5)) {
                Verdict::Right | Verdict::Unverified | Verdict::Unread => return Ok(None),
                Verdict::Differs(differs) => {
                    let found = Some(Content { size: bytes.size, md5: Some(bytes.md5) });
                    damaged = Some(Finding { differs, found, ..finding });
                }
            },
        }
    }
    if last_key.is_none() && is_a_url(&row.storage_path) {
        // the row has come to name another bucket
        return Ok(None);
    }
    let key = last_key.unwrap_or_default();
    Ok(Some(
        damaged.unwrap_or_else(|| Finding { kind: Kind::Missing, ..Finding::of_row(row, &key, expected) }),
    ))
}

/// Whether a path can name an object somewhere. What this system and the original write always can.
pub(super) fn is_a_url(storage_path: &str) -> bool {
    storage_path.contains("://")
}

/// What became of objects that no row has named.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    /// No row names them, and nobody is about to remove them.
    pub(super) findings: Vec<Finding>,
    /// Released: they are being removed.
    pub(super) going: u64,
}

/// Looks at objects that no row has named. `is_at_work` says of one whether an import may be about to name it.
pub(super) async fn orphans(
    services: &Services,
    unnamed: &[Unnamed],
    is_at_work: impl Fn(&ListedObject) -> bool,
) -> anyhow::Result<Orphans> {
    let looks = stream::iter(unnamed)
        .map(|object| async move { asked(|| services.storage.stat_object(&object.key)).await.or_stop() });
    let found: Vec<_> = looks.buffered(LOOKS_AT_ONCE).try_collect().await?;
    let found: Vec<_> = found.into_iter().flatten().collect();
    // the object first, its row afterwards: whoever stores an image does it in this order
    let urls: Vec<_> = found.iter().map(|object| object.url.clone()).collect();
    let fates = asked(|| services.metadata.look_up_objects(urls.clone())).await.or_stop()?;
    anyhow::ensure!(fates.len() == found.len(), "the metadata service answered about other objects");
    let mut orphans = Orphans::default();
    for (object, fate) in found.into_iter().zip(fates) {
        match fate {
            ObjectFate::Named => {}
            ObjectFate::Going => orphans.going += 1,
            ObjectFate::Unknown if object.is_thumbnail && has_image(services, &object.key).await? => {}
            ObjectFate::Unknown => {
                let kind = if !object.is_thumbnail && is_at_work(&object) {
                    Kind::InProgress
                } else {
                    Kind::Orphaned
                };
                orphans.findings.push(Finding::of_object(kind, object));
            }
        }
    }
    Ok(orphans)
}

/// Whether a row names the image that a thumbnail was made of.
async fn has_image(services: &Services, thumbnail: &str) -> anyhow::Result<bool> {
    let uuid = thumbnail.split('/').nth(1).unwrap_or_default();
    // "^" comes just before "_": the next key of ours is that of the image, if it is there
    let cursor = format!("{uuid}^");
    let page = asked(|| services.storage.list_objects(Some(&cursor), 1)).await.or_stop()?;
    let Some(image) = page.objects.into_iter().find(|object| object.key.starts_with(uuid)) else {
        return Ok(false);
    };
    let urls = vec![image.url];
    let fates = asked(|| services.metadata.look_up_objects(urls.clone())).await.or_stop()?;
    Ok(fates.first() == Some(&ObjectFate::Named))
}
