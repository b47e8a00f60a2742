//! A file as it is kept in Redis: a list instead of an object, checksums in base64, nothing that is absent. About
//! half of the size. What does not fit into this form is kept as it is. The first element is always the id, which
//! scripts read.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD as BASE64};
use client::drive::{Capabilities, File, ImageMediaMetadata};
use serde::de::Error as _;
use serde_json::{Value, json};

/// Before a checksum in base64.
const PACKED: char = '~';

/// Width, height, rotation, time.
type Picture = (Option<u32>, Option<u32>, Option<i32>, Option<String>);

/// Packs a file.
pub(super) fn pack(file: &File) -> Result<String, serde_json::Error> {
    let capabilities = file.capabilities.map(|can| json!([can.can_download, can.can_list_children]));
    let picture = file.image_media_metadata.as_ref().map(|picture| {
        let ImageMediaMetadata { width, height, rotation, time } = picture;
        json!([width, height, rotation, time])
    });
    let mut values = vec![
        json!(file.id),
        json!(file.name),
        json!(file.size),
        json!(file.mime_type),
        json!(file.md5_checksum.as_deref().map(shorter)),
        json!(file.sha1_checksum.as_deref().map(shorter)),
        json!(file.sha256_checksum.as_deref().map(shorter)),
        json!(file.created_time),
        json!(file.modified_time),
        json!(file.resource_key),
        json!(capabilities),
        json!(picture),
    ];
    while values.last().is_some_and(Value::is_null) {
        values.pop();
    }
    let packed = serde_json::to_string(&values)?;
    if unpack(&packed).is_ok_and(|unpacked| unpacked == *file) {
        Ok(packed)
    } else {
        serde_json::to_string(&json!([file.id, {"file": file}]))
    }
}

/// The file that was packed.
pub(super) fn unpack(record: &str) -> Result<File, serde_json::Error> {
    let mut values: Vec<Value> = serde_json::from_str(record)?;
    if let Some(whole) = values.get_mut(1).and_then(|second| second.get_mut("file")) {
        return serde_json::from_value(whole.take());
    }
    let mut values = values.into_iter();
    let mut next = || values.next().unwrap_or_default();
    let id = serde_json::from_value(next())?;
    let name = serde_json::from_value(next())?;
    let size = Some(next()).filter(|size| !size.is_null());
    let mime_type = serde_json::from_value(next())?;
    let md5_checksum = longer(serde_json::from_value(next())?)?;
    let sha1_checksum = longer(serde_json::from_value(next())?)?;
    let sha256_checksum = longer(serde_json::from_value(next())?)?;
    let created_time = serde_json::from_value(next())?;
    let modified_time = serde_json::from_value(next())?;
    let resource_key = serde_json::from_value(next())?;
    let capabilities: Option<(Option<bool>, Option<bool>)> = serde_json::from_value(next())?;
    let picture: Option<Picture> = serde_json::from_value(next())?;
    Ok(File {
        id,
        name,
        size,
        mime_type,
        md5_checksum,
        sha1_checksum,
        sha256_checksum,
        created_time,
        modified_time,
        resource_key,
        capabilities: capabilities
            .map(|(can_download, can_list_children)| Capabilities { can_download, can_list_children }),
        image_media_metadata: picture.map(|(width, height, rotation, time)| ImageMediaMetadata {
            width,
            height,
            rotation,
            time,
        }),
        ..File::default()
    })
}

fn shorter(checksum: &str) -> String {
    match hex::decode(checksum) {
        Ok(bytes) => format!("{PACKED}{}", BASE64.encode(bytes)),
        Err(_) => checksum.to_owned(),
    }
}

fn longer(checksum: Option<String>) -> Result<Option<String>, serde_json::Error> {
    match checksum.as_deref().and_then(|checksum| checksum.strip_prefix(PACKED)) {
        Some(packed) => BASE64
            .decode(packed)
            .map(|bytes| Some(hex::encode(bytes)))
            .map_err(|_| serde_json::Error::custom("not base64")),
        None => Ok(checksum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo() -> Value {
        json!({
            "id": "1i_rViDYPnCJERqClTVXxgT2BlbBozvsl", "name": "IMG_0001.jpg", "size": "4032117",
            "mimeType": "image/jpeg", "md5Checksum": "d41d8cd98f00b204e9800998ecf8427e",
            "sha1Checksum": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "sha256Checksum": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "createdTime": "2024-05-01T10:00:00.000Z", "modifiedTime": "2024-05-01T10:00:00.000Z",
            "capabilities": {"canDownload": true, "canListChildren": false},
            "imageMediaMetadata": {"width": 4032, "height": 3024, "rotation": 1, "time": "2024:05:01 12:00:00"}
        })
    }

    #[test]
    fn every_file_comes_back_as_it_was() {
        let with = |name: &str, value: Value| {
            let mut photo = photo();
            photo[name] = value;
            photo
        };
        for listed in [
            photo(),
            json!({"id": "x"}),
            json!({"id": "a \"quoted\" \\ id \u{0}", "name": "\u{1f600}"}),
            with("size", json!(null)),
            with("size", json!(17)),
            with("size", json!("12a")),
            with("md5Checksum", json!("D41D8CD98F00B204E9800998ECF8427E")),
            with("md5Checksum", json!("")),
            with("sha1Checksum", json!("~AAAA")),
            with("trashed", json!(true)),
            with("capabilities", json!({})),
            with("imageMediaMetadata", json!({"rotation": -1})),
            with("shortcutDetails", json!({"targetId": "y"})),
            with("resourceKey", json!("0-key")),
        ] {
            let file: File = serde_json::from_value(listed.clone()).unwrap();
            let packed = pack(&file).unwrap();
            assert_eq!(unpack(&packed).unwrap(), file, "{packed}");
            let first: Vec<Value> = serde_json::from_str(&packed).unwrap();
            assert_eq!(first[0], file.id, "{packed}");
        }
    }

    #[test]
    fn a_usual_record_takes_little_more_than_half() {
        let file: File = serde_json::from_value(photo()).unwrap();
        let (packed, plain) = (pack(&file).unwrap(), serde_json::to_string(&file).unwrap());
        assert!(packed.len() * 9 < plain.len() * 5, "{} of {}: {packed}", packed.len(), plain.len());
    }
}
