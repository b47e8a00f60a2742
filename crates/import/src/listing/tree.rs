//! What a page of a tree of folders is made of: images, folders, and shortcuts to either.

use std::time::Duration;

use client::drive::{Children, DriveRef, FOLDER_TYPE, File, FilePage, SHORTCUT_TYPE};
use client::ids::DriveId;
use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::ask::with_retries;
use crate::{App, store::Page};

/// Longest chain of shortcuts to shortcuts that is followed.
const MAX_CHAIN: usize = 5;
/// Targets of shortcuts that are asked for at the same time.
const AT_ONCE: usize = 8;
/// How long the targets of the shortcuts of one page may take together.
const TARGETS_TIMEOUT: Duration = Duration::from_secs(60);

/// What something in a folder is to an import.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    /// An image.
    Image(Box<File>),
    /// A folder, or a shortcut to one.
    Folder(DriveRef),
    /// A shortcut to an image, or to what may be one.
    Shortcut(Box<File>, DriveRef),
    /// None of these.
    Other,
}

/// What a listing asks for.
pub(crate) fn children(recursive: bool) -> Children {
    if recursive { Children::Tree } else { Children::Images }
}

/// Trashed files are excluded by the query; this holds where it is not understood.
pub(crate) fn useful(page: FilePage) -> FilePage {
    if page.incomplete_search {
        tracing::warn!("Google Drive did not search everywhere: images may be missing");
    }
    FilePage {
        files: page.files.into_iter().filter(|file| !file.trashed).collect(),
        next_page_token: page.next_page_token.filter(|token| !token.is_empty()),
        ..page
    }
}

/// Tells by its type what a file is. Images may have any id: one that is none fails by itself, and is not lost.
pub(crate) fn item(file: File) -> Item {
    match file.mime_type.as_deref() {
        Some(FOLDER_TYPE) => file.drive_ref().map_or(Item::Other, Item::Folder),
        Some(SHORTCUT_TYPE) => shortcut(file),
        // a listing of images brings nothing else, whatever it says about types
        _ => Item::Image(Box::new(file)),
    }
}

/// The type of the target is from when the shortcut was made.
fn shortcut(file: File) -> Item {
    let details = file.shortcut_details.clone().unwrap_or_default();
    let Some(id) = details.target_id.as_deref().and_then(DriveId::parse) else { return Item::Other };
    let target = DriveRef { id, resource_key: details.target_resource_key };
    match details.target_mime_type.as_deref() {
        Some(FOLDER_TYPE) => Item::Folder(target),
        Some(kind) if !is_image(kind) && kind != SHORTCUT_TYPE => Item::Other,
        _ => Item::Shortcut(Box::new(file), target),
    }
}

pub(crate) fn is_image(kind: &str) -> bool {
    kind.starts_with("image/")
}

/// A page as the store takes it: shortcuts give way to what they stand for, and what is stored already is done.
pub(super) async fn sorted(app: &App, page: FilePage) -> Page {
    let FilePage { files, next_page_token, .. } = useful(page);
    let deadline = Instant::now() + TARGETS_TIMEOUT;
    let items = stream::iter(files).map(|file| resolved(app, item(file), deadline)).buffered(AT_ONCE);
    let mut items = std::pin::pin!(items);
    let mut sorted = Page { next_token: next_page_token, ..Page::default() };
    while let Some(item) = items.next().await {
        match item {
            Item::Image(file) => sorted.files.push(*file),
            Item::Folder(folder) => sorted.subfolders.push(folder),
            Item::Shortcut(..) | Item::Other => {}
        }
    }
    sorted.outcomes = app.known.outcomes(&sorted.files).await;
    sorted
}

/// Follows a shortcut to an image: its own record tells size and checksum.
async fn resolved(app: &App, found: Item, deadline: Instant) -> Item {
    let Item::Shortcut(shortcut, mut target) = found else { return found };
    for _ in 0..MAX_CHAIN {
        let file = match with_retries(app, deadline, || app.drive.get(&target)).await {
            Ok(file) if file.trashed => return Item::Other,
            Ok(file) => file,
            Err(error) => {
                tracing::info!(%error, "the target of a shortcut cannot be read");
                return unread(*shortcut, target);
            }
        };
        let resource_key = file.resource_key.clone().or(target.resource_key);
        let kind = file.mime_type.clone().unwrap_or_default();
        match item(File { resource_key, ..file }) {
            Item::Shortcut(_, further) => target = further,
            Item::Image(_) if !is_image(&kind) => return Item::Other,
            known => return known,
        }
    }
    Item::Other
}

/// The worker will find out what is wrong with it, and say so: nothing is lost without a word.
fn unread(shortcut: File, target: DriveRef) -> Item {
    let kind = shortcut.shortcut_details.and_then(|details| details.target_mime_type);
    if !kind.as_deref().is_some_and(is_image) {
        return Item::Other;
    }
    Item::Image(Box::new(File {
        id: target.id.as_str().to_owned(),
        name: shortcut.name,
        mime_type: kind,
        resource_key: target.resource_key,
        ..File::default()
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(file: serde_json::Value) -> Item {
        item(serde_json::from_value(file).unwrap())
    }

    #[test]
    fn types_tell_what_belongs_to_an_import() {
        let folder = |id: &str, key: Option<&str>| {
            let id = DriveId::parse(id).unwrap();
            Item::Folder(DriveRef { id, resource_key: key.map(str::to_owned) })
        };
        let shortcut = |kind: serde_json::Value| {
            json!({"id": "s", "mimeType": SHORTCUT_TYPE,
                "shortcutDetails": {"targetId": "t", "targetMimeType": kind, "targetResourceKey": "0-k"}})
        };
        assert_eq!(
            of(json!({"id": "f", "mimeType": FOLDER_TYPE, "resourceKey": "0-f"})),
            folder("f", Some("0-f"))
        );
        assert_eq!(of(shortcut(json!(FOLDER_TYPE))), folder("t", Some("0-k")));
        assert_eq!(of(shortcut(json!("application/pdf"))), Item::Other);
        assert_eq!(of(json!({"id": "s", "mimeType": SHORTCUT_TYPE})), Item::Other, "it points nowhere");
        assert!(
            matches!(of(shortcut(json!("image/png"))), Item::Shortcut(_, target) if target.id.as_str() == "t")
        );
        assert!(matches!(of(shortcut(json!(SHORTCUT_TYPE))), Item::Shortcut(..)));
        assert!(matches!(of(json!({"id": "a b", "mimeType": "image/png"})), Item::Image(_)));
        assert!(matches!(of(json!({"id": "a"})), Item::Image(_)));
    }

    #[test]
    fn an_image_behind_a_shortcut_is_not_lost_when_it_cannot_be_looked_at() {
        let shortcut: File =
            serde_json::from_value(json!({"id": "s", "name": "cat", "mimeType": SHORTCUT_TYPE,
            "shortcutDetails": {"targetId": "t", "targetMimeType": "image/png"}}))
            .unwrap();
        let target = DriveRef { id: DriveId::parse("t").unwrap(), resource_key: None };
        let Item::Image(file) = unread(shortcut, target) else { panic!("not an image") };
        assert_eq!((file.id.as_str(), file.name.as_deref()), ("t", Some("cat")));
    }
}
