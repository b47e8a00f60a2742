//! Which objects of ours are in the bucket, page by page. Memory and work of one call are bounded, however many keys of
//! others lie between ours.

use std::borrow::Cow;

use aws_sdk_s3::{
    operation::list_objects_v2::ListObjectsV2Output,
    primitives::DateTime,
    primitives::DateTimeFormat,
    types::{EncodingType, Object},
};
use client::storage::ListedObject;
use percent_encoding::percent_decode_str;

use super::{Bucket, S3Error, ask, etag, retry::retrying};
use crate::object_key::{Kind, kind_of};

const OPERATION: &str = "ListObjectsV2";
/// Keys that S3 is asked for at once: the most it gives.
const KEYS_AT_ONCE: i32 = 1000;
/// Questions to S3 for one page.
const MOST_QUESTIONS: usize = 8;

/// Some of our objects.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// In the order of their keys.
    pub(crate) objects: Vec<ListedObject>,
    /// The key to go on after, if there may be more.
    pub(crate) next: Option<String>,
}

impl Bucket {
    /// At most `most` objects of ours whose keys come after `after`. There may be none on a page, and more on the next.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn list(&self, after: Option<String>, most: usize) -> Result<Listed, S3Error> {
        let mut listed = Listed { objects: Vec::new(), next: after };
        for _ in 0..MOST_QUESTIONS {
            let page = self.keys_after(listed.next.as_deref()).await?;
            let mut last = None;
            for object in page.contents() {
                let Some(key) = key_of(object, page.encoding_type()) else { continue };
                listed.objects.extend(self.ours(object, &key));
                let is_full = listed.objects.len() == most;
                last = Some(key);
                if is_full {
                    listed.next = last;
                    return Ok(listed);
                }
            }
            if page.is_truncated() != Some(true) {
                listed.next = None;
                return Ok(listed);
            }
            // a server that says "more" and does not go on would be asked for ever
            if last.is_none() || last == listed.next {
                return Err(S3Error::Senseless { operation: OPERATION });
            }
            listed.next = last;
        }
        Ok(listed)
    }

    async fn keys_after(&self, after: Option<&str>) -> Result<ListObjectsV2Output, S3Error> {
        retrying(|| {
            let request = self
                .client
                .list_objects_v2()
                .bucket(&self.name)
                .max_keys(KEYS_AT_ONCE)
                .set_start_after(after.map(str::to_owned))
                // keys of others may hold what XML cannot
                .encoding_type(EncodingType::Url)
                .send();
            self.in_time(OPERATION, ask(OPERATION, request))
        })
        .await
    }

    fn ours(&self, object: &Object, key: &str) -> Option<ListedObject> {
        let is_thumbnail = match kind_of(key)? {
            Kind::Image => false,
            Kind::Thumbnail => true,
        };
        Some(ListedObject {
            key: key.to_owned(),
            url: self.urls.url_of(key),
            size: object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            last_modified: object.last_modified().and_then(written_at),
            md5: etag::md5_in(object.e_tag(), &self.name).map(|md5| md5.to_string()),
            is_thumbnail,
        })
    }
}

/// A time in RFC 3339.
pub(super) fn written_at(time: &DateTime) -> Option<String> {
    time.fmt(DateTimeFormat::DateTime).ok()
}

/// The key as it is; not every server encodes it when asked to, but whoever does says so.
fn key_of(object: &Object, encoding: Option<&EncodingType>) -> Option<String> {
    let key = object.key()?;
    if encoding != Some(&EncodingType::Url) {
        return Some(key.to_owned());
    }
    // some servers write spaces as in forms; all write `+` itself as an escape
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_only_where_they_are_encoded() {
        let key = |key: &str, encoding| key_of(&Object::builder().key(key).build(), encoding);
        for (listed, encoded, plain) in
            [("a%20b+c%2Bd", "a b c+d", "a%20b+c%2Bd"), ("100%25%C3%A9.jpg", "100%é.jpg", "100%25%C3%A9.jpg")]
        {
            assert_eq!(key(listed, Some(&EncodingType::Url)).as_deref(), Some(encoded));
            assert_eq!(key(listed, None).as_deref(), Some(plain));
        }
    }
}
