//! The `Range` header of a download: which bytes, or none at all.

use std::ops::Range;

/// What a range header means for a file of a certain size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// No header, or one that is to be ignored: 200.
    Whole,
    /// 206.
    Part(Range<u64>),
    /// 416.
    Nothing,
}

/// Reads the header. Several ranges at once, other units and nonsense are ignored, as HTTP allows.
pub(crate) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = spec.split_once('-') else { return Wanted::Whole };
    match (number(first), number(last)) {
        (Bound::Number(first), Bound::Empty) => part(first, size, size),
        (Bound::Number(first), Bound::Number(last)) if first <= last => {
            part(first, last.saturating_add(1), size)
        }
        (Bound::Empty, Bound::Number(count)) => part(size.saturating_sub(count), size, size),
        _ => Wanted::Whole,
    }
}

fn part(start: u64, end: u64, size: u64) -> Wanted {
    if start >= size { Wanted::Nothing } else { Wanted::Part(start..end.min(size)) }
}

enum Bound {
    Empty,
    Number(u64),
    Nonsense,
}

fn number(text: &str) -> Bound {
    match text.trim() {
        "" => Bound::Empty,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // More digits than fit are far beyond every end.
            Bound::Number(digits.parse().unwrap_or(u64::MAX))
        }
        _ => Bound::Nonsense,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_of_range_is_understood() {
        let cases = [
            (None, 10, Wanted::Whole),
            (Some("bytes=0-"), 10, Wanted::Part(0..10)),
            (Some("bytes=3-"), 10, Wanted::Part(3..10)),
            (Some("bytes=3-5"), 10, Wanted::Part(3..6)),
            (Some("bytes=3-3"), 10, Wanted::Part(3..4)),
            (Some("bytes=0-104857599"), 10, Wanted::Part(0..10)),
            (Some("bytes=9-99999999999999999999999"), 10, Wanted::Part(9..10)),
            (Some("bytes=-4"), 10, Wanted::Part(6..10)),
            (Some("bytes=-40"), 10, Wanted::Part(0..10)),
            (Some("bytes=-0"), 10, Wanted::Nothing),
            (Some("bytes=10-"), 10, Wanted::Nothing),
            (Some("bytes=10-20"), 10, Wanted::Nothing),
            (Some("bytes=0-"), 0, Wanted::Nothing),
            (Some("bytes=0-99"), 0, Wanted::Nothing),
            (Some("bytes=-5"), 0, Wanted::Nothing),
            (Some("bytes=5-3"), 10, Wanted::Whole),
            (Some("bytes=-"), 10, Wanted::Whole),
            (Some("bytes=a-b"), 10, Wanted::Whole),
            (Some("bytes=+1-2"), 10, Wanted::Whole),
            (Some("bytes=0-1,3-4"), 10, Wanted::Whole),
            (Some("items=0-1"), 10, Wanted::Whole),
            (Some(""), 10, Wanted::Whole),
        ];
        for (header, size, expected) in cases {
            assert_eq!(wanted(header, size), expected, "{header:?} of {size}");
        }
    }

    proptest! {
        #[test]
        fn a_part_always_lies_inside_the_file(header in "(bytes=)?[0-9-]{0,25}", size in 0u64..50) {
            if let Wanted::Part(range) = wanted(Some(&header), size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
