//! The body of `POST /images`: what is taken, what is refused and in which words. Checks follow the original's order:
//! the Drive id first (a known one answers before anything else is looked at), then the other fields.

mod fields;

use client::metadata::Share;
use serde_json::{Map, Value};

use fields::{
    hex_digits, hex_text, limit, media_type, optional, optional_text, pixels, required, size, text,
};

/// Longest name in characters; longer ones are cut.
const MAX_NAME: usize = 255;
/// Longest Drive id in characters.
const MAX_DRIVE_ID: usize = 255;
/// Longest type in characters.
const MAX_MIME_TYPE: usize = 100;
/// Longest public URL in characters.
pub(crate) const MAX_STORAGE_PATH: usize = 500;
/// Longest provider in characters.
pub(crate) const MAX_PROVIDER: usize = 20;
/// Longest job id in characters.
const MAX_JOB_ID: usize = 255;

/// A row to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewImage {
    /// At most 255 characters.
    pub(crate) name: String,
    /// As sent.
    pub(crate) google_drive_id: String,
    /// Bytes.
    pub(crate) size: i64,
    /// As Drive announced it.
    pub(crate) mime_type: String,
    /// Public URL; empty with `share`.
    pub(crate) storage_path: String,
    /// `aws`.
    pub(crate) storage_provider: String,
    /// MD5 of the bytes, 32 lower-case hexadecimal digits.
    pub(crate) md5: Option<String>,
    /// MD5 as listed, likewise.
    pub(crate) source_md5: Option<String>,
    /// `stale` when Drive's MD5 was wrong.
    pub(crate) source_checksum: Option<String>,
    /// SHA-256 as listed, 64 lower-case hexadecimal digits.
    pub(crate) sha256: Option<String>,
    /// The job that stored it.
    pub(crate) job_id: Option<String>,
    /// Pixels.
    pub(crate) width: Option<u32>,
    /// Pixels.
    pub(crate) height: Option<u32>,
    /// What the bytes are, `type/subtype` in lower case.
    pub(crate) content_type: Option<String>,
    /// The row's path must still be this one, and is replaced.
    pub(crate) replaces: Option<String>,
    /// No row is made where the one to replace is gone.
    pub(crate) only_known: bool,
    /// Use the object of a row with these bytes.
    pub(crate) share: Option<Share>,
}

/// Why a body is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Not an object.
    #[error("The body must be a JSON object.")]
    NotAnObject,
    /// A field is not there.
    #[error("`{0}` is missing.")]
    Missing(&'static str),
    /// A field has the wrong type or an impossible value.
    #[error("`{field}` must be {must_be}.")]
    Wrong {
        /// The field.
        field: &'static str,
        /// What is expected.
        must_be: &'static str,
    },
    /// A field is too long.
    #[error("`{field}` is longer than {most} characters.")]
    TooLong {
        /// The field.
        field: &'static str,
        /// What is taken.
        most: usize,
    },
}

/// The Drive id of a body, however wrong the rest of it may be.
pub(crate) fn drive_id(body: &Value) -> Result<&str, Refused> {
    let fields = body.as_object().ok_or(Refused::NotAnObject)?;
    match required(fields, "google_drive_id")? {
        Value::String(id) => Ok(id),
        _ => Err(Refused::Wrong { field: "google_drive_id", must_be: "a text" }),
    }
}

impl NewImage {
    /// The row that a body asks for.
    pub(crate) fn parse(body: &Value) -> Result<Self, Refused> {
        let google_drive_id = drive_id(body)?.to_owned();
        let fields = body.as_object().ok_or(Refused::NotAnObject)?;
        let share = share(fields)?;
        let name = text(fields, "name")?.chars().take(MAX_NAME).collect();
        let size = size(required(fields, "size")?, "size")?;
        let mime_type = text(fields, "mime_type")?;
        let storage_path = match share {
            Some(_) => String::new(),
            None => text(fields, "storage_path")?,
        };
        Ok(Self {
            name,
            google_drive_id,
            size,
            mime_type,
            storage_path,
            storage_provider: text(fields, "storage_provider")?,
            md5: hex_digits(fields, "md5", 32)?,
            source_md5: hex_digits(fields, "source_md5", 32)?,
            source_checksum: optional_text(fields, "source_checksum", MAX_PROVIDER)?,
            sha256: hex_digits(fields, "sha256", 64)?,
            job_id: optional_text(fields, "job_id", MAX_JOB_ID)?,
            width: pixels(fields, "width")?,
            height: pixels(fields, "height")?,
            content_type: media_type(fields, "content_type", MAX_MIME_TYPE)?,
            replaces: optional_text(fields, "replaces", usize::MAX)?,
            only_known: fields.get("only_known") == Some(&Value::Bool(true)),
            share,
        })
    }

    /// The same, if it fits the columns of MySQL. SQLite, whose columns have no length, takes it as it is, as it did
    /// for the original.
    pub(crate) fn fitting_columns(self) -> Result<Self, Refused> {
        limit(&self.google_drive_id, "google_drive_id", MAX_DRIVE_ID)?;
        limit(&self.mime_type, "mime_type", MAX_MIME_TYPE)?;
        limit(&self.storage_path, "storage_path", MAX_STORAGE_PATH)?;
        limit(&self.storage_provider, "storage_provider", MAX_PROVIDER)?;
        Ok(self)
    }
}

fn share(fields: &Map<String, Value>) -> Result<Option<Share>, Refused> {
    let Some(value) = optional(fields, "share") else { return Ok(None) };
    let must_be = "an object with sha256 and size";
    let Some(share) = value.as_object() else { return Err(Refused::Wrong { field: "share", must_be }) };
    let sha256 = hex_text(share.get("sha256").unwrap_or(&Value::Null), "share.sha256", 64)?;
    let size = size(share.get("size").unwrap_or(&Value::Null), "share.size")?;
    let size = u64::try_from(size).map_err(|_| Refused::Wrong { field: "share", must_be })?;
    Ok(Some(Share { sha256, size }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn body() -> Value {
        json!({"name": "a.jpg", "google_drive_id": "d1", "size": 50, "mime_type": "image/jpeg",
               "storage_path": "https://b/k", "storage_provider": "aws"})
    }

    fn with(field: &str, value: Value) -> Result<NewImage, Refused> {
        let mut body = body();
        body[field] = value;
        NewImage::parse(&body)
    }

    #[test]
    fn what_the_original_sends_is_taken_as_it_is() {
        let image = NewImage::parse(&body()).unwrap();
        assert_eq!((image.name.as_str(), image.size), ("a.jpg", 50));
        assert_eq!((image.md5, image.share), (None, None));
        for value in [json!(7), json!("2026-01-01T00:00:00")] {
            assert!(with("id", value.clone()).is_ok() && with("created_at", value).is_ok());
        }
    }

    #[test]
    fn sizes_are_whole_numbers_in_any_clothes() {
        for (value, size) in [
            (json!(0), 0),
            (json!(-7), -7),
            (json!("12345"), 12345),
            (json!(" 5 "), 5),
            (json!(2.0), 2),
            (json!(true), 1),
            (json!(i64::MAX), i64::MAX),
        ] {
            assert_eq!(with("size", value.clone()).unwrap().size, size, "{value}");
        }
        for value in [
            json!(null),
            json!(1.5),
            json!("abc"),
            json!("12abc"),
            json!("1.0"),
            json!("1_0"),
            json!(""),
            json!([]),
            json!(9_223_372_036_854_775_808_u64),
            json!(1e19),
        ] {
            let refused = with("size", value.clone()).unwrap_err().to_string();
            assert!(refused.contains("`size`"), "{value}: {refused}");
        }
    }

    #[test]
    fn a_missing_or_mistyped_field_is_named_in_the_originals_order() {
        let mut empty = json!({});
        for field in ["google_drive_id", "name", "size", "mime_type", "storage_path", "storage_provider"] {
            assert_eq!(NewImage::parse(&empty), Err(Refused::Missing(field)));
            for wrong in [json!(null), json!([]), json!({"a": 1})] {
                let refused = with(field, wrong).unwrap_err().to_string();
                assert!(refused.contains(&format!("`{field}`")), "{refused}");
            }
            empty[field] = body()[field].clone();
        }
        assert!(NewImage::parse(&empty).is_ok());
        for wrong in [json!(null), json!([]), json!("x"), json!(5)] {
            assert_eq!(NewImage::parse(&wrong), Err(Refused::NotAnObject));
        }
    }

    #[test]
    fn a_drive_id_is_a_text_but_a_name_may_be_a_number() {
        for id in [json!(0), json!(12), json!(true), json!(1.5)] {
            assert!(with("google_drive_id", id).is_err());
        }
        assert_eq!(with("name", json!(42)).unwrap().name, "42");
        assert_eq!(with("name", json!(true)).unwrap().name, "1");
    }

    #[test]
    fn long_fields_fit_no_column_and_a_long_name_is_cut() {
        for (field, most) in
            [("google_drive_id", 255), ("mime_type", 100), ("storage_path", 500), ("storage_provider", 20)]
        {
            let fitting = |length| with(field, json!("é".repeat(length))).and_then(NewImage::fitting_columns);
            assert!(fitting(most).is_ok(), "{field}");
            assert_eq!(fitting(most + 1), Err(Refused::TooLong { field, most }), "{field}");
        }
        assert_eq!(with("name", json!("é😀".repeat(200))).unwrap().name.chars().count(), 255);
    }

    #[test]
    fn our_additions_are_checked_too() {
        let sha256 = "AB".repeat(32);
        let image = with("share", json!({"sha256": sha256, "size": 50})).unwrap();
        assert_eq!(image.share, Some(Share { sha256: "ab".repeat(32), size: 50 }));
        assert_eq!(image.storage_path, "");
        assert_eq!(
            with("content_type", json!("Image/SVG+xml")).unwrap().content_type.unwrap(),
            "image/svg+xml"
        );
        assert_eq!(with("md5", json!(null)).unwrap().md5, None);
        assert_eq!(with("md5", json!("A".repeat(32))).unwrap().md5.unwrap(), "a".repeat(32));
        for (field, value) in [
            ("md5", json!("xyz")),
            ("sha256", json!("a".repeat(63))),
            ("width", json!(-1)),
            ("height", json!("9")),
            ("content_type", json!("jpeg")),
            ("content_type", json!("image/j\u{e9}")),
            ("content_type", json!(format!("image/{}", "x".repeat(95)))),
            ("replaces", json!(5)),
            ("share", json!("x")),
            ("share", json!({"sha256": "", "size": 1})),
            ("share", json!({"sha256": "a".repeat(64)})),
        ] {
            assert!(with(field, value.clone()).is_err(), "{field} {value}");
        }
    }

    proptest! {
        #[test]
        fn every_name_fits_its_column(name in ".{0,600}") {
            let stored = with("name", json!(name.clone())).unwrap().name;
            prop_assert!(stored.chars().count() <= 255);
            prop_assert!(name.starts_with(&stored));
        }
    }
}
