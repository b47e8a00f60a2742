//! From Drive to the storage service: one verified object per task.
//!
//! What Drive announces is checked against what it delivers; where they differ the file is listed again once. Drive's
//! own MD5 can be stale (Google rewrites some photographs): bytes that come the same twice, with the announced size,
//! are stored, and marked.

mod in_base64;

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use client::{
    drive::Reason,
    storage::{NewObject, StoredObject},
};
use futures::Stream;
use serde_json::Value;
use tokio::sync::Semaphore;
use uuid::Uuid;

use self::in_base64::InBase64;
use crate::{
    config::UploadMode,
    download::{Order, Source, Watch, stream},
    listing::Listing,
    task::{Stored, Task},
    trouble::Trouble,
};

/// How long the storage service may take no byte, or not answer after the last one.
const LONGEST_SILENCE: Duration = Duration::from_secs(300);
/// Bytes of images that are held at once with `UPLOAD_MODE=base64`, and so the largest image.
const MEMORY_BYTES: u64 = 256 * 1024 * 1024;
/// The budget counts in KiB, because it counts in 32 bits.
const UNIT: u64 = 1024;

/// Puts images into the storage service.
#[derive(Debug, Clone)]
pub(crate) struct Uploader {
    source: Source,
    /// For whole images in one call.
    storage: client::storage::Client,
    uploads: client::storage::Uploads,
    provider: String,
    mode: UploadMode,
    memory: Arc<Semaphore>,
    /// The largest image that is wanted.
    most_bytes: Option<u64>,
}

impl Uploader {
    /// One for all tasks.
    pub(crate) fn new(
        source: Source,
        storage: client::storage::Client,
        uploads: client::storage::Uploads,
        provider: String,
        mode: UploadMode,
    ) -> Self {
        let memory = Arc::new(Semaphore::new(usize::try_from(MEMORY_BYTES / UNIT).unwrap_or(usize::MAX)));
        Self { source, storage, uploads, provider, mode, memory, most_bytes: None }
    }

    /// Images of more than `most_bytes` are not wanted.
    pub(crate) fn with_limit(self, most_bytes: Option<u64>) -> Self {
        Self { most_bytes, ..self }
    }

    /// Downloads the file and stores it. `listing` is brought up to date where Drive says something new.
    pub(crate) async fn store(&self, task: &mut Task, listing: &mut Listing) -> Result<Stored, Trouble> {
        // of the record as sent: whoever looks for the object knows no other
        let uuid = match Listing::parse(&task.file) {
            Ok(as_sent) => task.object_uuid(&as_sent),
            Err(_) => task.object_uuid(listing),
        };
        if std::mem::take(&mut task.progress.check_rate) {
            self.source.get(&listing.drive).await.map_err(Trouble::Drive)?;
        }
        let first = self.put(task, listing, uuid, listing.md5.clone(), Hash::No).await;
        match first {
            Err(trouble @ Trouble::SizeMismatch { .. }) => {
                if !self.list_again(listing).await? {
                    return Err(trouble);
                }
                let put = self.put(task, listing, uuid, listing.md5.clone(), Hash::No).await?;
                Ok(put.into_stored(listing, false))
            }
            Err(trouble) if is_wrong_md5(&trouble) => Box::pin(self.store_doubted(task, listing, uuid)).await,
            done => Ok(done?.into_stored(listing, false)),
        }
    }

    /// The bytes were not those announced: list again, download once more, and believe bytes that come the same twice.
    async fn store_doubted(
        &self,
        task: &mut Task,
        listing: &mut Listing,
        uuid: Uuid,
    ) -> Result<Stored, Trouble> {
        self.list_again(listing).await?;
        let mut md5 = None;
        let again = self.put(task, listing, uuid, listing.md5.clone(), Hash::Into(&mut md5)).await;
        match again {
            Err(trouble) if is_wrong_md5(&trouble) => {}
            done => return Ok(done?.into_stored(listing, false)),
        }
        let md5 = md5.ok_or(Trouble::ChecksumMismatch)?;
        match self.put(task, listing, uuid, Some(md5), Hash::No).await {
            Err(trouble) if is_wrong_md5(&trouble) => Err(Trouble::ChecksumMismatch),
            done => {
                let put = done?;
                tracing::warn!(file.id = %listing.drive.id, "Drive's MD5 is stale; the same bytes came twice and are stored");
                Ok(put.into_stored(listing, true))
            }
        }
    }

    /// What Drive says about the file now; name and type stay as they were sent.
    pub(crate) async fn record_now(&self, listing: &Listing) -> Result<Value, Trouble> {
        let file = self.source.get(&listing.drive).await.map_err(Trouble::Drive)?;
        let mut value = serde_json::to_value(&file).map_err(|_| unreadable())?;
        value["name"] = listing.name.clone().into();
        value["mimeType"] = listing.mime_type.clone().into();
        Ok(value)
    }

    /// True when Drive now lists other content than before.
    async fn list_again(&self, listing: &mut Listing) -> Result<bool, Trouble> {
        let record = match self.record_now(listing).await {
            // a server of plain files hands out the bytes here too: what was listed is all there is
            Err(Trouble::Drive(error)) if error.reason == Reason::UnexpectedBody => return Ok(false),
            record => record?,
        };
        let fresh = Listing::parse(&record).map_err(|_| unreadable())?;
        let is_news = (fresh.size_bytes, &fresh.md5) != (listing.size_bytes, &listing.md5);
        listing.size_bytes = fresh.size_bytes;
        listing.md5 = fresh.md5;
        listing.sha256 = fresh.sha256;
        listing.dimensions = fresh.dimensions.or(listing.dimensions);
        Ok(is_news)
    }

    async fn put(
        &self,
        task: &mut Task,
        listing: &Listing,
        uuid: Uuid,
        md5: Option<String>,
        hash: Hash<'_>,
    ) -> Result<Put, Trouble> {
        self.check_size(listing.size_bytes)?;
        let download = self.source.open(&listing.drive, 0).await.map_err(Trouble::Drive)?;
        if let (Some(announced), Some(delivered)) = (listing.size_bytes, download.total)
            && announced != delivered
        {
            return Err(Trouble::SizeMismatch { announced, delivered });
        }
        let size_bytes = listing.size_bytes.or(download.total);
        self.check_size(size_bytes)?;
        let order = Order {
            file: listing.drive.clone(),
            size_bytes,
            most_bytes: self.most_bytes,
            hash: matches!(hash, Hash::Into(_)),
        };
        let (bytes, watch) = stream(self.source.clone(), order, download);
        let put = match self.mode {
            UploadMode::Stream => {
                let object = NewObject {
                    uuid,
                    filename: listing.name.clone(),
                    provider: self.provider.clone(),
                    mime_type: listing.mime_type.clone(),
                    size_bytes,
                    md5,
                };
                self.put_stream(task, &object, bytes, &watch).await
            }
            UploadMode::Base64 => {
                let order = InBase64 { uuid, size_bytes, md5 };
                self.upload(task, listing, order, bytes, &watch).await
            }
        };
        if let Hash::Into(slot) = hash {
            *slot = watch.md5();
        }
        let put = put?;
        match size_bytes {
            Some(due) if due != put.size_bytes => {
                Err(Trouble::SizeMismatch { announced: due, delivered: put.size_bytes })
            }
            _ => Ok(put),
        }
    }

    /// Refuses what is announced to be larger than is wanted: nothing of it need be downloaded.
    fn check_size(&self, announced: Option<u64>) -> Result<(), Trouble> {
        match (announced, self.most_bytes) {
            (Some(announced), Some(limit)) if announced > limit => Err(Trouble::OverLimit { limit }),
            _ => Ok(()),
        }
    }

    async fn put_stream(
        &self,
        task: &mut Task,
        object: &NewObject,
        body: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
        watch: &Watch,
    ) -> Result<Put, Trouble> {
        // should this be dropped in the middle, the task still knows what may have become of the object
        task.flying = Some(watch.clone());
        let answer = tokio::select! {
            answer = self.uploads.put_object(object, body) => answer.map_err(Trouble::Storage),
            () = silence(watch) => Err(Trouble::StorageSilent),
        };
        match answer {
            Ok(stored) => {
                task.flying = None;
                task.progress.maybe_stored = true;
                Ok(stored.into())
            }
            Err(trouble) => {
                // refused bytes never become an object
                if trouble.is_checksum_mismatch() {
                    task.flying = None;
                }
                task.land();
                // the download broke the upload: that is the reason, not what storage thought of it
                Err(watch.trouble().unwrap_or(trouble))
            }
        }
    }
}

/// Whether a download is hashed here.
enum Hash<'a> {
    No,
    Into(&'a mut Option<String>),
}

/// What storage says about an object.
struct Put {
    url: String,
    size_bytes: u64,
    md5: String,
    /// What the bytes are; the original's storage does not tell.
    content_type: Option<String>,
    /// Width and height as a viewer sees them, where storage could tell.
    dimensions: Option<(u32, u32)>,
}

impl From<StoredObject> for Put {
    fn from(stored: StoredObject) -> Self {
        Self {
            url: stored.url,
            size_bytes: stored.size,
            md5: stored.md5,
            content_type: Some(stored.content_type),
            dimensions: stored.width.zip(stored.height),
        }
    }
}

impl Put {
    fn into_stored(self, listing: &Listing, is_stale: bool) -> Stored {
        Stored {
            url: self.url,
            size_bytes: self.size_bytes,
            md5: self.md5,
            is_stale,
            source_md5: listing.md5.clone(),
            content_type: self.content_type,
            dimensions: self.dimensions,
        }
    }
}

fn unreadable() -> Trouble {
    Trouble::Drive(client::drive::Error::unexpected_body())
}

fn is_wrong_md5(trouble: &Trouble) -> bool {
    trouble.is_checksum_mismatch() || matches!(trouble, Trouble::ChecksumMismatch)
}

async fn silence(watch: &Watch) {
    loop {
        let left = LONGEST_SILENCE.saturating_sub(watch.idle());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left).await;
    }
}
