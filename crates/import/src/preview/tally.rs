//! The counts of a preview. Pure.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use client::{
    drive::{Capabilities, DriveRef, File},
    import::{ImportPreview, SkippedByPreview},
    metadata::Image,
};

use crate::{
    listing::tree::{Item, is_image, item},
    view,
};

/// Images that are told apart; beyond, one that is found twice may be counted twice.
const MAX_TOLD_APART: usize = 200_000;
/// Folders that are looked into, at most.
const MAX_FOLDERS: usize = 20_000;

/// What has been seen so far.
#[derive(Debug)]
pub(super) struct Tally {
    preview: ImportPreview,
    /// Hashes of ids: an image may be found several times, in itself and by shortcuts.
    images: HashSet<u64>,
    /// Hashes of ids of folders, so that loops end.
    folders: HashSet<u64>,
    waiting: VecDeque<DriveRef>,
}

impl Tally {
    /// Nothing of `folder` has been seen.
    pub(super) fn new(folder: &DriveRef, recursive: bool) -> Self {
        let preview = ImportPreview {
            folder_id: folder.id.as_str().to_owned(),
            folder_name: None,
            folder_url: view::folder_url(folder),
            recursive,
            folders: 0,
            images: 0,
            bytes: 0,
            known: Some(0),
            to_import: None,
            skipped: SkippedByPreview::default(),
            complete: true,
            hint: None,
        };
        let folders = HashSet::from([hash(folder.id.as_str())]);
        Self { preview, images: HashSet::new(), folders, waiting: VecDeque::new() }
    }

    /// Counts what a folder holds; the images that were not seen before.
    pub(super) fn add(&mut self, files: Vec<File>) -> Vec<File> {
        let mut new = Vec::new();
        for file in files {
            let is_other = !file.mime_type.as_deref().is_some_and(is_image);
            match item(file) {
                Item::Image(_) if is_other => self.preview.skipped.other_files += 1,
                Item::Image(file) => self.add_image(*file, &mut new),
                Item::Folder(_) if !self.preview.recursive => self.preview.skipped.subfolders += 1,
                Item::Folder(folder) => self.add_folder(folder),
                Item::Shortcut(_, target) if self.preview.recursive => {
                    self.add_image(File { id: target.id.as_str().to_owned(), ..File::default() }, &mut new);
                }
                Item::Shortcut(..) | Item::Other => self.preview.skipped.shortcuts += 1,
            }
        }
        new
    }

    fn add_image(&mut self, file: File, new: &mut Vec<File>) {
        let is_known_here = self.images.contains(&hash(&file.id));
        if is_known_here {
            return;
        }
        if self.images.len() < MAX_TOLD_APART {
            self.images.insert(hash(&file.id));
        }
        self.preview.images += 1;
        let size = file.size_bytes().ok().flatten().unwrap_or(0);
        self.preview.bytes = self.preview.bytes.saturating_add(size);
        let can_download = file.capabilities.and_then(|Capabilities { can_download, .. }| can_download);
        if can_download == Some(false) {
            self.preview.skipped.not_downloadable += 1;
        }
        new.push(file);
    }

    fn add_folder(&mut self, folder: DriveRef) {
        let id = hash(folder.id.as_str());
        if self.folders.contains(&id) {
            return;
        }
        if self.folders.len() >= MAX_FOLDERS {
            self.preview.complete = false;
            return;
        }
        self.folders.insert(id);
        self.waiting.push_back(folder);
    }

    /// How much was counted so far.
    pub(super) fn seen(&self) -> u64 {
        let skipped = &self.preview.skipped;
        let others = skipped.other_files + skipped.subfolders + skipped.shortcuts;
        self.preview.images + others + self.folders.len() as u64
    }

    /// A folder that is still to be looked into.
    pub(super) fn next_folder(&mut self) -> Option<DriveRef> {
        self.waiting.pop_front()
    }

    /// All of a folder was seen.
    pub(super) fn folder_is_done(&mut self) {
        self.preview.folders += 1;
    }

    /// A subfolder cannot be read.
    pub(super) fn leave_out(&mut self) {
        self.preview.skipped.unreadable_folders += 1;
    }

    /// There is more than was seen.
    pub(super) fn time_is_up(&mut self) {
        self.preview.complete = false;
    }

    /// True while it makes sense to ask which images are known.
    pub(super) fn compares(&self) -> bool {
        self.preview.known.is_some()
    }

    /// Nobody can tell which images are known.
    pub(super) fn cannot_compare(&mut self) {
        self.preview.known = None;
    }

    /// Counts those of `images` that `rows` has, unless they have changed since.
    pub(super) fn add_known(&mut self, images: &[File], rows: &[Image]) {
        let rows: HashMap<&str, &Image> =
            rows.iter().map(|row| (row.google_drive_id.as_str(), row)).collect();
        let is_known = |image: &&File| {
            let size = image.size_bytes().ok().flatten();
            let row = rows.get(image.id.as_str());
            row.is_some_and(|row| !row.is_outdated(image.md5().as_deref(), size))
        };
        let known = images.iter().filter(is_known).count() as u64;
        self.preview.known = self.preview.known.map(|so_far| so_far + known);
    }

    /// The preview of a folder of that name.
    pub(super) fn finish(self, folder_name: Option<String>) -> ImportPreview {
        let preview = self.preview;
        let to_import = preview.known.map(|known| preview.images.saturating_sub(known));
        ImportPreview { folder_name, to_import, ..preview }
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use client::{
        drive::{FOLDER_TYPE, SHORTCUT_TYPE},
        ids::DriveId,
    };
    use serde_json::{Value, json};

    use super::*;

    fn tally(recursive: bool) -> Tally {
        Tally::new(&DriveRef { id: DriveId::parse("top").unwrap(), resource_key: None }, recursive)
    }

    fn files(value: Value) -> Vec<File> {
        serde_json::from_value(value).unwrap()
    }

    fn a_bit_of_everything() -> Vec<File> {
        let shortcut = |id: &str, target: &str, kind: &str| {
            json!({"id": id, "mimeType": SHORTCUT_TYPE,
                "shortcutDetails": {"targetId": target, "targetMimeType": kind}})
        };
        files(json!([
            {"id": "a", "mimeType": "image/png", "size": "10", "md5Checksum": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
            {"id": "a", "mimeType": "image/png", "size": "10", "md5Checksum": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
            {"id": "b", "mimeType": "image/jpeg", "size": "5", "capabilities": {"canDownload": false}},
            {"id": "doc", "mimeType": "application/pdf", "size": "99"},
            {"id": "sub", "mimeType": FOLDER_TYPE},
            shortcut("s1", "a", "image/png"),
            shortcut("s2", "c", "image/png"),
            shortcut("s3", "top", FOLDER_TYPE),
            shortcut("s4", "doc", "application/pdf"),
        ]))
    }

    #[test]
    fn without_subfolders_they_and_shortcuts_are_left_out() {
        let mut tally = tally(false);
        assert_eq!(tally.add(a_bit_of_everything()).len(), 2);
        assert!(tally.next_folder().is_none());
        let preview = tally.finish(None);
        assert_eq!((preview.images, preview.bytes), (2, 15));
        let skipped = preview.skipped;
        // a shortcut to a folder is a folder to who sees it
        assert_eq!((skipped.subfolders, skipped.shortcuts, skipped.other_files), (2, 3, 1));
        assert_eq!(skipped.not_downloadable, 1);
    }

    #[test]
    fn with_subfolders_loops_are_cut_and_images_counted_once() {
        let mut tally = tally(true);
        assert_eq!(tally.add(a_bit_of_everything()).len(), 3);
        assert_eq!(tally.next_folder().unwrap().id.as_str(), "sub");
        assert!(tally.next_folder().is_none(), "the top folder is not entered again");
        let preview = tally.finish(None);
        assert_eq!((preview.images, preview.skipped.subfolders, preview.skipped.shortcuts), (3, 0, 1));
    }

    #[test]
    fn known_images_are_those_that_have_not_changed() {
        let row = |id: &str, md5: &str| {
            serde_json::from_value::<Image>(json!({"id": 1, "name": "n", "google_drive_id": id, "size": 10,
                "mime_type": "m", "storage_path": "p", "storage_provider": "aws", "created_at": null,
                "source_md5": md5}))
            .unwrap()
        };
        let mut tally = tally(false);
        let images = tally.add(a_bit_of_everything());
        tally.add_known(
            &images,
            &[row("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), row("b", "bb"), row("other", "cc")],
        );
        let preview = tally.finish(None);
        assert_eq!(
            (preview.known, preview.to_import),
            (Some(2), Some(0)),
            "no MD5 listed for b: not changed"
        );
        let mut tally = super::tests::tally(false);
        let images = tally.add(a_bit_of_everything());
        tally.add_known(&images, &[row("a", "ab")]);
        tally.cannot_compare();
        let preview = tally.finish(None);
        assert_eq!((preview.known, preview.to_import), (None, None));
    }
}
