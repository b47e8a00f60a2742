//! One image, top to bottom: known? → download and store → row. And back, when it must not stay: no image that fails,
//! is stopped, or was stored by somebody else leaves an object behind.
//!
//! Every step may run twice: the object's key is the same whenever the task runs again, and a row that names it is ours.

use client::{
    import::{FileResult, Outcome},
    metadata::{Image, ImageCreated, NewImage, ReleaseObject},
    storage::{DeleteObject, LocateObject},
};
use serde_json::{Value, json};

use crate::{
    hold::Hold,
    listing::Listing,
    record,
    task::{JobState, Stored, Task},
    trouble::Trouble,
    upload::Uploader,
};

/// Keys of one task that may turn out to be released in one try.
const MAX_RELEASED: u32 = 5;

/// What the metadata service says about a file before its download.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Known {
    /// There is no row.
    No,
    /// There is one.
    Row(Box<Image>),
    /// It cannot tell: it is the original's.
    CannotTell,
}

/// Where a stored image is written down.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    /// In a row of its own.
    New,
    /// In this row, whose content has changed.
    Changed(&'a Image),
    /// In this row, whose object was not right.
    Refreshed(&'a Image),
}

/// Imports images. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    /// Drive to storage.
    pub(crate) uploader: Uploader,
    /// Small questions about objects.
    pub(crate) storage: client::storage::Client,
    /// Rows.
    pub(crate) metadata: client::metadata::Client,
    /// `storage_provider` of the rows.
    pub(crate) provider: String,
}

impl Pipeline {
    /// Brings a task to its end: stored newly, or known.
    pub(crate) async fn import(
        &self,
        task: &mut Task,
        known: Known,
        hold: &Hold,
    ) -> Result<FileResult, Trouble> {
        let mut listing = Listing::parse(&task.file).map_err(Trouble::BadListing)?;
        let mut replaces = None;
        if let Known::Row(row) = known {
            let answered = serde_json::to_value(&row).unwrap_or_default();
            // on a first try it can only be from another time that the job was sent
            let is_again = task.progress.is_touched() || task.progress.attempts > 0;
            if is_again && record::is_own(task, &listing, &answered) {
                return Ok(imported(task, answered));
            }
            if !row.is_outdated(listing.md5.as_deref(), listing.size_bytes) {
                // somebody was faster: what an earlier try has left, or may have left, goes
                let has_stored = task.progress.stored.is_some();
                if let Some(stored_after_all) = self.discard(task).await? {
                    return Ok(stored_after_all);
                }
                // or nobody was, and the answer to a row that shares its object was lost
                let is_of_job = row.job_id.is_some() && row.job_id == record::job_id(task);
                let has_shared = is_again && is_of_job && !has_stored;
                return Ok(if has_shared { imported(task, answered) } else { exists(task, &answered) });
            }
            replaces = Some(row);
        } else if known == Known::No
            && task.has_twin
            && !task.progress.is_touched()
            && let Some(shared) = self.share(task, &listing).await?
        {
            return Ok(shared);
        }
        let place = replaces.as_deref().map_or(Place::New, Place::Changed);
        self.store_and_record(task, &mut listing, place, hold).await
    }

    /// Stores a known image anew, whatever its row says, and gives the row the new object; the old one goes, unless
    /// another row names it.
    pub(crate) async fn refresh(
        &self,
        task: &mut Task,
        row: &Image,
        hold: &Hold,
    ) -> Result<FileResult, Trouble> {
        let mut listing = Listing::parse(&task.file).map_err(Trouble::BadListing)?;
        let answered = serde_json::to_value(row).unwrap_or_default();
        if record::is_own(task, &listing, &answered) {
            // an earlier try did it, and the answer was lost
            return Ok(imported(task, answered));
        }
        self.store_and_record(task, &mut listing, Place::Refreshed(row), hold).await
    }

    async fn store_and_record(
        &self,
        task: &mut Task,
        listing: &mut Listing,
        place: Place<'_>,
        hold: &Hold,
    ) -> Result<FileResult, Trouble> {
        for _ in 0..MAX_RELEASED {
            let stored = self.stored(task, listing).await?;
            // whoever lost the task leaves the object to the next holder: its row could come after that one's end
            hold.keep(task).await;
            if let Some(end) = self.record(task, listing, &stored, place).await? {
                return Ok(end);
            }
            task.progress.next_incarnation();
            // no object under a key that nobody else would find
            hold.keep(task).await;
        }
        Err(Trouble::MetadataConfused)
    }

    /// The same bytes are stored under another Drive id already; `None` where they are not, after all.
    async fn share(&self, task: &mut Task, listing: &Listing) -> Result<Option<FileResult>, Trouble> {
        let Some(image) = record::sharing_image(task, listing, &self.provider) else { return Ok(None) };
        match self.create(&image).await? {
            ImageCreated::Stored(row) => Ok(Some(imported(task, row))),
            ImageCreated::Exists(row) if row.is_object() => Ok(Some(exists(task, &row))),
            ImageCreated::Exists(_)
            | ImageCreated::Released
            | ImageCreated::NothingToShare
            | ImageCreated::Gone => Ok(None),
        }
    }

    /// The task's object, stored now or by an earlier try.
    async fn stored(&self, task: &mut Task, listing: &mut Listing) -> Result<Stored, Trouble> {
        if let Some(stored) = &task.progress.stored {
            return Ok(stored.clone());
        }
        let stored = self.uploader.store(task, listing).await?;
        task.progress.stored = Some(stored.clone());
        task.progress.maybe_stored = false;
        Ok(stored)
    }

    /// Writes the row; `None` when the object's key is released, so that it must be stored under another one.
    async fn record(
        &self,
        task: &mut Task,
        listing: &Listing,
        stored: &Stored,
        place: Place<'_>,
    ) -> Result<Option<FileResult>, Trouble> {
        let mut image = record::new_image(task, listing, stored, &self.provider);
        if let Place::Changed(row) | Place::Refreshed(row) = place {
            image.replaces = Some(row.storage_path.clone());
        }
        if let Place::Refreshed(row) = place {
            // it is the image of that job still
            image.job_id = row.job_id.clone();
            // one that is deleted meanwhile does not come back
            image.only_known = true;
        }
        match self.create(&image).await? {
            ImageCreated::Stored(row) => Ok(Some(imported(task, row))),
            ImageCreated::Exists(row) if record::is_own(task, listing, &row) => Ok(Some(imported(task, row))),
            ImageCreated::Exists(row) if row.is_object() => {
                // somebody was faster
                self.release(&stored.url).await?;
                task.progress.next_incarnation();
                Ok(Some(exists(task, &row)))
            }
            ImageCreated::Released => Ok(None),
            ImageCreated::Gone => Err(Trouble::NotKnown),
            ImageCreated::Exists(_) | ImageCreated::NothingToShare => Err(Trouble::MetadataConfused),
        }
    }

    async fn create(&self, image: &NewImage) -> Result<ImageCreated, Trouble> {
        self.metadata.create_image(image).await.map_err(Trouble::Metadata)
    }

    /// Makes sure that the task leaves no object. Where a row turns out to name it, the image is stored after all, and
    /// that is the answer.
    pub(crate) async fn discard(&self, task: &mut Task) -> Result<Option<FileResult>, Trouble> {
        task.land();
        let Ok(listing) = Listing::parse(&task.file) else { return Ok(None) };
        if task.progress.stored.is_none() && !task.progress.maybe_stored {
            return Ok(None);
        }
        let known = self.look_up(&listing).await?;
        if let Some(stored) = own(task, &listing, &known) {
            return Ok(Some(stored));
        }
        // its maker may have had the row written: better an object too many than a row without one
        if known == Known::CannotTell && task.is_left_behind() {
            return Ok(None);
        }
        let url = match &task.progress.stored {
            Some(stored) => Some(stored.url.clone()),
            None => self.locate(task, &listing).await?,
        };
        if let Some(url) = url
            && !self.release(&url).await?
            // the row was on its way when this task was told to stop, and has arrived since
            && let Some(stored) = own(task, &listing, &self.look_up(&listing).await?)
        {
            return Ok(Some(stored));
        }
        task.progress.next_incarnation();
        Ok(None)
    }

    /// The URL of the object that an interrupted try of this task may have left. Storage is only asked: were anything
    /// written there, it could take the place of what another try has stored meanwhile. `None` where the storage service
    /// is the original's: it chose the key, and its answer was lost.
    async fn locate(&self, task: &Task, listing: &Listing) -> Result<Option<String>, Trouble> {
        let object = LocateObject { uuid: task.object_uuid(listing), filename: listing.name.clone() };
        match self.storage.locate_object(&object).await {
            Ok(place) => Ok(Some(place.url)),
            Err(error) if matches!(error.status().map(|status| status.as_u16()), Some(404 | 405)) => Ok(None),
            Err(error) => Err(Trouble::Storage(error)),
        }
    }

    async fn look_up(&self, listing: &Listing) -> Result<Known, Trouble> {
        let id = listing.drive.id.as_str();
        let known = self.metadata.known_images(&[id]).await.map_err(Trouble::Metadata)?;
        let Some(rows) = known else { return Ok(Known::CannotTell) };
        let row = rows.into_iter().find(|row| row.google_drive_id == id);
        Ok(row.map_or(Known::No, |row| Known::Row(Box::new(row))))
    }

    /// The object goes, unless a row names it: false.
    async fn release(&self, url: &str) -> Result<bool, Trouble> {
        let (storage_path, storage_provider) = (url.to_owned(), self.provider.clone());
        let release = ReleaseObject { storage_path, storage_provider };
        let released = self.metadata.release_object(&release).await.map_err(Trouble::Metadata)?;
        let Some(released) = released else {
            let delete = DeleteObject { file_path: release.storage_path, provider: release.storage_provider };
            self.storage.delete_object(&delete).await.map_err(Trouble::Storage)?;
            return Ok(true);
        };
        Ok(released.released)
    }
}

/// The task's end, if the row that is known is its own.
fn own(task: &Task, listing: &Listing, known: &Known) -> Option<FileResult> {
    let Known::Row(row) = known else { return None };
    let answered = serde_json::to_value(row).ok()?;
    record::is_own(task, listing, &answered).then(|| imported(task, answered))
}

fn imported(task: &Task, row: Value) -> FileResult {
    let stored = task.progress.stored.as_ref().map(|stored| stored.size_bytes);
    let bytes = stored.or(row["size"].as_u64()).unwrap_or(0);
    task.ended(Outcome::Imported, row, bytes)
}

/// The end of a task whose image is known and has not changed, if nothing of it can have been left by an earlier try: then
/// there is nothing to do.
pub(crate) fn end_of_known(task: &Task, known: &Known) -> Option<FileResult> {
    let Known::Row(row) = known else { return None };
    let is_first = !task.progress.is_touched() && task.progress.attempts == 0;
    let goes_on = task.job_state == JobState::Open && !task.job.is_single();
    let listing = Listing::parse(&task.file).ok().filter(|_| is_first && goes_on)?;
    let is_known = !row.is_outdated(listing.md5.as_deref(), listing.size_bytes);
    is_known.then(|| exists(task, &serde_json::to_value(row).unwrap_or_default()))
}

/// The contract's words for an image that was there before.
fn exists(task: &Task, row: &Value) -> FileResult {
    let bytes = row["size"].as_u64().unwrap_or(0);
    task.ended(Outcome::Known, json!({"error": "Image already exists", "image": row}), bytes)
}
