//! What an id is whose listing brought nothing: Drive answers 404 or an empty list for much that is no empty folder.

use client::drive::{self, Children, DriveRef, FOLDER_TYPE, File, Reason, SHORTCUT_TYPE, ShortcutDetails};
use client::ids::DriveId;

/// What Drive says about an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// A folder, really without images. What to tell about it.
    EmptyFolder(String),
    /// A shortcut to a folder: that is what is meant.
    ShortcutTo(DriveRef),
    /// Something else. What it is, and what to paste instead.
    NotAFolder(String),
    /// Nothing that everybody may see.
    Invisible,
    /// Drive would not say.
    Unknown,
}

/// Told when nothing is visible under an id.
pub(crate) const INVISIBLE: &str = "Google Drive shows nothing under this id. Either there is no such folder, or it is \
    not shared: open it in Google Drive, choose Share, set General access to 'Anyone with the link', and try again.";

/// What the answer to `files.get` means for an id in which a listing of `children` found nothing.
pub(crate) fn finding(answer: Result<File, drive::Error>, children: Children) -> Finding {
    let file = match answer {
        Ok(file) => file,
        Err(error) if error.reason == Reason::NotFound => return Finding::Invisible,
        Err(_) => return Finding::Unknown,
    };
    let name = file.name.as_deref().unwrap_or("without a name");
    match file.mime_type.as_deref().unwrap_or_default() {
        FOLDER_TYPE => Finding::EmptyFolder(empty_folder(&file, children)),
        SHORTCUT_TYPE => shortcut(name, file.shortcut_details.unwrap_or_default()),
        kind => Finding::NotAFolder(format!(
            "This is a file, not a folder: '{name}' ({kind}). Open the folder that it is in and paste the address of \
             that folder."
        )),
    }
}

fn empty_folder(folder: &File, children: Children) -> String {
    if folder.trashed {
        return "The folder is in its owner's bin.".to_owned();
    }
    let closed = folder.capabilities.and_then(|capabilities| capabilities.can_list_children) == Some(false);
    if closed {
        return "The folder is shared, but its owner does not let others see what is in it.".to_owned();
    }
    match children {
        Children::Images => {
            "The folder is there, but holds no images. Only images directly in it are imported, not those in its \
             subfolders; `recursive` imports those too."
        }
        Children::Tree => "The folder is there, but holds no images, and neither subfolders nor shortcuts.",
        Children::All => "The folder is there, but holds no images, and nothing else.",
    }
    .to_owned()
}

fn shortcut(name: &str, details: ShortcutDetails) -> Finding {
    let target = details.target_id.as_deref().and_then(DriveId::parse);
    match (target, details.target_mime_type.as_deref()) {
        // a snapshot that may be stale, but a file does not become a folder
        (Some(id), Some(FOLDER_TYPE | SHORTCUT_TYPE) | None) => {
            Finding::ShortcutTo(DriveRef { id, resource_key: details.target_resource_key })
        }
        _ => Finding::NotAFolder(format!(
            "This is a shortcut to a file ('{name}'), not a folder. Paste the address of the folder that holds the images."
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(file: serde_json::Value) -> Finding {
        finding(Ok(serde_json::from_value(file).unwrap()), Children::Images)
    }

    #[test]
    fn every_kind_of_id_is_told_apart() {
        let folder = of(json!({"id": "a", "mimeType": FOLDER_TYPE}));
        assert!(matches!(folder, Finding::EmptyFolder(hint) if hint.contains("holds no images")));
        let trashed = of(json!({"id": "a", "mimeType": FOLDER_TYPE, "trashed": true}));
        assert!(matches!(trashed, Finding::EmptyFolder(hint) if hint.contains("bin")));
        let file = of(json!({"id": "a", "name": "cat.jpg", "mimeType": "image/jpeg"}));
        assert!(matches!(file, Finding::NotAFolder(why) if why.contains("a file, not a folder: 'cat.jpg'")));
        let details = json!({"targetId": "b", "targetMimeType": FOLDER_TYPE, "targetResourceKey": "0-k"});
        let shortcut = of(json!({"id": "a", "mimeType": SHORTCUT_TYPE, "shortcutDetails": details}));
        let target = DriveRef { id: DriveId::parse("b").unwrap(), resource_key: Some("0-k".to_owned()) };
        assert_eq!(shortcut, Finding::ShortcutTo(target));
        let details = json!({"targetId": "b", "targetMimeType": "image/png"});
        let to_file = of(json!({"id": "a", "mimeType": SHORTCUT_TYPE, "shortcutDetails": details}));
        assert!(matches!(to_file, Finding::NotAFolder(why) if why.contains("shortcut to a file")));
    }

    #[test]
    fn an_id_that_drive_does_not_know_is_invisible() {
        let error =
            |reason| drive::Error { reason, status: Some(404), message: String::new(), retry_after: None };
        assert_eq!(finding(Err(error(Reason::NotFound)), Children::Images), Finding::Invisible);
        assert_eq!(finding(Err(error(Reason::ServerError)), Children::Images), Finding::Unknown);
    }
}
