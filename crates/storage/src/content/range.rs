//! The header `Range`: one range of bytes, or none. Pure.
//!
//! RFC 9110 section 14 lets a server ignore what it does not understand: several ranges, other units and malformed
//! ones are answered with the whole object.

use axum::http::{HeaderMap, header};

use crate::bucket::Span;

/// What S3 servers take as a number.
const MOST: u64 = i64::MAX as u64;

/// The part of an object that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `bytes=a-b` or `bytes=a-`.
    Span(Span),
    /// `bytes=-n`: so many at the end.
    Last(u64),
}

impl Wanted {
    /// First and last byte in an object of `size` bytes; none where it has no such part.
    pub(super) fn within(self, size: u64) -> Option<(u64, u64)> {
        let last_byte = size.checked_sub(1)?;
        match self {
            Self::Span(Span { first, .. }) if first > last_byte => None,
            Self::Span(Span { first, last }) => {
                Some((first, last.map_or(last_byte, |last| last.min(last_byte))))
            }
            Self::Last(0) => None,
            Self::Last(count) => Some((size.saturating_sub(count), last_byte)),
        }
    }

    /// What to ask S3 for; none where the size must be known first.
    pub(super) fn as_span(self) -> Option<Span> {
        match self {
            Self::Span(Span { first, last }) if first <= MOST => {
                Some(Span { first, last: last.filter(|last| *last <= MOST) })
            }
            _ => None,
        }
    }
}

/// The range that the headers ask for, if they ask for one that is understood.
pub(super) fn of(headers: &HeaderMap) -> Option<Wanted> {
    let mut lines = headers.get_all(header::RANGE).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    parse(line.to_str().ok()?)
}

fn parse(text: &str) -> Option<Wanted> {
    let (unit, ranges) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    // a list may have empty elements
    let mut elements =
        ranges.split(',').map(|element| element.trim_matches([' ', '\t'])).filter(|e| !e.is_empty());
    let (one, None) = (elements.next()?, elements.next()) else { return None };
    let (first, last) = one.split_once('-')?;
    Some(match (first, last) {
        ("", count) => Wanted::Last(number(count)?),
        (first, "") => Wanted::Span(Span { first: number(first)?, last: None }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            Wanted::Span(Span { first, last: Some(last) })
        }
    })
}

/// Digits only; what is too large for a number is beyond the end of every object.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn span(first: u64, last: Option<u64>) -> Wanted {
        Wanted::Span(Span { first, last })
    }

    #[test]
    fn one_range_is_understood_and_all_else_is_ignored() {
        for (text, wanted) in [
            ("bytes=0-0", Some(span(0, Some(0)))),
            ("bytes=5-", Some(span(5, None))),
            ("bytes=-7", Some(Wanted::Last(7))),
            ("bytes=-0", Some(Wanted::Last(0))),
            ("Bytes=1-2", Some(span(1, Some(2)))),
            ("bytes= 1-2 ", Some(span(1, Some(2)))),
            ("bytes=,1-2,", Some(span(1, Some(2)))),
            ("bytes=007-0010", Some(span(7, Some(10)))),
            ("bytes=0-99999999999999999999999", Some(span(0, Some(u64::MAX)))),
            ("bytes=99999999999999999999999-", Some(span(u64::MAX, None))),
            ("bytes=2-1", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=--1", None),
            ("bytes=-1-2", None),
            ("bytes=+1-2", None),
            ("bytes=1 - 2", None),
            ("bytes=0x1-2", None),
            ("bytes=a-b", None),
            ("bytes=", None),
            ("bytes", None),
            ("bytes 0-1", None),
            ("items=0-1", None),
            ("", None),
        ] {
            assert_eq!(parse(text), wanted, "{text}");
        }
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers), None);
        headers.append(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        assert_eq!(of(&headers), Some(span(0, Some(1))));
        headers.append(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        assert_eq!(of(&headers), None, "two headers are a list");
    }

    #[test]
    fn a_range_is_cut_to_the_object_or_outside_it() {
        for (wanted, size, within) in [
            (span(0, Some(9)), 10, Some((0, 9))),
            (span(0, Some(100)), 10, Some((0, 9))),
            (span(9, None), 10, Some((9, 9))),
            (span(10, None), 10, None),
            (span(u64::MAX, None), 10, None),
            (Wanted::Last(3), 10, Some((7, 9))),
            (Wanted::Last(10), 10, Some((0, 9))),
            (Wanted::Last(u64::MAX), 10, Some((0, 9))),
            (Wanted::Last(0), 10, None),
            (span(0, None), 0, None),
            (Wanted::Last(1), 0, None),
        ] {
            assert_eq!(wanted.within(size), within, "{wanted:?} of {size}");
        }
    }

    #[test]
    fn only_numbers_that_servers_take_are_sent_on() {
        let sent = |first, last| Some(Span { first, last });
        assert_eq!(span(1, Some(2)).as_span(), sent(1, Some(2)));
        assert_eq!(span(1, Some(u64::MAX)).as_span(), sent(1, None));
        assert_eq!(span(u64::MAX, None).as_span(), None);
        assert_eq!(Wanted::Last(1).as_span(), None);
    }

    proptest! {
        #[test]
        fn no_text_leads_outside_the_object(
            text in prop_oneof!["\\PC{0,40}", "(bytes)?[ =]{0,2}[0-9, -]{0,30}"],
            size in prop_oneof![0_u64..40, any::<u64>()],
        ) {
            if let Some((first, last)) = parse(&text).and_then(|wanted| wanted.within(size)) {
                prop_assert!(first <= last && last < size, "{text:?} of {size}: {first}-{last}");
            }
        }

        #[test]
        fn a_range_is_the_bytes_that_it_names(
            (first, last) in (0_u64..60, proptest::option::of(0_u64..60)),
            size in 0_u64..50,
            pad in "0{0,25}",
        ) {
            let text = format!("bytes={pad}{first}-{}", last.map_or_else(String::new, |last| last.to_string()));
            let named = (0..size).filter(|byte| *byte >= first && last.is_none_or(|last| *byte <= last));
            let expected: Option<Vec<u64>> = (last.is_none_or(|last| first <= last)).then(|| named.collect());
            let parsed = parse(&text).map(|wanted| match wanted.within(size) {
                Some((first, last)) => (first..=last).collect(),
                None => Vec::new(),
            });
            prop_assert_eq!(parsed, expected);
        }

        #[test]
        fn the_end_is_counted_from_the_end(count in 0_u64..60, size in 0_u64..50) {
            let within = parse(&format!("bytes=-{count}")).and_then(|wanted| wanted.within(size));
            let expected = (0..size).rev().take(usize::try_from(count).unwrap()).collect::<Vec<_>>();
            let got = within.map_or_else(Vec::new, |(first, last)| (first..=last).rev().collect());
            prop_assert_eq!(got, expected);
        }
    }
}
