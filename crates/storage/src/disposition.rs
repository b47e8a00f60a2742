//! The `Content-Disposition` of an object: shown or saved, and under which name. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::escape::shorten;

/// What RFC 8187 lets stand unescaped in `filename*`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Longest name once escaped. S3 stops at 2 KiB for all such headers of an object together.
const MAX_ESCAPED: usize = 1500;

/// The header for a file that was called `name`: shown in place if `inline`, else saved.
pub(crate) fn content_disposition(name: &str, inline: bool) -> String {
    let kind = if inline { "inline" } else { "attachment" };
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name = shorten(&name, MAX_ESCAPED, ESCAPED);
    if name.is_empty() {
        return kind.to_owned();
    }
    format!("{kind}; filename*=UTF-8''{}", utf8_percent_encode(&name, ESCAPED))
}

/// The same with a second name for clients that know ASCII only, as RFC 6266 wants it: too long to be stored.
pub(crate) fn shown_as(name: &str, inline: bool) -> String {
    let header = content_disposition(name, inline);
    let Some((kind, extended)) = header.split_once("; ") else { return header };
    let name = name_in(&header).unwrap_or_default();
    // some clients decode escapes where there must be none
    let is_plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%' | '/');
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; {extended}")
}

/// The name in a header that [`content_disposition`] made.
pub(crate) fn name_in(header: &str) -> Option<String> {
    let (_, escaped) = header.split_once("filename*=UTF-8''")?;
    let escaped = escaped.split(';').next().unwrap_or_default();
    percent_decode_str(escaped).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_in_ascii_too_and_comes_back() {
        for (name, header) in [
            ("a b.jpg", "inline; filename=\"a b.jpg\"; filename*=UTF-8''a%20b.jpg"),
            (
                "\u{fc}\"\\%41;.png",
                "inline; filename=\"____41;.png\"; filename*=UTF-8''%C3%BC%22%5C%2541%3B.png",
            ),
            ("a/b", "inline; filename=\"a_b\"; filename*=UTF-8''a%2Fb"),
            ("", "inline"),
        ] {
            assert_eq!(shown_as(name, true), header);
            let stored = content_disposition(name, true);
            assert_eq!(name_in(&stored).unwrap_or_default(), name);
        }
        assert_eq!(name_in("inline; filename*=UTF-8''%FF"), None);
    }

    #[test]
    fn the_real_name_survives_in_ascii() {
        for (name, inline, header) in [
            ("a b.jpg", true, "inline; filename*=UTF-8''a%20b.jpg"),
            ("ü/\"x\".svg", false, "attachment; filename*=UTF-8''%C3%BC%2F%22x%22.svg"),
            ("a\r\nX-Evil: 1", true, "inline; filename*=UTF-8''aX-Evil%3A%201"),
            ("", true, "inline"),
        ] {
            assert_eq!(content_disposition(name, inline), header);
        }
        let longest = content_disposition(&"😀".repeat(300), false);
        assert!(longest.is_ascii() && longest.len() < 1600);
    }
}
