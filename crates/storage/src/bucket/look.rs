//! What one object is: as S3 says, and as its bytes say.

use client::storage::{ListedObject, ObjectChecksum};
use md5::{Digest as _, Md5};

use super::{Bucket, S3Error, ask, etag, listing::written_at, retry::retrying};
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
        const OPERATION: &str = "HeadObject";
        let Some(kind) = kind_of(key) else { return Ok(None) };
        let found = retrying(|| async {
            let request = self.client.head_object().bucket(&self.name).key(key).send();
            let found = self.in_time(OPERATION, ask(OPERATION, request)).await?;
            // a proxy that lost its way; an object without a length there is not
            if found.content_length().is_none() {
                return Err(S3Error::Hasty { operation: OPERATION });
            }
            Ok(found)
        });
        let found = match found.await {
            Err(error) if error.is_missing_key() => {
                // the answer to HEAD has no body that tells a missing object from a missing bucket
                return self.probe().await.map(|()| None);
            }
            found => found?,
        };
        Ok(Some(ListedObject {
            key: key.to_owned(),
            url: self.urls.url_of(key),
            size: length(found.content_length()).unwrap_or(0),
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
        const OPERATION: &str = "GetObject";
        let request = self.client.get_object().bucket(&self.name).key(key).send();
        let mut answer = self.in_time(OPERATION, ask(OPERATION, request)).await?;
        let (mut hash, mut size) = (Md5::new(), 0);
        let cut = |source| S3Error::Unreachable { operation: OPERATION, source };
        while let Some(piece) = self
            .in_time(OPERATION, async { answer.body.next().await.transpose().map_err(|e| cut(e.into())) })
            .await?
        {
            size += piece.len() as u64;
            hash.update(&piece);
        }
        match length(answer.content_length) {
            Some(announced) if announced != size => Err(cut("the answer was cut".into())),
            _ => Ok(ObjectChecksum { size, md5: Md5Digest::finish(hash).to_string() }),
        }
    }
}

fn length(announced: Option<i64>) -> Option<u64> {
    announced.and_then(|length| u64::try_from(length).ok())
}
