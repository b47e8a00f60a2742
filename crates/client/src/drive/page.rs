//! A page of a listing. One odd entry must not hide the others.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, de::Error as _};
use serde_json::{Map, Value, json};

use super::File;

/// One page of a listing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilePage {
    /// May be short, or empty, before the end.
    #[serde(default)]
    pub files: Vec<File>,
    /// Absent or empty on the last page.
    #[serde(default)]
    pub next_page_token: Option<String>,
    /// True when Drive did not search everywhere.
    #[serde(default)]
    pub incomplete_search: bool,
}

impl FilePage {
    /// Reads an answer of Drive's. Of an entry that does not have the form of a file, the fields that do are kept; one
    /// without an id gets one that Drive does not know, always the same, so that it fails with a reason.
    ///
    /// # Errors
    /// When the answer is no page.
    pub fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        // serde takes a list for a struct too
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(serde_json::Error::custom("no page"));
        }
        if let Ok(page) = serde_json::from_slice(body) {
            return Ok(page);
        }
        let mut page: Value = serde_json::from_slice(body)?;
        let entries = page.get_mut("files").map(Value::take).unwrap_or_default();
        if let Some(fields) = page.as_object_mut() {
            fields.remove("files");
        }
        let entries: Vec<Value> = serde_json::from_value(entries)?;
        Ok(Self { files: entries.into_iter().map(readable).collect(), ..serde_json::from_value(page)? })
    }
}

/// What can be read of an entry.
fn readable(entry: Value) -> File {
    let stand_in = Value::String(stand_in(&entry));
    let fields = match entry {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let mut fit: Map<String, Value> = fields.into_iter().filter(|(name, value)| fits(name, value)).collect();
    fit.entry("id").or_insert(stand_in);
    serde_json::from_value(Value::Object(fit)).unwrap_or_default()
}

/// Whether a file may have this field.
fn fits(name: &str, value: &Value) -> bool {
    let mut alone = json!({"id": ""});
    alone[name] = value.clone();
    File::deserialize(alone).is_ok()
}

/// An id for what has none; no id of Drive has a colon.
fn stand_in(entry: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    entry.to_string().hash(&mut hasher);
    format!("unreadable:{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DriveId;

    fn read(files: &Value) -> Vec<File> {
        let page = json!({"files": files, "nextPageToken": "t", "incompleteSearch": true}).to_string();
        let page = FilePage::read(page.as_bytes()).unwrap();
        assert_eq!((page.next_page_token.as_deref(), page.incomplete_search), (Some("t"), true));
        page.files
    }

    #[test]
    fn odd_fields_are_left_out_and_the_rest_is_kept() {
        for odd in [
            json!({"name": 5}),
            json!({"mimeType": ["image/png"]}),
            json!({"md5Checksum": {"x": 1}}),
            json!({"trashed": "no"}),
            json!({"createdTime": 0}),
            json!({"capabilities": {"canDownload": "yes"}}),
            json!({"imageMediaMetadata": {"width": -1}}),
            json!({"imageMediaMetadata": {"rotation": 1e30}}),
            json!({"shortcutDetails": "there"}),
            json!({"resourceKey": 7}),
        ] {
            let mut entry = json!({"id": "a", "size": "7", "modifiedTime": "t"});
            let known = entry.clone();
            entry.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
            let files = read(&json!([entry, {"id": "b"}]));
            assert_eq!(files[0], serde_json::from_value(known).unwrap(), "{odd}");
            assert_eq!(files[1].id, "b");
        }
    }

    #[test]
    fn sizes_of_any_kind_are_kept_for_the_worker_to_name() {
        for size in [json!(-1), json!("abc"), json!(1e30), json!(null), json!([]), json!({})] {
            let files = read(&json!([{"id": "a", "size": size, "name": 1}]));
            assert_eq!(files[0].size.as_ref(), Some(&size));
            assert!(files[0].size_bytes().is_err());
        }
    }

    #[test]
    fn an_entry_without_an_id_gets_one_that_is_none_and_stays_the_same() {
        let entries = json!([{"name": "x"}, {"id": null, "name": "y"}, {"id": 5}, null, 7, "text", [], {}]);
        let (files, again) = (read(&entries), read(&entries));
        assert_eq!(files, again);
        assert_eq!(files.len(), 8);
        assert_eq!((files[0].name.as_deref(), files[1].name.as_deref()), (Some("x"), Some("y")));
        let mut ids: Vec<_> = files.iter().map(|file| file.id.as_str()).collect();
        assert!(ids.iter().all(|id| DriveId::parse(id).is_none()), "{ids:?}");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 8, "two images that differ are two");
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for body in
            ["", "[]", "7", "null", "{\"files\": 5}", "{\"files\": [], \"nextPageToken\": 5}", "<html>"]
        {
            assert!(FilePage::read(body.as_bytes()).is_err(), "{body}");
        }
        let deep = format!("{{\"files\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(FilePage::read(deep.as_bytes()).is_err());
        assert!(FilePage::read(b"{}").unwrap().files.is_empty());
    }
}
