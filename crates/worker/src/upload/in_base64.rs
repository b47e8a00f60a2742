//! The original's way: the whole image, in base64, inside JSON. What is held at once is bounded.

use base64::Engine;
use client::storage::Upload;
use futures::StreamExt;
use md5::{Digest, Md5};
use uuid::Uuid;

use super::{LONGEST_SILENCE, MEMORY_BYTES, Put, UNIT, Uploader};
use crate::{download::Watch, listing::Listing, task::Task, trouble::Trouble};

/// What an image of unknown size is taken for.
const UNKNOWN_BYTES: u64 = 64 * 1024 * 1024;

/// What the original's way needs to know besides the bytes.
pub(super) struct InBase64 {
    pub(super) uuid: Uuid,
    pub(super) size_bytes: Option<u64>,
    pub(super) md5: Option<String>,
}

impl Uploader {
    /// The original's way.
    pub(super) async fn upload(
        &self,
        task: &mut Task,
        listing: &Listing,
        order: InBase64,
        bytes: impl futures::Stream<Item = std::io::Result<bytes::Bytes>> + Send,
        watch: &Watch,
    ) -> Result<Put, Trouble> {
        let held = order.size_bytes.unwrap_or(UNKNOWN_BYTES);
        if held > MEMORY_BYTES {
            return Err(Trouble::TooLarge { limit: MEMORY_BYTES });
        }
        let units = u32::try_from(held.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let _held = self.memory.acquire_many(units).await;
        let mut image = Vec::new();
        let mut bytes = std::pin::pin!(bytes);
        while let Some(chunk) = bytes.next().await {
            let Ok(chunk) = chunk else {
                return Err(watch.trouble().unwrap_or(Trouble::ChecksumMismatch));
            };
            image.extend_from_slice(&chunk);
            if image.len() as u64 > held {
                return Err(Trouble::TooLarge { limit: held });
            }
        }
        let actual = hex::encode(Md5::digest(&image));
        if order.md5.is_some_and(|due| due != actual) {
            return Err(Trouble::ChecksumMismatch);
        }
        let size_bytes = image.len() as u64;
        let file_data = base64::engine::general_purpose::STANDARD.encode(&image);
        drop(image);
        let upload = Upload {
            file_data,
            filename: listing.name.clone(),
            mime_type: listing.mime_type.clone(),
            provider: self.provider.clone(),
            uuid: Some(order.uuid),
        };
        // should this be dropped in the middle, the task still knows what may have become of the object
        task.flying = Some(watch.clone());
        let answer = tokio::time::timeout(LONGEST_SILENCE, self.storage.upload(&upload)).await;
        task.land();
        let uploaded = answer.map_err(|_| Trouble::StorageSilent)?.map_err(Trouble::Storage)?;
        Ok(Put { url: uploaded.url, size_bytes, md5: actual, content_type: None, dimensions: None })
    }
}
