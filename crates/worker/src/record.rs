//! The row of an image: what it says, and whether the row that is there is still true.

use client::metadata::{NewImage, Share};
use serde_json::Value;

use crate::{
    listing::Listing,
    task::{Stored, Task},
};

/// Longest name in a row, in characters.
const MAX_NAME: usize = 255;

/// The row of an image that is stored.
pub(crate) fn new_image(task: &Task, listing: &Listing, stored: &Stored, provider: &str) -> NewImage {
    let is_as_listed = !stored.is_stale && stored.source_md5.as_deref() == Some(stored.md5.as_str());
    let dimensions = listing.dimensions.or(stored.dimensions);
    NewImage {
        size: stored.size_bytes,
        storage_path: stored.url.clone(),
        md5: Some(stored.md5.clone()),
        source_md5: stored.source_md5.clone(),
        source_checksum: stored.is_stale.then(|| "stale".to_owned()),
        // only the MD5 of the same listing says that the SHA-256 is that of these bytes
        sha256: listing.sha256.clone().filter(|_| is_as_listed),
        width: dimensions.map(|(width, _)| width),
        height: dimensions.map(|(_, height)| height),
        content_type: stored.content_type.clone(),
        ..described(task, listing, provider)
    }
}

/// The row of an image whose bytes are stored under another Drive id already, if that can be told from the listing.
pub(crate) fn sharing_image(task: &Task, listing: &Listing, provider: &str) -> Option<NewImage> {
    let share = Share { sha256: listing.sha256.clone()?, size: listing.size_bytes? };
    Some(NewImage {
        size: share.size,
        md5: listing.md5.clone(),
        source_md5: listing.md5.clone(),
        sha256: listing.sha256.clone(),
        share: Some(share),
        ..described(task, listing, provider)
    })
}

fn described(task: &Task, listing: &Listing, provider: &str) -> NewImage {
    NewImage {
        name: listing.name.chars().take(MAX_NAME).collect(),
        google_drive_id: listing.drive.id.as_str().to_owned(),
        mime_type: listing.mime_type.clone(),
        storage_provider: provider.to_owned(),
        job_id: job_id(task),
        width: listing.dimensions.map(|(width, _)| width),
        height: listing.dimensions.map(|(_, height)| height),
        ..NewImage::default()
    }
}

/// The task's job as rows name it.
pub(crate) fn job_id(task: &Task) -> Option<String> {
    match task.job.id() {
        Value::String(job) => Some(job),
        _ => None,
    }
}

/// True when a row, as answered, names the object that this task writes.
pub(crate) fn is_own(task: &Task, listing: &Listing, row: &Value) -> bool {
    let path = row["storage_path"].as_str().unwrap_or_default();
    let stored = task.progress.stored.as_ref();
    stored.is_some_and(|stored| stored.url == path)
        || path.contains(&format!("/{}_", task.object_uuid(listing)))
}
