//! The `Content-Disposition` of an object: shown or saved, and under which name. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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

#[cfg(test)]
mod tests {
    use super::content_disposition;

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
