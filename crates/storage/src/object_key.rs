//! Keys of objects: `<uuid>_<name>`. Pure.
//!
//! The uuid makes a key unique, the name makes it readable. Whatever the name is, the key fits what S3 allows and its
//! public URL fits the column that it is stored in.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use crate::escape::shorten;

/// Longest key that S3 takes, in bytes.
const MAX_KEY_BYTES: usize = 1024;
/// Longest public URL, in characters: the width of the `storage_path` column.
pub(crate) const MAX_URL_CHARS: usize = 500;
/// A uuid with its hyphens.
const UUID_CHARS: usize = 36;

/// What a URL escapes in a key: everything but RFC 3986's unreserved characters. A bare `+` is among the escaped ones,
/// because S3 reads it as a space.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The key of an object that this system writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectKey(String);

impl ObjectKey {
    /// The key for `name`, such that `base_chars` of public URL, a slash and the escaped key fit
    /// [`MAX_URL_CHARS`]. The same uuid and name make the same key.
    pub(crate) fn new(uuid: Uuid, name: &str, base_chars: usize) -> Self {
        let available = MAX_URL_CHARS.saturating_sub(base_chars + 1 + UUID_CHARS + 1);
        let name = shorten(&clean(name), available.min(MAX_KEY_BYTES - UUID_CHARS - 1), ESCAPED);
        Self(format!("{}_{name}", uuid.hyphenated()))
    }

    /// The key as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as the last segment of a URL.
    pub(crate) fn escaped(&self) -> String {
        escaped(&self.0)
    }
}

/// `key` as the last segment of a URL.
pub(crate) fn escaped(key: &str) -> String {
    utf8_percent_encode(key, ESCAPED).to_string()
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where thumbnails lie: `thumbnails/<uuid of the image's key>/<name>`.
const THUMBNAILS: &str = "thumbnails/";

/// What a key of ours is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An image: `<uuid>_…`.
    Image,
    /// A small picture of one, which can be made again.
    Thumbnail,
}

/// What `key` is of; none for keys that neither this system nor the original can have written.
pub(crate) fn kind_of(key: &str) -> Option<Kind> {
    if is_ours(key) {
        return Some(Kind::Image);
    }
    let (uuid, name) = key.strip_prefix(THUMBNAILS)?.split_at_checked(UUID_CHARS)?;
    let is_thumbnail = Uuid::try_parse(uuid).is_ok()
        && name.strip_prefix('/').is_some_and(|name| !name.is_empty() && !name.contains('/'))
        && key.len() <= MAX_KEY_BYTES;
    is_thumbnail.then_some(Kind::Thumbnail)
}

/// The uuid of an image's key.
pub(crate) fn uuid_of(key: &str) -> Option<&str> {
    is_ours(key).then(|| &key[..UUID_CHARS])
}

/// The key of the thumbnail called `name` of the image with this uuid.
pub(crate) fn thumbnail_key(uuid: &str, name: &str) -> String {
    format!("{THUMBNAILS}{uuid}/{name}")
}

/// True for keys of images that this system, or the original, can have written: `<uuid>_…`.
pub(crate) fn is_ours(key: &str) -> bool {
    key.len() <= MAX_KEY_BYTES
        && key
            .split_at_checked(UUID_CHARS)
            .is_some_and(|(uuid, rest)| Uuid::try_parse(uuid).is_ok() && rest.starts_with('_'))
}

/// `name` without what breaks keys: a slash makes folders, control characters and the two non-characters break the XML
/// that S3 lists keys in.
fn clean(name: &str) -> String {
    let breaks = |c: char| c == '/' || c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    name.chars().map(|c| if breaks(c) { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0123_4567_89ab_4def_8123_4567_89ab_cdef);
    const BASE: &str = "https://images.s3.eu-central-1.amazonaws.com";

    fn key(name: &str) -> ObjectKey {
        ObjectKey::new(ID, name, BASE.len())
    }

    #[test]
    fn every_name_becomes_a_key_and_each_needed_byte_is_escaped_once() {
        for (name, kept, escaped) in [
            ("a.txt", "a.txt", "a.txt"),
            ("with space.jpg", "with space.jpg", "with%20space.jpg"),
            ("hash#tag?.jpg", "hash#tag?.jpg", "hash%23tag%3F.jpg"),
            ("100%25.jpg", "100%25.jpg", "100%2525.jpg"),
            ("plus+and&.jpg", "plus+and&.jpg", "plus%2Band%26.jpg"),
            ("a/b\\c.jpg", "a_b\\c.jpg", "a_b%5Cc.jpg"),
            ("it's \"q\".jpg", "it's \"q\".jpg", "it%27s%20%22q%22.jpg"),
            ("😀.png", "😀.png", "%F0%9F%98%80.png"),
            ("תמונה.png", "תמונה.png", "%D7%AA%D7%9E%D7%95%D7%A0%D7%94.png"),
            ("new\r\nline\0.jpg", "new__line_.jpg", "new__line_.jpg"),
            ("..", "..", ".."),
            ("../../etc", ".._.._etc", ".._.._etc"),
            ("", "", ""),
            ("~-_.", "~-_.", "~-_."),
        ] {
            let key = key(name);
            assert_eq!(key.as_str(), format!("{ID}_{kept}"), "{name:?}");
            assert_eq!(key.escaped(), format!("{ID}_{escaped}"), "{name:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_at_a_character_and_keeps_its_extension() {
        for name in [format!("{}.jpeg", "n".repeat(300)), format!("{}.JPG", "😀".repeat(300))] {
            let key = key(&name);
            assert!(BASE.len() + 1 + key.escaped().len() <= MAX_URL_CHARS, "{key}");
            assert!(key.as_str().ends_with(&name[name.rfind('.').unwrap()..]), "{key}");
        }
        let no_extension = format!("a.{}", "x".repeat(600));
        assert!(key(&no_extension).as_str().ends_with('x'));
    }

    #[test]
    fn only_our_shape_is_ours() {
        assert!(is_ours(key("x").as_str()));
        assert!(is_ours("0123ABCD-89ab-4def-8123-456789abcdef_a/b.jpg"));
        for other in [
            "x",
            "",
            "0123abcd-89ab-4def-8123-456789abcdef",
            "0123abcd-89ab-4def-8123-456789abcdef-a",
            "0123abcd89ab4def8123456789abcdef_abcdefghijkl",
            "ééééééééééééééééééé_a",
            "../0123abcd-89ab-4def-8123-456789abcdef_a",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn only_keys_that_this_system_writes_are_ours() {
        for (key, kind) in [
            (format!("{ID}_a.jpg"), Some(Kind::Image)),
            (format!("{ID}_"), Some(Kind::Image)),
            // the original left slashes in names
            (format!("{ID}_a/b.jpg"), Some(Kind::Image)),
            (format!("thumbnails/{ID}/320.webp"), Some(Kind::Thumbnail)),
            (format!("thumbnails/{ID}/"), None),
            (format!("thumbnails/{ID}/a/b"), None),
            (format!("thumbnails/{ID}_a.jpg"), None),
            (format!("{ID}-a.jpg"), None),
            (format!("backup/{ID}_a.jpg"), None),
            (format!("{ID}_{}", "x".repeat(MAX_KEY_BYTES)), None),
            ("thumbnails/".to_owned(), None),
            ("é".repeat(30), None),
            (String::new(), None),
        ] {
            assert_eq!(kind_of(&key), kind, "{key}");
        }
    }

    proptest! {
        #[test]
        fn any_name_fits_and_comes_back_from_its_url(name in any::<String>(), base_chars in 20_usize..400) {
            let key = ObjectKey::new(ID, &name, base_chars);
            prop_assert!(base_chars + 1 + key.escaped().len() <= MAX_URL_CHARS);
            prop_assert!(key.as_str().len() <= MAX_KEY_BYTES && is_ours(key.as_str()));
            prop_assert!(!key.as_str().contains('/'));
            let escaped = key.escaped();
            let decoded = percent_decode_str(&escaped).decode_utf8().unwrap();
            prop_assert_eq!(decoded.as_ref(), key.as_str());
            let url = url::Url::parse(&format!("https://h/b/{escaped}")).unwrap();
            prop_assert_eq!(url.path_segments().unwrap().next_back(), Some(escaped.as_str()));
        }
    }
}
