//! What the index remembers: objects, unfinished uploads and their parts.

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};

use super::{access::Acl, blob::BlobId, checksum::Checksum, refusal::Refusal};

/// The longest key, in bytes of UTF-8.
pub(super) const MAX_KEY_BYTES: usize = 1024;
/// The most user metadata an object may have: names and values together, in bytes.
const MAX_METADATA_BYTES: usize = 2048;
const METADATA_PREFIX: &str = "x-amz-meta-";
/// The request headers that come back with the object, besides user metadata.
const KEPT_HEADERS: [&str; 7] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-website-redirect-location",
];

/// A stored object, whole and verified.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// Length in bytes.
    pub(super) size: u64,
    /// ETag without quotes: the MD5, or `<md5 of md5s>-<parts>` after a multipart upload.
    pub(super) etag: String,
    /// When it was written; whole seconds, as HTTP dates are.
    pub(super) modified: DateTime<Utc>,
    /// All that is only needed when the object itself is asked for.
    pub(super) details: Details,
}

/// The part of an object that no listing shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Details {
    /// Headers to answer with, as they came.
    pub(super) headers: Vec<(String, String)>,
    /// Who may read it.
    pub(super) acl: Acl,
    /// The checksum that the writer sent or asked for.
    pub(super) checksum: Option<Checksum>,
    /// The files that hold the bytes, in order; more than one after a multipart upload.
    pub(super) segments: Vec<Segment>,
}

/// A file of the blob store and its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Segment {
    /// Its name.
    pub(super) blob: BlobId,
    /// Its length in bytes.
    pub(super) size: u64,
}

/// What the object of a multipart upload will have.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct UploadDetails {
    /// Headers to answer with, as they came.
    pub(super) headers: Vec<(String, String)>,
    /// Who may read it.
    pub(super) acl: Acl,
    /// The checksum announced when the upload began.
    pub(super) checksum: Option<super::checksum::Plan>,
}

/// A multipart upload.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    /// Its id.
    pub(super) id: String,
    /// The key of the object to be.
    pub(super) key: String,
    /// When it began.
    pub(super) initiated: DateTime<Utc>,
    /// What the object will have.
    pub(super) details: UploadDetails,
    /// The ETag of the object, once completed.
    pub(super) completed: Option<String>,
}

/// A part of a multipart upload.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// 1 to 10,000.
    pub(super) number: i32,
    /// When it was written.
    pub(super) modified: DateTime<Utc>,
    /// The rest.
    pub(super) details: PartDetails,
}

/// The bytes of a part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PartDetails {
    /// MD5 in hex, which is the part's ETag.
    pub(super) md5: String,
    /// The checksum that came with it.
    pub(super) checksum: Option<Checksum>,
    /// The file that holds it.
    pub(super) segment: Segment,
}

/// Now, in whole seconds.
pub(super) fn now() -> DateTime<Utc> {
    from_seconds(Utc::now().timestamp())
}

/// A time as the index keeps it.
pub(super) fn from_seconds(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

/// The headers of a write that come back with every read.
pub(super) fn kept_headers(request: &HeaderMap) -> Result<Vec<(String, String)>, Refusal> {
    let mut kept = Vec::new();
    let mut metadata_bytes = 0;
    for (name, value) in request {
        let metadata = name.as_str().strip_prefix(METADATA_PREFIX);
        if metadata.is_none() && !KEPT_HEADERS.contains(&name.as_str()) {
            continue;
        }
        let value =
            std::str::from_utf8(value.as_bytes()).map_err(|_| Refusal::BadHeader(name.to_string()))?;
        metadata_bytes += metadata.map_or(0, |name| name.len() + value.len());
        if let Some(value) = kept_value(name, value) {
            kept.push((name.to_string(), value));
        }
    }
    if metadata_bytes > MAX_METADATA_BYTES {
        return Err(Refusal::MetadataTooLarge);
    }
    Ok(kept)
}

/// `aws-chunked` says how this one request was framed; it is no property of the object.
fn kept_value(name: &HeaderName, value: &str) -> Option<String> {
    if name != http::header::CONTENT_ENCODING {
        return Some(value.to_owned());
    }
    let codings: Vec<_> = value
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && *coding != "aws-chunked")
        .collect();
    (!codings.is_empty()).then(|| codings.join(","))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::kept_headers;

    fn kept(headers: &[(&'static str, &str)]) -> Vec<(String, String)> {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap()))
            .collect();
        kept_headers(&map).unwrap()
    }

    #[test]
    fn only_headers_of_the_object_are_kept() {
        let kept = kept(
            &[("host", "x"), ("content-type", "image/png"), ("x-amz-meta-né", "ü"), ("x-amz-acl", "private")]
                [..2],
        );
        assert_eq!(kept, [("content-type".to_owned(), "image/png".to_owned())]);
    }

    #[test]
    fn the_framing_of_the_request_is_not_an_encoding_of_the_object() {
        assert_eq!(kept(&[("content-encoding", "aws-chunked")]), []);
        assert_eq!(
            kept(&[("content-encoding", "gzip, aws-chunked")]),
            [("content-encoding".to_owned(), "gzip".to_owned())]
        );
    }

    #[test]
    fn metadata_beyond_two_kilobytes_is_refused() {
        let mut map = HeaderMap::new();
        map.insert("x-amz-meta-a", "v".repeat(2048).parse().unwrap());
        assert!(kept_headers(&map).is_err());
    }
}
