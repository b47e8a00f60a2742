//! What counts as JSON. Pure.
//!
//! The original reads JSON with Python, which also takes `NaN`, `Infinity` and `-Infinity`: they are told apart from
//! text that is no JSON at all.

use serde::de::IgnoredAny;
use service::odd_json::without_odd_numbers;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JSON.
    Json,
    /// JSON but for a number that JSON cannot say.
    OutOfRange,
    /// Something else.
    Other,
}

/// Judges a whole text; a byte-order mark before it does not count.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return Kind::Other };
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    if is_json(text) {
        Kind::Json
    } else if is_json(&without_odd_numbers(text)) {
        Kind::OutOfRange
    } else {
        Kind::Other
    }
}

/// True when a text that starts like this may be JSON.
pub(crate) fn may_start(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|c| !matches!(c, b' ' | b'\t' | b'\r' | b'\n')) {
        Some(c) => matches!(c, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'N' | b'I'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_other_texts() {
        for (text, expected) in [
            (r#"{"a":[1,"é"]}"#, Kind::Json),
            ("\u{feff}null", Kind::Json),
            (" 5 ", Kind::Json),
            (r#"{"a":NaN,"b":-Infinity}"#, Kind::OutOfRange),
            (r#"{"a":"\"NaN","b":Infinity}"#, Kind::OutOfRange),
            (r#"{"a":"NaN"}"#, Kind::Json),
            ("", Kind::Other),
            ("<!doctype html>", Kind::Other),
            ("{", Kind::Other),
            ("{} {}", Kind::Other),
            ("NaNa", Kind::Other),
        ] {
            assert_eq!(kind(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(kind(b"{\"folder_url\":\"\xff\"}"), Kind::Other);
        assert_eq!(kind("[".repeat(100_000).as_bytes()), Kind::Other);
    }

    #[test]
    fn the_first_bytes_tell_most_other_texts() {
        assert!(may_start(b"\n {"));
        assert!(may_start(b"NaN"));
        assert!(!may_start(b"<html>"));
        assert!(!may_start(b" \n"));
    }
}
