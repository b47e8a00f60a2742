//! The rules of every change of rows, the same for both engines: when a row may be made or replaced, and when an
//! object is released. An object that a row names is never released, and a row never names a released object: whoever
//! changes one of the two facts writes first and looks at the other one afterwards, so that of two who collide at
//! least one sees the other.

mod many;

use std::future::Future;

use client::metadata::{Image, Share};

pub(crate) use many::{DeleteMany, Deleted};

use super::Result;
use crate::new_image::NewImage;

/// Makes, replaces or shares a row.
#[derive(Debug, Clone)]
pub(crate) struct Create(pub(crate) NewImage);

impl Create {
    /// A new row and nothing else: no other row has a say in what is written.
    pub(super) fn is_plain(&self) -> bool {
        self.0.replaces.is_none() && !self.0.only_known && self.0.share.is_none()
    }
}

/// What [`Create`] did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Created {
    /// A new row.
    New(Image),
    /// The row has new content.
    Replaced(Image),
    /// There is a row with this Drive id, and it stays as it is.
    Exists(Image),
    /// The object is being deleted.
    ObjectReleased,
    /// No row has these bytes.
    NothingToShare,
    /// The row that was to be replaced is gone.
    Gone,
}

/// Drops a row. True when it was there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delete {
    /// Its number.
    pub(crate) id: i64,
    /// What becomes of its object.
    pub(crate) object: ObjectFate,
}

/// What becomes of the object of a dropped row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectFate {
    /// It goes, unless another row names it.
    Release,
    /// It stays in the bucket.
    Keep,
}

/// Gives up an object that no row is going to name. False when a row names it.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    /// Its public URL.
    pub(crate) storage_path: String,
    /// `aws`.
    pub(crate) storage_provider: String,
}

/// The steps of a change inside one transaction.
pub(super) trait Steps: Send {
    /// The row with this Drive id, kept from others until the end.
    fn row_of(&mut self, drive_id: &str) -> impl Future<Output = Result<Option<Image>>> + Send;
    /// The row with this number, kept from others until the end.
    fn row(&mut self, id: i64) -> impl Future<Output = Result<Option<Image>>> + Send;
    /// A verified row with these bytes, which others cannot drop until the end.
    fn row_with(&mut self, bytes: &Share) -> impl Future<Output = Result<Option<Image>>> + Send;
    /// Makes a row; its number.
    fn insert(&mut self, image: &NewImage) -> impl Future<Output = Result<i64>> + Send;
    /// Gives a row new content.
    fn update(&mut self, id: i64, image: &NewImage) -> impl Future<Output = Result<()>> + Send;
    /// Drops a row.
    fn delete(&mut self, id: i64) -> impl Future<Output = Result<()>> + Send;
    /// Does any row name exactly this path? Waits for others who are writing one.
    fn is_named(&mut self, storage_path: &str) -> impl Future<Output = Result<bool>> + Send;
    /// Is this path released? Waits for others who are releasing it.
    fn is_released(&mut self, storage_path: &str) -> impl Future<Output = Result<bool>> + Send;
    /// Writes a path down as released, its deletes due from now on; again if it was before.
    fn add_release(&mut self, object: &Release) -> impl Future<Output = Result<()>> + Send;
    /// Takes a release back.
    fn withdraw_release(&mut self, storage_path: &str) -> impl Future<Output = Result<()>> + Send;
}

/// Something that happens in one transaction.
pub(super) trait Change: Send + Sync + 'static {
    /// What it did.
    type Done: Outcome;
    /// Does it, step by step.
    fn apply<S: Steps>(&self, steps: &mut S) -> impl Future<Output = Result<Self::Done>> + Send;
}

/// What a change did.
pub(super) trait Outcome: Send + 'static {
    /// False when nothing may remain of the steps.
    fn is_to_be_kept(&self) -> bool;
}

impl Outcome for bool {
    fn is_to_be_kept(&self) -> bool {
        *self
    }
}

impl Outcome for Created {
    fn is_to_be_kept(&self) -> bool {
        matches!(self, Self::New(_) | Self::Replaced(_))
    }
}

impl Change for Create {
    type Done = Created;

    async fn apply<S: Steps>(&self, steps: &mut S) -> Result<Created> {
        let wanted = &self.0;
        let old = match steps.row_of(&wanted.google_drive_id).await? {
            Some(row) if !is_replaced_by(&row, wanted) => return Ok(Created::Exists(row)),
            None if wanted.only_known => return Ok(Created::Gone),
            row => row,
        };
        let Some(image) = with_shared_object(wanted, steps).await? else {
            return Ok(Created::NothingToShare);
        };
        let id = match &old {
            // a row that was dropped meanwhile is made anew: the image is wanted
            None => steps.insert(&image).await?,
            Some(old) => {
                steps.update(old.id, &image).await?;
                old.id
            }
        };
        if steps.is_released(&image.storage_path).await? {
            return Ok(if image.share.is_some() { Created::NothingToShare } else { Created::ObjectReleased });
        }
        let is_new = old.is_none();
        if let Some(old) = old.filter(|old| old.storage_path != image.storage_path) {
            release_unless_named(&object_of(old), steps).await?;
        }
        // read again: the database has the last word on what is stored
        let row = steps.row(id).await?.ok_or(sqlx::Error::RowNotFound)?;
        Ok(if is_new { Created::New(row) } else { Created::Replaced(row) })
    }
}

impl Change for Delete {
    type Done = bool;

    async fn apply<S: Steps>(&self, steps: &mut S) -> Result<bool> {
        let Some(row) = steps.row(self.id).await? else { return Ok(false) };
        steps.delete(self.id).await?;
        if self.object == ObjectFate::Release {
            release_unless_named(&object_of(row), steps).await?;
        }
        Ok(true)
    }
}

impl Change for Release {
    type Done = bool;

    async fn apply<S: Steps>(&self, steps: &mut S) -> Result<bool> {
        release_unless_named(self, steps).await
    }
}

/// Compare-and-set: the row must be of exactly this Drive id and still have the path that is to be replaced.
fn is_replaced_by(row: &Image, wanted: &NewImage) -> bool {
    wanted.replaces.as_ref() == Some(&row.storage_path) && row.google_drive_id == wanted.google_drive_id
}

/// The row to write: as wanted, or with the object of a row that has the same bytes; `None` when there is no such row.
async fn with_shared_object<S: Steps>(wanted: &NewImage, steps: &mut S) -> Result<Option<NewImage>> {
    let Some(share) = &wanted.share else { return Ok(Some(wanted.clone())) };
    let Some(found) = steps.row_with(share).await? else { return Ok(None) };
    Ok(Some(NewImage {
        storage_path: found.storage_path,
        storage_provider: found.storage_provider,
        md5: found.md5,
        // what the bytes tell is as true of this row
        width: wanted.width.or(found.width),
        height: wanted.height.or(found.height),
        content_type: wanted.content_type.clone().or(found.content_type),
        sha256: Some(share.sha256.clone()),
        size: i64::try_from(share.size).unwrap_or(i64::MAX),
        ..wanted.clone()
    }))
}

fn object_of(row: Image) -> Release {
    Release { storage_path: row.storage_path, storage_provider: row.storage_provider }
}

/// Releases an object; false, and nothing remains, when a row names it.
async fn release_unless_named<S: Steps>(object: &Release, steps: &mut S) -> Result<bool> {
    steps.add_release(object).await?;
    if steps.is_named(&object.storage_path).await? {
        steps.withdraw_release(&object.storage_path).await?;
        return Ok(false);
    }
    Ok(true)
}
