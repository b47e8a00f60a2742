//! Listing objects.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::{
    S3Request,
    dto::{
        CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
        ListObjectsV2Output, Object, ObjectStorageClass,
    },
};

use super::{Backend, page_size};
use crate::s3::{
    access::owner,
    listing::{Entry, Page, Query},
    refusal::Refusal,
};

/// What `encoding-type=url` encodes.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'*');

impl Backend {
    pub(super) async fn list(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> Result<ListObjectsOutput, Refusal> {
        let input = request.input;
        let spelling = Spelling::asked(input.encoding_type.as_ref())?;
        let query = Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
            after: input.marker.clone().filter(|marker| !marker.is_empty()),
            max: page_size(input.max_keys)?,
        };
        let max = query.max;
        let page = self.store.index.list(&input.bucket, query).await?;
        Ok(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: Some(spelling.spell(input.prefix.unwrap_or_default())),
            marker: Some(spelling.spell(input.marker.unwrap_or_default())),
            delimiter: input.delimiter.map(|delimiter| spelling.spell(delimiter)),
            max_keys: i32::try_from(max).ok(),
            is_truncated: Some(page.next.is_some()),
            next_marker: page.next.clone().map(|next| spelling.spell(next)),
            encoding_type: input.encoding_type,
            common_prefixes: Some(prefixes(&page, spelling)),
            contents: Some(page.entries.into_iter().map(|entry| object(entry, spelling, true)).collect()),
            ..ListObjectsOutput::default()
        })
    }

    pub(super) async fn list_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> Result<ListObjectsV2Output, Refusal> {
        let input = request.input;
        let spelling = Spelling::asked(input.encoding_type.as_ref())?;
        let after = match &input.continuation_token {
            Some(token) => Some(cursor(token)?),
            None => input.start_after.clone().filter(|after| !after.is_empty()),
        };
        let query = Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
            after,
            max: page_size(input.max_keys)?,
        };
        let max = query.max;
        let page = self.store.index.list(&input.bucket, query).await?;
        let with_owner = input.fetch_owner == Some(true);
        Ok(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(spelling.spell(input.prefix.unwrap_or_default())),
            delimiter: input.delimiter.map(|delimiter| spelling.spell(delimiter)),
            start_after: input.start_after.map(|after| spelling.spell(after)),
            continuation_token: input.continuation_token,
            max_keys: i32::try_from(max).ok(),
            key_count: i32::try_from(page.entries.len() + page.prefixes.len()).ok(),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_ref().map(|next| URL_SAFE_NO_PAD.encode(next)),
            encoding_type: input.encoding_type,
            common_prefixes: Some(prefixes(&page, spelling)),
            contents: Some(
                page.entries.into_iter().map(|entry| object(entry, spelling, with_owner)).collect(),
            ),
            ..ListObjectsV2Output::default()
        })
    }
}

/// How keys are written in an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    Plain,
    /// Percent-encoded, for keys that XML cannot hold.
    Url,
}

impl Spelling {
    pub(super) fn asked(encoding: Option<&EncodingType>) -> Result<Self, Refusal> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self::Plain),
            Some(EncodingType::URL) => Ok(Self::Url),
            Some(_) => Err(Refusal::InvalidArgument("Invalid Encoding Method specified in Request")),
        }
    }

    pub(super) fn spell(self, key: String) -> String {
        match self {
            Self::Plain => key,
            Self::Url => utf8_percent_encode(&key, ENCODED).to_string(),
        }
    }
}

/// A key as part of a URL's path.
pub(super) fn url_path(key: &str) -> String {
    utf8_percent_encode(key, ENCODED).to_string()
}

fn cursor(token: &str) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(Refusal::InvalidArgument("The continuation token provided is incorrect"))
}

fn prefixes(page: &Page, spelling: Spelling) -> Vec<CommonPrefix> {
    let prefix = |prefix: &String| CommonPrefix { prefix: Some(spelling.spell(prefix.clone())) };
    page.prefixes.iter().map(prefix).collect()
}

fn object(entry: Entry, spelling: Spelling, with_owner: bool) -> Object {
    Object {
        key: Some(spelling.spell(entry.key)),
        size: i64::try_from(entry.size).ok(),
        e_tag: Some(ETag::Strong(entry.etag)),
        last_modified: Some(std::time::SystemTime::from(entry.modified).into()),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        owner: with_owner.then(owner),
        ..Object::default()
    }
}
