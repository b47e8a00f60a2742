//! One file as a batch names it. Batches come from anywhere and listings from strangers: every field may be missing,
//! of another type, or nonsense.

use client::{
    drive::{DriveRef, File, checksum},
    ids::DriveId,
};
use serde_json::Value;

/// Longest name that is passed on, in bytes. In an address each may take three characters, and whoever stores a name
/// keeps less of it.
const MAX_NAME: usize = 2000;
/// Longest extension of a name, in bytes with its dot, that stays when the name is cut.
const MAX_EXTENSION: usize = 40;

/// What is needed to import one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// What to call to read it.
    pub(crate) drive: DriveRef,
    /// Its name.
    pub(crate) name: String,
    /// Its type, by the uploader's word.
    pub(crate) mime_type: String,
    /// Bytes, where listed.
    pub(crate) size_bytes: Option<u64>,
    /// MD5 in lower-case hexadecimal, where listed.
    pub(crate) md5: Option<String>,
    /// SHA-256 in lower-case hexadecimal, where listed.
    pub(crate) sha256: Option<String>,
    /// When it was last changed, where listed.
    pub(crate) modified_time: Option<String>,
    /// Width and height as a viewer sees them, where listed.
    pub(crate) dimensions: Option<(u32, u32)>,
}

/// Why a record cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadListing {
    /// A field that must be there is not.
    #[error("'{0}' is missing")]
    Missing(&'static str),
    /// A field has another type.
    #[error("'{0}' must be a text")]
    NotText(&'static str),
    /// The size is no number of bytes.
    #[error("'size': {0}")]
    Size(#[from] client::drive::BadSize),
    /// The id is a text, but no id that Drive could know.
    #[error("File not found: {0}.")]
    UnknownId(String),
}

impl Listing {
    /// Reads a record as Drive lists it.
    pub(crate) fn parse(file: &Value) -> Result<Self, BadListing> {
        let id = required(file, "id")?;
        let name = shortened(required(file, "name")?);
        let mime_type = required(file, "mimeType")?.to_owned();
        let sized = File { size: file.get("size").cloned(), ..File::default() };
        let size_bytes = sized.size_bytes()?;
        let id = DriveId::parse(id).ok_or_else(|| BadListing::UnknownId(id.chars().take(200).collect()))?;
        Ok(Self {
            drive: DriveRef { id, resource_key: resource_key(file) },
            name,
            mime_type,
            size_bytes,
            md5: hexadecimal(file, "md5Checksum", 32),
            sha256: hexadecimal(file, "sha256Checksum", 64),
            modified_time: optional(file, "modifiedTime").map(str::to_owned),
            dimensions: dimensions(file),
        })
    }
}

/// The id of a record where it is one that Drive could know.
pub(crate) fn drive_id(file: &Value) -> Option<DriveId> {
    DriveId::parse(optional(file, "id")?)
}

/// SHA-256 of a record, where listed.
pub(crate) fn sha256(file: &Value) -> Option<String> {
    hexadecimal(file, "sha256Checksum", 64)
}

fn required<'a>(file: &'a Value, field: &'static str) -> Result<&'a str, BadListing> {
    match file.get(field) {
        None => Err(BadListing::Missing(field)),
        Some(value) => value.as_str().ok_or(BadListing::NotText(field)),
    }
}

fn optional<'a>(file: &'a Value, field: &str) -> Option<&'a str> {
    file.get(field).and_then(Value::as_str)
}

fn hexadecimal(file: &Value, field: &str, digits: usize) -> Option<String> {
    checksum(optional(file, field)?, digits)
}

/// A name that fits into an address; its extension stays.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    let dot = name.rfind('.').filter(|dot| name.len() - dot <= MAX_EXTENSION);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let end = stem.floor_char_boundary(MAX_NAME - extension.len());
    format!("{}{extension}", &stem[..end])
}

/// It goes into a header, so only what a key is made of is taken.
fn resource_key(file: &Value) -> Option<String> {
    let key = optional(file, "resourceKey")?;
    let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    ((1..=128).contains(&key.len()) && key.bytes().all(fits)).then(|| key.to_owned())
}

fn dimensions(file: &Value) -> Option<(u32, u32)> {
    let picture = serde_json::from_value(file.get("imageMediaMetadata")?.clone()).ok();
    File { image_media_metadata: picture, ..File::default() }.dimensions()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_mistyped_is_named() {
        let full = json!({"id": "a", "name": "n", "mimeType": "image/png", "size": "7"});
        assert_eq!(Listing::parse(&full).unwrap().size_bytes, Some(7));
        for field in ["id", "name", "mimeType"] {
            let mut file = full.clone();
            file.as_object_mut().unwrap().remove(field);
            assert_eq!(Listing::parse(&file).unwrap_err().to_string(), format!("'{field}' is missing"));
            file[field] = json!(5);
            assert_eq!(Listing::parse(&file).unwrap_err().to_string(), format!("'{field}' must be a text"));
        }
        for size in [json!(null), json!("12_0"), json!(-1)] {
            let mut file = full.clone();
            file["size"] = size;
            assert!(matches!(Listing::parse(&file), Err(BadListing::Size(_))));
        }
        let mut file = full;
        file["id"] = json!("no such/id?x");
        assert_eq!(Listing::parse(&file).unwrap_err(), BadListing::UnknownId("no such/id?x".into()));
    }

    #[test]
    fn a_name_of_any_length_fits_into_an_address() {
        for (name, end) in [
            ("long ".repeat(20_000) + ".jpg", "l.jpg"),
            ("日".repeat(5_000), "日"),
            (format!("a.{}", "é".repeat(5_000)), "é"),
            (".".repeat(5_000), "."),
        ] {
            let file = json!({"id": "a", "name": name, "mimeType": "m"});
            let short = Listing::parse(&file).unwrap().name;
            assert!((MAX_NAME - 4..=MAX_NAME).contains(&short.len()), "{}", short.len());
            assert!(short.ends_with(end) && short.chars().take(400).eq(name.chars().take(400)), "{short}");
        }
        let name = "n".repeat(MAX_NAME);
        assert_eq!(shortened(&name), name);
    }

    #[test]
    fn hostile_extras_are_left_out() {
        let file = json!({"id": "a", "name": "n", "mimeType": "m", "md5Checksum": "zz", "sha256Checksum": 4,
            "resourceKey": "a\r\nb", "imageMediaMetadata": {"width": "wide"}});
        let listing = Listing::parse(&file).unwrap();
        assert_eq!((listing.md5, listing.sha256, listing.drive.resource_key), (None, None, None));
        assert_eq!(listing.dimensions, None);
    }
}
