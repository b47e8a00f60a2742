//! An item as the JSON object that Drive answers, no more of it computed than the mask asks for.

use super::checksums::Checksums;
use super::fields::Mask;
use super::item::{Facts, Item, Kind, rfc3339};
use super::picture;
use serde_json::{Map, Value, json};
use std::io;

const CHECKSUMS: [&str; 3] = ["md5Checksum", "sha1Checksum", "sha256Checksum"];
const FROM_DISK: [&str; 5] = ["size", "quotaBytesUsed", "createdTime", "modifiedTime", "version"];

/// Whether the mask asks for something that takes as long as reading the whole file.
pub(crate) fn reads_content(mask: &Mask) -> bool {
    CHECKSUMS.iter().any(|name| mask.wants(name))
}

/// The selected fields of an item. Fails if the file has gone, or cannot be read.
pub(crate) fn file(item: &Item, mask: &Mask, checksums: &Checksums, wrong_md5: bool) -> io::Result<Value> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| {
        if mask.wants(name) {
            fields.insert(name.to_owned(), value);
        }
    };
    set("kind", json!("drive#file"));
    set("id", json!(item.id));
    if let Some(name) = &item.name {
        set("name", json!(name));
    }
    if let Some(mime_type) = &item.mime_type {
        set("mimeType", json!(mime_type));
    }
    if let Some(parent) = &item.parent {
        set("parents", json!([parent]));
    }
    if let Some(drive_id) = &item.marks.drive_id {
        set("driveId", json!(drive_id));
        set("teamDriveId", json!(drive_id));
    }
    if let Some(key) = &item.marks.resource_key {
        set("resourceKey", json!(key));
    }
    set("trashed", json!(item.marks.trashed));
    set("explicitlyTrashed", json!(item.marks.trashed));
    set("starred", json!(false));
    set("shared", json!(true));
    set("ownedByMe", json!(false));
    set("viewedByMe", json!(false));
    set("spaces", json!(["drive"]));
    set("hasThumbnail", json!(false));
    set("copyRequiresWriterPermission", json!(item.marks.download_disabled));
    set("viewersCanCopyContent", json!(!item.marks.download_disabled));
    set("writersCanShare", json!(true));
    set("isAppAuthorized", json!(false));
    set("capabilities", capabilities(item));
    set("webViewLink", json!(web_view_link(item)));
    if FROM_DISK.iter().any(|name| mask.wants(name)) {
        disk_fields(item, item.facts()?, &mut set)?;
    }
    match &item.kind {
        Kind::Shortcut(_) => set("shortcutDetails", shortcut_details(item)),
        Kind::Blob(_) => blob_fields(item, mask, checksums, wrong_md5, &mut set)?,
        Kind::Folder | Kind::Document => {}
    }
    Ok(mask.keep(Value::Object(fields)))
}

fn disk_fields(item: &Item, facts: Facts, set: &mut impl FnMut(&str, Value)) -> io::Result<()> {
    set("createdTime", json!(rfc3339(facts.created)));
    set("modifiedTime", json!(rfc3339(facts.modified)));
    set("version", json!(facts.modified.timestamp().max(1).to_string()));
    let has_size = matches!(item.kind, Kind::Blob(_) | Kind::Document);
    let size = item.marks.size.text(|| Ok::<_, io::Error>(facts.len.to_string()))?;
    if let Some(size) = size.filter(|_| has_size) {
        set("quotaBytesUsed", json!(size));
        set("size", json!(size));
    }
    Ok(())
}

fn blob_fields(
    item: &Item,
    mask: &Mask,
    checksums: &Checksums,
    wrong_md5: bool,
    set: &mut impl FnMut(&str, Value),
) -> io::Result<()> {
    let Kind::Blob(source) = &item.kind else { return Ok(()) };
    let id = &item.id;
    set("webContentLink", json!(format!("https://drive.google.com/uc?id={id}&export=download")));
    if let Some(name) = &item.name {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
        set("originalFilename", json!(name));
        set("fileExtension", json!(extension));
        set("fullFileExtension", json!(extension));
    }
    if reads_content(mask) {
        let marks = &item.marks;
        let md5 = marks.md5.text(|| Ok::<_, io::Error>(hex::encode(checksums.of(source)?.md5)))?;
        let sha1 = marks.sha1.text(|| Ok::<_, io::Error>(hex::encode(checksums.of(source)?.sha1)))?;
        let sha256 = marks.sha256.text(|| Ok::<_, io::Error>(hex::encode(checksums.of(source)?.sha256)))?;
        let md5 = md5.map(|md5| if wrong_md5 { another(&md5) } else { md5 });
        for (name, sum) in CHECKSUMS.into_iter().zip([md5, sha1, sha256]) {
            if let Some(sum) = sum {
                set(name, json!(sum));
            }
        }
    }
    if mask.wants("imageMediaMetadata") {
        let read = || picture::image_media_metadata(source.path()?);
        if let Some(image) = item.marks.image.clone().or_else(read) {
            set("imageMediaMetadata", image);
        }
    }
    Ok(())
}

/// A checksum that differs from the true one, and always in the same way.
fn another(sum: &str) -> String {
    let rest = sum.get(1..).unwrap_or_default();
    let first = if sum.starts_with('0') { '1' } else { '0' };
    format!("{first}{rest}")
}

fn capabilities(item: &Item) -> Value {
    json!({
        "canAddChildren": false,
        "canComment": false,
        "canCopy": false,
        "canDelete": false,
        "canDownload": !item.marks.download_disabled,
        "canEdit": false,
        "canListChildren": item.is_folder(),
        "canModifyContent": false,
        "canReadRevisions": false,
        "canRename": false,
        "canShare": false,
        "canTrash": false,
    })
}

fn web_view_link(item: &Item) -> String {
    let id = &item.id;
    let key = item.marks.resource_key.as_ref().map(|key| format!("&resourcekey={key}")).unwrap_or_default();
    if item.is_folder() {
        let key = key.replacen('&', "?", 1);
        return format!("https://drive.google.com/drive/folders/{id}{key}");
    }
    format!("https://drive.google.com/file/d/{id}/view?usp=drivesdk{key}")
}

fn shortcut_details(item: &Item) -> Value {
    let Kind::Shortcut(shortcut) = &item.kind else { return Value::Null };
    let mut details = Map::new();
    details.insert("targetId".into(), json!(shortcut.target_id));
    let rest = [
        ("targetMimeType", &shortcut.target_mime_type),
        ("targetResourceKey", &shortcut.target_resource_key),
    ];
    for (name, text) in rest {
        details.extend(text.iter().map(|text| (name.to_owned(), json!(text))));
    }
    Value::Object(details)
}

#[cfg(test)]
mod tests {
    use super::super::content::Source;
    use super::super::item::{Claim, Marks};
    use super::super::schema::FILE;
    use super::*;

    fn photo() -> Item {
        let marks = Marks { modified: "2020-08-29T05:18:45Z".parse().ok(), ..Marks::default() };
        Item {
            kind: Kind::Blob(Source::inline("hello")),
            mime_type: Some("image/png".into()),
            marks,
            ..Item::folder("id1", Some("a.PNG".into()), Some("p1".into()))
        }
    }

    fn selected(item: &Item, fields: &str) -> Value {
        let mask = Mask::parse_for(fields, &FILE).unwrap();
        file(item, &mask, &Checksums::default(), false).unwrap()
    }

    #[test]
    fn numbers_are_text_and_sums_are_true() {
        let fields = "id,size,md5Checksum,modifiedTime,parents,trashed,capabilities/canDownload";
        let expected = json!({"id": "id1", "parents": ["p1"], "trashed": false, "capabilities": {"canDownload": true},
            "modifiedTime": "2020-08-29T05:18:45.000Z", "size": "5", "md5Checksum": "5d41402abc4b2a76b9719d911017c592"});
        assert_eq!(selected(&photo(), fields), expected);
    }

    #[test]
    fn what_is_not_known_is_left_out_and_never_null() {
        let mut item = photo();
        item.name = None;
        item.marks.size = Claim::Absent;
        item.marks.md5 = Claim::Given("stale".into());
        let expected = json!({"id": "id1", "md5Checksum": "stale"});
        assert_eq!(
            selected(&item, "id,name,size,md5Checksum,resourceKey,driveId,imageMediaMetadata,owners"),
            expected
        );
    }

    #[test]
    fn folders_and_shortcuts_have_neither_size_nor_sums() {
        let folder = Item::folder("f", Some("f".into()), None);
        let expected = json!({"mimeType": "application/vnd.google-apps.folder",
            "capabilities": {"canListChildren": true}});
        assert_eq!(selected(&folder, "mimeType,size,md5Checksum,capabilities/canListChildren"), expected);
    }

    #[test]
    fn every_field_that_is_made_is_one_that_drive_knows() {
        let everything = Mask::parse("*").unwrap();
        let made = file(&photo(), &everything, &Checksums::default(), false).unwrap();
        for (name, value) in made.as_object().unwrap() {
            assert!(FILE.wants(name), "{name}");
            for inner in value.as_object().into_iter().flat_map(Map::keys) {
                assert!(FILE.within(name).wants(inner), "{name}/{inner}");
            }
        }
    }

    #[test]
    fn a_wrong_md5_differs() {
        assert_ne!(another("0abc"), "0abc");
        assert_ne!(another("fabc"), "fabc");
    }
}
