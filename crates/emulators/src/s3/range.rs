//! Which bytes of an object a `Range` header means.

use std::ops::Range;

/// What a `Range` header comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slice {
    /// The whole object: no range, none that can be read, or several, which S3 does not serve.
    Whole,
    /// These bytes.
    Bytes(Range<u64>),
    /// None of it: 416.
    Unsatisfiable,
}

/// Reads the `Range` header of a request for an object of `size` bytes.
pub(super) fn slice(header: Option<&str>, size: u64) -> Slice {
    let range = match header.and_then(parse) {
        None => return Slice::Whole,
        Some(Spec::Between(first, last)) => first..last.saturating_add(1).min(size),
        Some(Spec::From(first)) => first..size,
        Some(Spec::Last(bytes)) => size.saturating_sub(bytes)..size,
    };
    if range.is_empty() { Slice::Unsatisfiable } else { Slice::Bytes(range) }
}

enum Spec {
    Between(u64, u64),
    From(u64),
    Last(u64),
}

fn parse(header: &str) -> Option<Spec> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.trim().split_once('-')?;
    match (first, last) {
        ("", last) => Some(Spec::Last(number(last)?)),
        (first, "") => Some(Spec::From(number(first)?)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::Between(first, last))
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // a number too large for the type is still a number: beyond every object
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Slice, slice};

    #[test]
    fn ranges_mean_what_http_says() {
        for (header, expected) in [
            ("bytes=2-5", Slice::Bytes(2..6)),
            ("bytes=7-", Slice::Bytes(7..10)),
            ("bytes=-3", Slice::Bytes(7..10)),
            ("bytes=-99", Slice::Bytes(0..10)),
            ("bytes=8-99", Slice::Bytes(8..10)),
            ("bytes=0-18446744073709551615", Slice::Bytes(0..10)),
            ("bytes=0-99999999999999999999999", Slice::Bytes(0..10)),
            ("bytes=10-", Slice::Unsatisfiable),
            ("bytes=50-60", Slice::Unsatisfiable),
            ("bytes=-0", Slice::Unsatisfiable),
            ("bytes=5-2", Slice::Whole),
            ("bytes=0-1,3-4", Slice::Whole),
            ("bytes=-", Slice::Whole),
            ("bytes=a-b", Slice::Whole),
            ("bytes=+1-2", Slice::Whole),
            ("pages=1-2", Slice::Whole),
        ] {
            assert_eq!(slice(Some(header), 10), expected, "{header}");
        }
        assert_eq!(slice(None, 10), Slice::Whole);
        assert_eq!(slice(Some("bytes=0-"), 0), Slice::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn bytes_always_lie_inside_the_object(
            header in prop_oneof!["\\PC{0,30}", "(bytes=)?[0-9, -]{0,25}"],
            size in 0_u64..50,
        ) {
            if let Slice::Bytes(range) = slice(Some(&header), size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
