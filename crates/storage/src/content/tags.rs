//! Entity tags, and lists of them. Pure.

use axum::http::{HeaderMap, HeaderName};

/// A list of entity tags.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tags {
    /// `*`.
    Any,
    /// These.
    These(Vec<Tag>),
}

/// An entity tag, without its quotes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag {
    is_weak: bool,
    opaque: Vec<u8>,
}

impl Tags {
    /// All tags of a header that may come more than once; none where it does not come.
    pub(super) fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let mut values = headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii()).peekable();
        values.peek()?;
        let mut all = Vec::new();
        for value in values {
            if value == b"*" {
                return Some(Self::Any);
            }
            all.extend(Tag::parse_list(value));
        }
        Some(Self::These(all))
    }

    /// True when one of them `is` the tag of the object, or when any is meant.
    pub(super) fn include(&self, etag: Option<&Tag>, is: fn(&Tag, &Tag) -> bool) -> bool {
        match (self, etag) {
            (Self::Any, _) => true,
            (Self::These(tags), Some(etag)) => tags.iter().any(|tag| is(tag, etag)),
            (Self::These(_), None) => false,
        }
    }
}

impl Tag {
    /// The tags of a list. A tag may hold commas; many clients leave the quotes out.
    pub(super) fn parse_list(mut list: &[u8]) -> Vec<Self> {
        let mut tags = Vec::new();
        loop {
            let start = list.iter().position(|c| !matches!(c, b' ' | b'\t' | b','));
            let Some(start) = start else { return tags };
            let (is_weak, rest) = weakness(&list[start..]);
            let (opaque, after) = if let Some(quoted) = rest.strip_prefix(b"\"") {
                let Some(end) = quoted.iter().position(|c| *c == b'"') else { return tags };
                (&quoted[..end], &quoted[end + 1..])
            } else {
                let end = rest.iter().position(|c| *c == b',').unwrap_or(rest.len());
                (rest[..end].trim_ascii(), &rest[end..])
            };
            tags.push(Self { is_weak, opaque: opaque.to_vec() });
            list = after;
        }
    }

    /// The tag of an object.
    pub(super) fn of(text: &str) -> Self {
        let (is_weak, rest) = weakness(text.as_bytes());
        let opaque = rest.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(rest);
        Self { is_weak, opaque: opaque.to_vec() }
    }

    /// The same bytes.
    pub(super) fn is_strongly(&self, other: &Self) -> bool {
        !self.is_weak && !other.is_weak && self.is_weakly(other)
    }

    /// The same content, byte for byte or not.
    pub(super) fn is_weakly(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }
}

fn weakness(tag: &[u8]) -> (bool, &[u8]) {
    tag.strip_prefix(b"W/").map_or((false, tag), |rest| (true, rest))
}
