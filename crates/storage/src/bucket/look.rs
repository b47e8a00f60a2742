//! What one object is: as S3 says, and as its bytes say.

use client::storage::{ListedObject, ObjectChecksum};
use md5::{Digest as _, Md5};

use super::{Bucket, S3Error, etag, listing::written_at, retry::retrying};
use crate::{
    digest::Md5Digest,
    object_key::{Kind, kind_of},
};

impl Bucket {
    /// The object `key` without its bytes; none if there is no such object of ours.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn stat(&self, key: &str) -> Result<Option<ListedObject>, S3Error> {
        let Some(kind) = kind_of(key) else { return Ok(None) };
        let Some(found) = self.find(key).await? else { return Ok(None) };
        Ok(Some(ListedObject {
            key: key.to_owned(),
            url: self.urls.url_of(key),
            size: found.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            last_modified: found.last_modified().and_then(written_at),
            md5: etag::md5_of_found(&found, &self.name).map(|md5| md5.to_string()),
            is_thumbnail: kind == Kind::Thumbnail,
        }))
    }

    /// Reads the object `key` and says what its bytes are; none if there is no such object of ours. A read that breaks
    /// is begun again.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn checksum(&self, key: &str) -> Result<Option<ObjectChecksum>, S3Error> {
        if kind_of(key).is_none() {
            return Ok(None);
        }
        match retrying(|| self.read(key)).await {
            Err(error) if error.is_missing_key() => Ok(None),
            read => read.map(Some),
        }
    }

    async fn read(&self, key: &str) -> Result<ObjectChecksum, S3Error> {
        let mut opened = self.open_once(key, None).await?;
        let (mut hash, mut size) = (Md5::new(), 0);
        while let Some(piece) = opened.body.next().await? {
            size += piece.len() as u64;
            hash.update(&piece);
        }
        Ok(ObjectChecksum { size, md5: Md5Digest::finish(hash).to_string() })
    }
}
