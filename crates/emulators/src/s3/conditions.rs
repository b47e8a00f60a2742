//! The conditions of requests (RFC 9110 section 13), in the order in which S3 weighs them.

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, header};

use super::refusal::Refusal;

/// What the conditions of a read come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Answer with the object.
    Proceed,
    /// 304: the client has it.
    NotModified,
    /// 412.
    Failed,
}

/// Names of the headers that hold conditions: those of a read, or those on the source of a copy.
pub(super) struct Names {
    matching: HeaderName,
    none_matching: HeaderName,
    modified_since: HeaderName,
    unmodified_since: HeaderName,
}

impl Names {
    /// The conditions of GET and HEAD.
    pub(super) fn of_read() -> Self {
        Self {
            matching: header::IF_MATCH,
            none_matching: header::IF_NONE_MATCH,
            modified_since: header::IF_MODIFIED_SINCE,
            unmodified_since: header::IF_UNMODIFIED_SINCE,
        }
    }

    /// The conditions on the source of a copy.
    pub(super) fn of_copy_source() -> Self {
        Self {
            matching: HeaderName::from_static("x-amz-copy-source-if-match"),
            none_matching: HeaderName::from_static("x-amz-copy-source-if-none-match"),
            modified_since: HeaderName::from_static("x-amz-copy-source-if-modified-since"),
            unmodified_since: HeaderName::from_static("x-amz-copy-source-if-unmodified-since"),
        }
    }
}

/// Weighs the conditions of a read against the object. A date that is none is ignored, as everywhere in HTTP.
pub(super) fn weigh(headers: &HeaderMap, names: &Names, etag: &str, modified: DateTime<Utc>) -> Verdict {
    if let Some(list) = headers.get(&names.matching) {
        if !matches(list.as_bytes(), etag, Strength::Strong) {
            return Verdict::Failed;
        }
    } else if date(headers, &names.unmodified_since).is_some_and(|since| modified > since) {
        return Verdict::Failed;
    }
    if let Some(list) = headers.get(&names.none_matching) {
        if matches(list.as_bytes(), etag, Strength::Weak) {
            return Verdict::NotModified;
        }
    } else if date(headers, &names.modified_since).is_some_and(|since| modified <= since) {
        return Verdict::NotModified;
    }
    Verdict::Proceed
}

/// Whether a Range is still meant, now that the object is this one.
pub(super) fn range_is_meant(headers: &HeaderMap, etag: &str, modified: DateTime<Utc>) -> bool {
    let Some(value) = headers.get(header::IF_RANGE) else { return true };
    let is_etag = value.as_bytes().starts_with(b"\"") || value.as_bytes().starts_with(b"W/");
    if is_etag {
        matches(value.as_bytes(), etag, Strength::Strong)
    } else {
        date(headers, &header::IF_RANGE) == Some(modified)
    }
}

/// The conditions of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WriteCondition {
    /// `If-None-Match: *`: nothing may be there yet.
    pub(super) absent: bool,
    /// `If-Match`: exactly this must be there.
    pub(super) etag: Option<String>,
}

impl WriteCondition {
    /// Reads the conditions of a write.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Self, Refusal> {
        let absent = match headers.get(header::IF_NONE_MATCH).map(http::HeaderValue::as_bytes) {
            None => false,
            Some(b"*") => true,
            Some(_) => return Err(Refusal::NotImplemented("If-None-Match with an ETag on a write")),
        };
        let etag =
            headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default().trim().to_owned());
        Ok(Self { absent, etag })
    }

    /// Whether the write may go ahead over an object with this ETag, or over nothing.
    pub(super) fn check(&self, current: Option<&str>) -> Result<(), Refusal> {
        match (current, &self.etag) {
            (Some(_), _) if self.absent => Err(Refusal::PreconditionFailed),
            (None, Some(_)) => Err(Refusal::NoSuchKey),
            (Some(etag), Some(wanted)) if !matches(wanted.as_bytes(), etag, Strength::Strong) => {
                Err(Refusal::PreconditionFailed)
            }
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

/// Whether a list of ETags names this one. Many S3 clients leave the quotes out.
fn matches(list: &[u8], etag: &str, strength: Strength) -> bool {
    list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(|item| {
        let item = match item.strip_prefix(b"W/") {
            Some(_) if strength == Strength::Strong => return false,
            Some(weak) => weak,
            None => item,
        };
        let bare = item.strip_prefix(b"\"").and_then(|item| item.strip_suffix(b"\"")).unwrap_or(item);
        item == b"*" || bare == etag.as_bytes()
    })
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<DateTime<Utc>> {
    let text = headers.get(name)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

/// A time as HTTP writes it.
pub(super) fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{Names, Verdict, WriteCondition, http_date, range_is_meant, weigh};
    use crate::s3::object::from_seconds;

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const EXACTLY: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn conditions_are_weighed_as_http_says() {
        let modified = from_seconds(784_111_777);
        assert_eq!(http_date(modified), EXACTLY);
        for (pairs, verdict) in [
            (&[][..], Verdict::Proceed),
            (&[("if-none-match", "\"tag\"")], Verdict::NotModified),
            (&[("if-none-match", "W/\"tag\"")], Verdict::NotModified),
            (&[("if-none-match", "\"x\", \"tag\"")], Verdict::NotModified),
            (&[("if-none-match", "*")], Verdict::NotModified),
            (&[("if-none-match", "tag")], Verdict::NotModified),
            (&[("if-none-match", "\"x\"")], Verdict::Proceed),
            (&[("if-match", "\"tag\"")], Verdict::Proceed),
            (&[("if-match", "*")], Verdict::Proceed),
            (&[("if-match", "W/\"tag\"")], Verdict::Failed),
            (&[("if-match", "\"x\"")], Verdict::Failed),
            (&[("if-modified-since", EXACTLY)], Verdict::NotModified),
            (&[("if-modified-since", BEFORE)], Verdict::Proceed),
            (&[("if-modified-since", "yesterday")], Verdict::Proceed),
            (&[("if-unmodified-since", EXACTLY)], Verdict::Proceed),
            (&[("if-unmodified-since", BEFORE)], Verdict::Failed),
            // an ETag outweighs a date
            (&[("if-none-match", "\"x\""), ("if-modified-since", EXACTLY)], Verdict::Proceed),
            (&[("if-match", "\"tag\""), ("if-unmodified-since", BEFORE)], Verdict::Proceed),
        ] {
            assert_eq!(weigh(&headers(pairs), &Names::of_read(), "tag", modified), verdict, "{pairs:?}");
        }
    }

    #[test]
    fn a_range_is_meant_only_of_the_version_the_client_knows() {
        let modified = from_seconds(784_111_777);
        for (value, meant) in
            [("\"tag\"", true), ("\"x\"", false), ("W/\"tag\"", false), (EXACTLY, true), (BEFORE, false)]
        {
            assert_eq!(range_is_meant(&headers(&[("if-range", value)]), "tag", modified), meant, "{value}");
        }
        assert!(range_is_meant(&HeaderMap::new(), "tag", modified));
    }

    #[test]
    fn writes_are_held_to_their_conditions() {
        let condition = |pairs| WriteCondition::from_headers(&headers(pairs)).unwrap();
        let absent = condition(&[("if-none-match", "*")]);
        assert!(absent.check(None).is_ok());
        assert!(absent.check(Some("tag")).is_err());
        let exact = condition(&[("if-match", "\"tag\"")]);
        assert!(exact.check(Some("tag")).is_ok());
        assert!(exact.check(Some("other")).is_err());
        assert!(exact.check(None).is_err());
        assert!(condition(&[]).check(Some("tag")).is_ok());
        assert!(WriteCondition::from_headers(&headers(&[("if-none-match", "\"tag\"")])).is_err());
    }
}
