//! Percent-encoding names that must fit somewhere. Pure.

use percent_encoding::{AsciiSet, utf8_percent_encode};

/// An "extension" longer than this (escaped, with its dot) is part of the name and may be cut.
const MAX_EXTENSION: usize = 40;

/// Length of `text` once escaped.
pub(crate) fn escaped_len(text: &str, set: &'static AsciiSet) -> usize {
    utf8_percent_encode(text, set).map(str::len).sum()
}

/// `name` cut at a character boundary so that it escapes to at most `available` characters; its extension stays.
pub(crate) fn shorten(name: &str, available: usize, set: &'static AsciiSet) -> String {
    if escaped_len(name, set) <= available {
        return name.to_owned();
    }
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 && escaped_len(&name[dot..], set) <= MAX_EXTENSION.min(available) => {
            name.split_at(dot)
        }
        _ => (name, ""),
    };
    let mut left = available - escaped_len(extension, set);
    let mut short = String::new();
    for c in stem.chars() {
        let length = escaped_len(c.encode_utf8(&mut [0; 4]), set);
        if length > left {
            break;
        }
        left -= length;
        short.push(c);
    }
    short + extension
}

#[cfg(test)]
mod tests {
    use percent_encoding::NON_ALPHANUMERIC;

    use super::shorten;

    #[test]
    fn a_long_name_is_cut_between_characters_and_keeps_its_extension() {
        for (name, available, short) in [
            ("abcdef.jpg", 100, "abcdef.jpg"),
            ("abcdef.jpg", 9, "abc.jpg"),
            ("ééé.jpg", 12, "é.jpg"),
            ("abc.jpg", 2, "ab"),
            // a leading dot is no extension; escaped it takes three characters
            (".hidden", 3, "."),
            ("abc", 0, ""),
        ] {
            assert_eq!(shorten(name, available, NON_ALPHANUMERIC), short, "{name} {available}");
        }
    }
}
