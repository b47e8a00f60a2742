//! A manifest → items, contents of folders, and rules.

use super::phrases::{file_fault, folder_error};
use super::{Entry, Fault, Generate, Manifest};
use crate::drive::content::Source;
use crate::drive::faults::{Call, Rule};
use crate::drive::generated::Generated;
use crate::drive::item::{Claim, FOLDER, Item, Kind, Marks, SHORTCUT};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

/// Everything that a manifest says, ready to be looked up.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Id → item; of two with one id the first.
    pub(crate) items: HashMap<String, Item>,
    /// Id → what lies in the folder.
    pub(crate) folders: HashMap<String, Contents>,
    pub(crate) rules: Vec<Rule>,
}

/// What lies in a folder of a manifest.
#[derive(Debug, Clone)]
pub(crate) enum Contents {
    Listed(Arc<Vec<Item>>),
    Generated(Arc<Generated>),
}

struct Loader<'a> {
    manifest: &'a Manifest,
    loaded: Loaded,
}

impl Loaded {
    /// Takes a manifest apart.
    pub(crate) fn new(manifest: &Manifest) -> anyhow::Result<Self> {
        let rules = manifest.faults.clone();
        let mut loader = Loader { manifest, loaded: Self { rules, ..Self::default() } };
        // A folder that lies in another is loaded with that one, which passes its marks on.
        let mut inside = BTreeSet::new();
        manifest.folders.values().for_each(|folder| folder.0.children_ids(&mut inside));
        let (nested, outer): (Vec<_>, Vec<_>) =
            manifest.folders.iter().partition(|(id, _)| inside.contains(*id));
        for (id, folder) in outer.into_iter().chain(nested) {
            loader.folder(id, &folder.0, None)?;
        }
        for (name, words) in &manifest.folder_errors {
            let (id, rule) = folder_error(name, words)?;
            loader.loaded.rules.push(rule);
            loader.loaded.folders.entry(id).or_insert_with(|| Contents::Listed(Arc::default()));
        }
        Ok(loader.loaded)
    }
}

impl Loader<'_> {
    /// `entry` says where the folder stands; what is in it may be said there or under its own id.
    fn folder(&mut self, id: &str, entry: &Entry, parent: Option<&Item>) -> anyhow::Result<Item> {
        let parent_id = parent.map(|parent| parent.id.clone());
        if let Some(known) = self.loaded.items.get(id) {
            return Ok(Item { parent: parent_id.or_else(|| known.parent.clone()), ..known.clone() });
        }
        let own = self.manifest.folders.get(id).map_or(entry, |folder| &folder.0);
        let name = entry.name.clone().or_else(|| own.name.clone()).or_else(|| Some(id.to_owned()));
        let mut item = Item::folder(id, name, parent_id);
        entry.mark(&mut item, parent.map(|parent| &parent.marks));
        own.mark(&mut item, None);
        // Before its children, so that a folder inside itself is found and not followed.
        self.loaded.items.insert(id.to_owned(), item.clone());
        let described = if entry.holds_something() { entry } else { own };
        let contents = match &described.generate {
            Some(generate) => Contents::Generated(Arc::new(generate.files(&item))),
            None => Contents::Listed(Arc::new(self.children(described, &item)?)),
        };
        self.loaded.folders.insert(id.to_owned(), contents);
        Ok(item)
    }

    fn children(&mut self, entry: &Entry, folder: &Item) -> anyhow::Result<Vec<Item>> {
        entry.children.iter().flatten().map(|child| self.child(child, folder)).collect()
    }

    fn child(&mut self, entry: &Entry, folder: &Item) -> anyhow::Result<Item> {
        let id = entry.id.clone().unwrap_or_default();
        if entry.is_folder() {
            return self.folder(&id, entry, Some(folder));
        }
        let mut item = Item {
            kind: entry.kind(&id, &self.manifest.base),
            mime_type: entry
                .mime_type
                .clone()
                .or_else(|| entry.shortcut.as_ref().map(|_| SHORTCUT.to_owned())),
            ..Item::folder(&id, entry.name.clone(), Some(folder.id.clone()))
        };
        item.marks.size = Claim::Absent;
        entry.mark(&mut item, Some(&folder.marks));
        if !self.loaded.items.contains_key(&id) {
            self.add_faults(&id, entry)?;
            self.loaded.items.insert(id, item.clone());
        }
        Ok(item)
    }

    fn add_faults(&mut self, id: &str, entry: &Entry) -> anyhow::Result<()> {
        let for_file = |rule: &Rule| Rule { on: rule.on.or(Some(Call::Media)), ..rule.clone().file(id) };
        match &entry.fault {
            None => {}
            Some(Fault::Words(words)) => self.loaded.rules.push(file_fault(id, words)?),
            Some(Fault::Rule(rule)) => self.loaded.rules.push(for_file(rule)),
            Some(Fault::Rules(rules)) => self.loaded.rules.extend(rules.iter().map(for_file)),
        }
        Ok(())
    }
}

impl Generate {
    fn files(&self, folder: &Item) -> Generated {
        let mut files = Generated::of_equal_size(&folder.id, self.count, self.bytes);
        files.marks = inherited(&folder.marks);
        files.mime_type = self.mime_type.clone().unwrap_or(files.mime_type);
        files
    }
}

impl Entry {
    pub(crate) fn is_on(&self, drive_id: &str) -> bool {
        self.drive_id.as_deref() == Some(drive_id)
    }

    fn holds_something(&self) -> bool {
        self.children.is_some() || self.generate.is_some()
    }

    fn is_folder(&self) -> bool {
        self.holds_something() || self.mime_type.as_deref() == Some(FOLDER)
    }

    fn children_ids(&self, into: &mut BTreeSet<String>) {
        for child in self.children.iter().flatten().filter(|child| child.is_folder()) {
            into.extend(child.id.clone());
            child.children_ids(into);
        }
    }

    fn kind(&self, id: &str, base: &Path) -> Kind {
        let of_google = |mime_type: &str| mime_type.starts_with("application/vnd.google-apps.");
        match (&self.shortcut, &self.path, &self.text) {
            (Some(shortcut), _, _) => Kind::Shortcut(shortcut.clone()),
            _ if self.mime_type.as_deref().is_some_and(of_google) => Kind::Document,
            (_, Some(path), _) => Kind::Blob(Source::file(base.join(path))),
            (_, _, Some(text)) => Kind::Blob(Source::inline(text.clone().into_bytes())),
            _ => Kind::Blob(Source::generated(id, self.bytes.unwrap_or(0))),
        }
    }

    /// Says about the item what is written here, and what its folder passes on.
    pub(crate) fn mark(&self, item: &mut Item, folder: Option<&Marks>) {
        let marks = &mut item.marks;
        if let Some(folder) = folder {
            marks.private = folder.private;
            marks.trashed = folder.trashed;
            marks.drive_id.clone_from(&folder.drive_id);
        }
        set(&mut marks.private, self.private.as_ref());
        set(&mut marks.trashed, self.trashed.as_ref());
        set(&mut marks.ignores_range, self.ignores_range.as_ref());
        set(&mut marks.download_disabled, self.can_download.map(|can| !can).as_ref());
        set(&mut marks.size, self.size.as_ref());
        set(&mut marks.md5, self.md5_checksum.as_ref());
        set(&mut marks.sha1, self.sha1_checksum.as_ref());
        set(&mut marks.sha256, self.sha256_checksum.as_ref());
        marks.drive_id = self.drive_id.clone().or(marks.drive_id.take());
        marks.resource_key = self.resource_key.clone().or(marks.resource_key.take());
        marks.created = self.created_time.or(marks.created);
        marks.modified = self.modified_time.or(marks.modified);
        marks.image = self.image_media_metadata.clone().or(marks.image.take());
    }

    /// Applies what an override of a directory says to something inside it.
    pub(crate) fn pass_on(&self, item: &mut Item) {
        set(&mut item.marks.private, self.private.as_ref());
        set(&mut item.marks.trashed, self.trashed.as_ref());
        item.marks.drive_id = self.drive_id.clone().or(item.marks.drive_id.take());
    }

    /// Applies an override: the marks, and the name and type where given.
    pub(crate) fn replace(&self, item: &mut Item) {
        self.mark(item, None);
        item.name = self.name.clone().or(item.name.take());
        item.mime_type = self.mime_type.clone().or(item.mime_type.take());
    }
}

fn set<T: Clone>(place: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        place.clone_from(given);
    }
}

/// What a folder passes on to what lies in it.
pub(crate) fn inherited(folder: &Marks) -> Marks {
    Marks {
        private: folder.private,
        trashed: folder.trashed,
        drive_id: folder.drive_id.clone(),
        ..Marks::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(json: &str) -> Loaded {
        Loaded::new(&Manifest::parse(json).unwrap()).unwrap()
    }

    fn ids(loaded: &Loaded, folder: &str) -> Vec<String> {
        let Contents::Listed(items) = &loaded.folders[folder] else { panic!("{folder} is not listed") };
        items.iter().map(|item| item.id.clone()).collect()
    }

    #[test]
    fn a_folder_described_elsewhere_inherits_from_where_it_lies() {
        // Named so that the inner folder comes first in the file's order.
        let loaded = load(
            r#"{"folders": {
                "a-inner": {"name": "own name", "children": [{"id": "deep", "bytes": 1}]},
                "b-outer": {"trashed": true, "children": [
                    {"id": "a-inner", "mimeType": "application/vnd.google-apps.folder"}]}}}"#,
        );
        assert_eq!(ids(&loaded, "b-outer"), ["a-inner"]);
        assert_eq!(ids(&loaded, "a-inner"), ["deep"]);
        assert!(loaded.items["deep"].marks.trashed);
        let inner = &loaded.items["a-inner"];
        assert_eq!((inner.name.as_deref(), inner.parent.as_deref()), (Some("own name"), Some("b-outer")));
    }

    #[test]
    fn folders_inside_each_other_are_no_endless_story() {
        let folder = "application/vnd.google-apps.folder";
        let loaded = load(&format!(
            r#"{{"folders": {{"a": [{{"id": "b", "mimeType": "{folder}"}}], "b": [{{"id": "a", "mimeType": "{folder}"}}]}}}}"#
        ));
        assert_eq!((ids(&loaded, "a"), ids(&loaded, "b")), (vec!["b".to_owned()], vec!["a".to_owned()]));
    }

    #[test]
    fn a_fault_of_an_item_is_a_rule_for_its_downloads() {
        let loaded = load(
            r#"{"folders": {"a": [{"id": "x", "bytes": 1, "fault": {"kind": "reset", "count": 1}},
                {"id": "y", "bytes": 1, "fault": [{"kind": "notFound", "on": "get"}, {"kind": "stall"}]}]}}"#,
        );
        let rules: Vec<_> = loaded.rules.iter().map(|rule| (rule.file.as_deref(), rule.on)).collect();
        let expected =
            [(Some("x"), Some(Call::Media)), (Some("y"), Some(Call::Get)), (Some("y"), Some(Call::Media))];
        assert_eq!(rules, expected);
    }

    #[test]
    fn a_misspelled_word_is_an_error() {
        for json in [
            r#"{"folder": {}}"#,
            r#"{"folders": {"a": [{"id": "x", "byte": 1}]}}"#,
            r#"{"folders": {"a": {"generate": {"count": 1}}}}"#,
            r#"{"faults": [{"kind": "explode"}]}"#,
        ] {
            assert!(Manifest::parse(json).is_err(), "{json}");
        }
        let words = Manifest::parse(r#"{"folder_errors": {"a": "500 noSuchReason"}}"#).unwrap();
        assert!(Loaded::new(&words).is_err());
    }
}
