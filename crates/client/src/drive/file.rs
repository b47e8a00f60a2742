//! The file resource of Drive, as far as it is of use. Everything may be absent: a listing is hostile input.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DriveRef;
use crate::ids::DriveId;

/// A file as Drive lists it, and as it travels from import to worker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// Opaque id.
    pub id: String,
    /// Any Unicode, not unique, not a safe file name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Bytes: a text of digits from Drive; clients of the worker may send a number. See [`File::size_bytes`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub size: Option<Value>,
    /// The uploader's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5_checksum: Option<String>,
    /// 40 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha1_checksum: Option<String>,
    /// 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256_checksum: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_time: Option<String>,
    /// In the owner's bin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trashed: bool,
    /// Needed to read the file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_key: Option<String>,
    /// Set on shortcuts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortcut_details: Option<ShortcutDetails>,
    /// What the caller may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
    /// What Drive read from the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_media_metadata: Option<ImageMediaMetadata>,
}

/// Where a shortcut points.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShortcutDetails {
    /// The id it stands for.
    #[serde(default)]
    pub target_id: Option<String>,
    /// A snapshot at creation: may be stale.
    #[serde(default)]
    pub target_mime_type: Option<String>,
    /// Resource key of the target.
    #[serde(default)]
    pub target_resource_key: Option<String>,
}

/// What the caller may do with a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// False when the owner has switched downloads off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_download: Option<bool>,
    /// False when it is no folder, or a closed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_list_children: Option<bool>,
}

/// What Drive read from a picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageMediaMetadata {
    /// Pixels before rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels before rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Clockwise quarter turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<i32>,
    /// EXIF text, `YYYY:MM:DD HH:MM:SS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// A size that is no number of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the size {0} is not a number of bytes")]
pub struct BadSize(pub String);

impl File {
    /// The announced size; `None` when none was announced.
    ///
    /// # Errors
    /// When it is there but not a number of bytes (`null`, `"12a"`, `-1`, `1.5`).
    pub fn size_bytes(&self) -> Result<Option<u64>, BadSize> {
        let Some(size) = &self.size else { return Ok(None) };
        let number = match size {
            Value::String(digits) => digits.trim().parse().ok(),
            other => other.as_u64(),
        };
        number.map(Some).ok_or_else(|| BadSize(size.to_string()))
    }

    /// The announced MD5 in lower-case hexadecimal; `None` when none, or nonsense, was announced.
    pub fn md5(&self) -> Option<String> {
        checksum(self.md5_checksum.as_deref()?, 32)
    }

    /// What to call to read this file; `None` when the id is not one.
    pub fn drive_ref(&self) -> Option<DriveRef> {
        Some(DriveRef { id: DriveId::parse(&self.id)?, resource_key: self.resource_key.clone() })
    }

    /// Width and height in pixels as a viewer sees them (rotation applied).
    pub fn dimensions(&self) -> Option<(u32, u32)> {
        let picture = self.image_media_metadata.as_ref()?;
        let (width, height) = (picture.width?, picture.height?);
        let turned = picture.rotation.unwrap_or(0).rem_euclid(2) == 1;
        Some(if turned { (height, width) } else { (width, height) })
    }
}

/// A checksum as it was announced, in lower-case hexadecimal; `None` when it does not have so many digits, or others.
pub fn checksum(announced: &str, digits: usize) -> Option<String> {
    let text = announced.trim().to_ascii_lowercase();
    (text.len() == digits && text.bytes().all(|c| c.is_ascii_hexdigit())).then_some(text)
}

/// Keeps a `null` apart from an absent field.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_are_read_strictly_but_from_text_or_number() {
        let size = |value: Value| serde_json::from_value::<File>(value).unwrap().size_bytes();
        assert_eq!(size(json!({"id": "a"})), Ok(None));
        assert_eq!(size(json!({"id": "a", "size": "50"})), Ok(Some(50)));
        assert_eq!(size(json!({"id": "a", "size": " 50 "})), Ok(Some(50)));
        assert_eq!(size(json!({"id": "a", "size": 12})), Ok(Some(12)));
        for bad in [json!(null), json!("12a"), json!(-1), json!(1.5), json!("")] {
            assert!(size(json!({"id": "a", "size": bad})).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_checksum_that_is_none_was_not_announced() {
        let digits = "0123456789abcdef".repeat(2);
        let md5 =
            |announced: &str| File { md5_checksum: Some(announced.to_owned()), ..File::default() }.md5();
        assert_eq!(md5(&format!(" {} ", digits.to_uppercase())), Some(digits.clone()));
        for bad in ["", "zz", &digits[1..], &digits.replace('0', "g")] {
            assert_eq!(md5(bad), None, "{bad}");
        }
        assert_eq!(File::default().md5(), None);
    }

    #[test]
    fn a_quarter_turn_swaps_width_and_height() {
        let mut file = File::default();
        assert_eq!(file.dimensions(), None);
        let picture = ImageMediaMetadata { width: Some(40), height: Some(30), ..Default::default() };
        for (rotation, seen) in [(0, (40, 30)), (1, (30, 40)), (2, (40, 30)), (3, (30, 40))] {
            file.image_media_metadata =
                Some(ImageMediaMetadata { rotation: Some(rotation), ..picture.clone() });
            assert_eq!(file.dimensions(), Some(seen), "{rotation}");
        }
    }
}
