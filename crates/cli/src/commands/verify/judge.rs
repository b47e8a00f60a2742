//! Whether an object is what its row says. Pure.

use client::metadata::Image;
use serde::Serialize;

/// What Drive said about an image, as its row keeps it, and what an object must therefore be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Expected {
    /// Bytes, where the row says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    /// MD5 of the bytes that were stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) md5: Option<String>,
    /// MD5 that Drive listed, where the bytes must have it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_md5: Option<String>,
}

/// What an object turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Bytes and size are right.
    Right,
    /// Nothing speaks against it, but the row has no MD5 to compare with.
    Unverified,
    /// Its MD5 is not known: it must be read.
    Unread,
    /// These differ.
    Differs(Vec<&'static str>),
}

impl Expected {
    /// What the object of `row` must be.
    pub(super) fn of(row: &Image) -> Self {
        let size = row.size_bytes().or_else(|| row.size.as_str()?.trim().parse().ok());
        let md5 = digest(row.md5.as_deref());
        // Drive's own MD5 was wrong twice for these bytes
        let is_stale = row.source_checksum.as_deref() == Some("stale");
        let source_md5 = digest(row.source_md5.as_deref()).filter(|_| !is_stale);
        // the original wrote 0 where Drive said nothing
        let is_known = md5.is_some() || source_md5.is_some();
        Self { size: size.filter(|size| is_known || *size > 0), md5, source_md5 }
    }

    /// Whether an object of this size and MD5 is right.
    pub(super) fn judge(&self, size: u64, md5: Option<&str>) -> Verdict {
        let mut differs = Vec::new();
        if self.size.is_some_and(|due| due != size) {
            differs.push("size");
        }
        let due = [("md5", &self.md5), ("source_md5", &self.source_md5)];
        let is_known = due.iter().any(|(_, due)| due.is_some());
        if let Some(md5) = md5.map(str::to_ascii_lowercase) {
            let is_other = |due: &Option<String>| due.as_ref().is_some_and(|due| *due != md5);
            differs.extend(due.iter().filter(|(_, due)| is_other(due)).map(|(name, _)| *name));
        }
        match (differs.is_empty(), is_known, md5) {
            (false, _, _) => Verdict::Differs(differs),
            (true, false, _) => Verdict::Unverified,
            (true, true, None) => Verdict::Unread,
            (true, true, Some(_)) => Verdict::Right,
        }
    }
}

/// 32 hexadecimal digits; the column of a strange row may hold anything.
fn digest(text: Option<&str>) -> Option<String> {
    text.map(|text| text.trim().to_ascii_lowercase()).filter(|text| !text.is_empty())
}

/// The uuid that the key of an image begins with, in a URL of any bucket.
pub(super) fn uuid_in(storage_path: &str) -> Option<&str> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let is_uuid = |text: &str| {
        let mut places = text.bytes().enumerate();
        places.all(|(at, byte)| if HYPHENS.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
    };
    storage_path.match_indices('/').find_map(|(slash, _)| {
        let (uuid, rest) = storage_path[slash + 1..].split_at_checked(36)?;
        (rest.starts_with('_') && is_uuid(uuid)).then_some(uuid)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn expected(fields: &Value) -> Expected {
        let mut row = json!({"id": 1, "name": "n", "google_drive_id": "d", "size": 5, "mime_type": "m",
            "storage_path": "p", "storage_provider": "aws", "created_at": null});
        for (name, value) in fields.as_object().unwrap() {
            row[name] = value.clone();
        }
        Expected::of(&serde_json::from_value(row).unwrap())
    }

    #[test]
    fn an_object_must_be_what_drive_and_the_row_say() {
        use Verdict::{Differs, Right, Unread, Unverified};
        for (row, size, md5, verdict) in [
            (json!({"md5": A, "source_md5": A}), 5, Some(A), Right),
            (json!({"md5": A.to_uppercase()}), 5, Some(A), Right),
            (json!({"md5": A}), 5, Some(B), Differs(vec!["md5"])),
            (json!({"md5": A, "source_md5": A}), 5, Some(B), Differs(vec!["md5", "source_md5"])),
            (json!({"md5": A, "source_md5": A}), 4, Some(B), Differs(vec!["size", "md5", "source_md5"])),
            // the row was changed by hand
            (json!({"md5": B, "source_md5": A}), 5, Some(A), Differs(vec!["md5"])),
            (json!({"md5": A, "source_md5": A, "size": 6}), 5, Some(A), Differs(vec!["size"])),
            (json!({"md5": A, "source_md5": B}), 5, Some(A), Differs(vec!["source_md5"])),
            (json!({"md5": A, "source_md5": B, "source_checksum": "stale"}), 5, Some(A), Right),
            (
                json!({"md5": A, "source_md5": B, "source_checksum": "stale"}),
                5,
                Some(B),
                Differs(vec!["md5"]),
            ),
            // an object in parts
            (json!({"md5": A}), 5, None, Unread),
            (json!({"md5": A}), 4, None, Differs(vec!["size"])),
            // rows of the original
            (json!({}), 5, Some(A), Unverified),
            (json!({}), 4, Some(A), Differs(vec!["size"])),
            (json!({"size": 0}), 4, Some(A), Unverified),
            (json!({"size": "5"}), 4, Some(A), Differs(vec!["size"])),
            (json!({"size": "what"}), 4, None, Unverified),
            (json!({"md5": A, "size": 0}), 5, Some(A), Differs(vec!["size"])),
        ] {
            assert_eq!(expected(&row).judge(size, md5), verdict, "{row} {size} {md5:?}");
        }
    }

    #[test]
    fn a_key_of_ours_is_found_in_any_url() {
        let uuid = "0123abcd-89AB-4def-8123-456789abcdef";
        for (url, found) in [
            (format!("https://cdn.example/{uuid}_a.jpg"), Some(uuid)),
            (format!("http://old:9000/images/{uuid}_a b/c?.jpg"), Some(uuid)),
            (format!("https://b.s3.amazonaws.com/é/{uuid}_"), Some(uuid)),
            (format!("https://cdn.example/{uuid}-a.jpg"), None),
            (format!("https://cdn.example/x{uuid}_a.jpg"), None),
            ("https://cdn.example/0123abcd-89ab-4def-8123-456789abcdeg_a".to_owned(), None),
            ("https://cdn.example/éééééééééééééééééé_".to_owned(), None),
            ("https://cdn.example".to_owned(), None),
        ] {
            assert_eq!(uuid_in(&url), found, "{url}");
        }
    }
}
