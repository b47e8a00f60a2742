//! Folders whose files are made by rule: half a million of them take no memory.

use super::content::Source;
use super::item::{Item, Kind, Marks};

/// The most that a folder holds in Drive.
const MOST_FILES: u32 = 500_000;

/// A folder of equal files.
#[derive(Debug, Clone)]
pub(crate) struct Generated {
    folder: String,
    count: u32,
    size: Size,
    naming: Naming,
    pub(crate) mime_type: String,
    pub(crate) marks: Marks,
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Equal(u64),
    /// 50 bytes, and 100 more from file to file.
    Growing,
}

#[derive(Debug, Clone, Copy)]
enum Naming {
    /// `<folder>_f<i>`, `img-<i>.jpg`.
    Counted,
    /// `<folder>_f<i>`, `bench-<i>.jpg`, as in the recordings.
    Bench,
    /// `big<iiii>`, `big-<iiii>.jpg`.
    Big,
}

impl Generated {
    /// `count` files of `bytes` each.
    pub(crate) fn of_equal_size(folder: &str, count: u32, bytes: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            count: count.min(MOST_FILES),
            size: Size::Equal(bytes),
            naming: Naming::Counted,
            mime_type: "image/jpeg".to_owned(),
            marks: Marks::default(),
        }
    }

    /// The folders that every manifest has: `small<N>`, `bench-<N>-<BYTES>`, `big1205`.
    pub(crate) fn well_known(id: &str) -> Option<Self> {
        if id == "big1205" {
            return Some(Self { naming: Naming::Big, ..Self::of_equal_size(id, 1205, 120) });
        }
        if let Some(count) = id.strip_prefix("small").and_then(decimal) {
            return Some(Self { size: Size::Growing, ..Self::of_equal_size(id, count, 0) });
        }
        let (count, bytes) = id.strip_prefix("bench-")?.split_once('-')?;
        let files = Self::of_equal_size(id, decimal(count)?, decimal(bytes)?.into());
        Some(Self { naming: Naming::Bench, ..files })
    }

    /// The well-known folder that the file of this id would lie in.
    pub(crate) fn well_known_home(file: &str) -> Option<Self> {
        match file.rsplit_once("_f") {
            Some((folder, _)) => Self::well_known(folder),
            None => file.starts_with("big").then(|| Self::well_known("big1205"))?,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// The file at a place in the listing.
    pub(crate) fn item(&self, index: u32) -> Item {
        let bytes = match self.size {
            Size::Equal(bytes) => bytes,
            Size::Growing => 50 + 100 * u64::from(index),
        };
        let (id, name) = match self.naming {
            Naming::Counted => (format!("{}_f{index}", self.folder), format!("img-{index}.jpg")),
            Naming::Bench => (format!("{}_f{index}", self.folder), format!("bench-{index}.jpg")),
            Naming::Big => (format!("big{index:04}"), format!("big-{index:04}.jpg")),
        };
        Item {
            kind: Kind::Blob(Source::generated(&id, bytes)),
            mime_type: Some(self.mime_type.clone()),
            marks: self.marks.clone(),
            ..Item::folder(id, Some(name), Some(self.folder.clone()))
        }
    }

    /// The file with this id.
    pub(crate) fn find(&self, id: &str) -> Option<Item> {
        let number = match self.naming {
            Naming::Counted | Naming::Bench => id.strip_prefix(self.folder.as_str())?.strip_prefix("_f")?,
            Naming::Big => id.strip_prefix("big")?,
        };
        let index: u32 = number.parse().ok().filter(|index| *index < self.count)?;
        Some(self.item(index)).filter(|item| item.id == id)
    }
}

/// A number without sign and leading zeros.
fn decimal(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(folder: &str, index: u32) -> (String, String, u64) {
        let item = Generated::well_known(folder).unwrap().item(index);
        (item.id.clone(), item.name.clone().unwrap(), item.facts().unwrap().len)
    }

    #[test]
    fn the_well_known_folders_hold_what_the_recording_held() {
        assert_eq!(listed("small3", 2), ("small3_f2".into(), "img-2.jpg".into(), 250));
        assert_eq!(listed("bench-500-2048", 7), ("bench-500-2048_f7".into(), "bench-7.jpg".into(), 2048));
        assert_eq!(listed("big1205", 2), ("big0002".into(), "big-0002.jpg".into(), 120));
        assert_eq!(Generated::well_known("big1205").unwrap().len(), 1205);
    }

    #[test]
    fn a_file_leads_back_to_its_folder_and_others_do_not_exist() {
        for id in ["small3_f2", "bench-500-2048_f499", "big1204"] {
            assert_eq!(Generated::well_known_home(id).unwrap().find(id).unwrap().id, id);
        }
        for id in [
            "small3_f3",
            "small3_f02",
            "small03_f1",
            "bench-500-2048_f500",
            "big1205",
            "big12",
            "smallx_f1",
            "x",
        ] {
            assert!(Generated::well_known_home(id).and_then(|home| home.find(id)).is_none(), "{id}");
        }
    }
}
