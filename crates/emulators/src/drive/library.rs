//! Everything that is served: a directory tree, a manifest, or both; and who may see what.

use super::content::{Change, Edit};
use super::generated::Generated;
use super::item::{Item, Kind};
use super::manifest::{Contents, Loaded, Manifest};
use super::tree::{self, Tree};
use chrono::Utc;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// All items, by id and by folder.
#[derive(Debug, Default)]
pub(crate) struct Library {
    tree: Option<Tree>,
    manifest: Option<Loaded>,
    /// Path or id inside the tree → what to say instead.
    overrides: BTreeMap<String, super::manifest::Entry>,
    /// Files that were edited while they were served.
    edits: Mutex<HashMap<String, Change>>,
}

/// What lies in a folder; items are made one by one, as they are asked for.
#[derive(Debug, Clone)]
pub(crate) enum Children {
    Tree(Arc<tree::Snapshot>),
    Manifest(Contents),
}

/// Who asks: nobody in particular, with these headers and parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Viewer {
    /// Id → key, from `X-Goog-Drive-Resource-Keys`.
    pub(crate) resource_keys: HashMap<String, String>,
    pub(crate) supports_all_drives: bool,
    pub(crate) include_all_drives: bool,
}

impl Library {
    /// Puts the library together.
    pub(crate) fn open(root: Option<&Path>, manifest: Option<&Manifest>) -> anyhow::Result<Self> {
        Ok(Self {
            tree: root.map(Tree::open).transpose()?,
            manifest: manifest.map(Loaded::new).transpose()?,
            overrides: manifest.map(|manifest| manifest.overrides.clone()).unwrap_or_default(),
            edits: Mutex::default(),
        })
    }

    /// The rules of the manifest.
    pub(crate) fn rules(&self) -> impl Iterator<Item = super::faults::Rule> + '_ {
        self.manifest.iter().flat_map(|manifest| manifest.rules.clone())
    }

    /// The item with this id, whoever may see it.
    pub(crate) fn find(&self, id: &str) -> Option<Item> {
        let found = self.find_in_manifest(id).or_else(|| self.find_in_tree(id));
        found.map(|item| self.edited(item))
    }

    fn find_in_manifest(&self, id: &str) -> Option<Item> {
        let manifest = self.manifest.as_ref()?;
        let made = |contents: &Contents| match contents {
            Contents::Generated(files) => files.find(id),
            Contents::Listed(_) => None,
        };
        let generated = || manifest.folders.get(id.rsplit_once("_f")?.0).and_then(made);
        let well_known = || Generated::well_known_home(id)?.find(id);
        let folder = || Generated::well_known(id).map(|_| Item::folder(id, Some(id.to_owned()), None));
        manifest.items.get(id).cloned().or_else(generated).or_else(well_known).or_else(folder)
    }

    fn find_in_tree(&self, id: &str) -> Option<Item> {
        let (mut item, path) = self.tree.as_ref()?.find(id)?;
        self.apply_overrides(&mut item, &path);
        Some(item)
    }

    /// What lies in a folder; `None` if it is no folder, or nothing at all.
    pub(crate) fn children(&self, id: &str) -> Option<Children> {
        if let Some(manifest) = &self.manifest {
            let generated = || Some(Contents::Generated(Arc::new(Generated::well_known(id)?)));
            if let Some(contents) = manifest.folders.get(id).cloned().or_else(generated) {
                return Some(Children::Manifest(contents));
            }
        }
        let tree = self.tree.as_ref()?;
        let (item, path) = tree.find(id)?;
        // A directory that has just been removed has no children any more.
        if item.is_folder() { tree.children(&path).ok().map(Children::Tree) } else { None }
    }

    /// The child at a place in the folder's own order.
    pub(crate) fn child(&self, children: &Children, index: usize) -> Option<Item> {
        let item = match children {
            Children::Manifest(Contents::Listed(items)) => items.get(index)?.clone(),
            Children::Manifest(Contents::Generated(files)) => {
                files.item(u32::try_from(index).ok().filter(|index| *index < files.len())?)
            }
            Children::Tree(snapshot) => {
                let entry = snapshot.entries().get(index)?;
                let mut item = self.tree.as_ref()?.item(snapshot, entry);
                if !self.overrides.is_empty() {
                    self.apply_overrides(&mut item, &snapshot.path.join(&entry.name));
                }
                item
            }
        };
        Some(self.edited(item))
    }

    /// The ids of all folders, for searches without a parent.
    pub(crate) fn folders(&self) -> Vec<String> {
        let directories = self.tree.iter().flat_map(Tree::directories);
        let mut ids: Vec<_> = directories.map(|path| tree::ids::of_path(&path)).collect();
        let listed = self.manifest.iter().flat_map(|manifest| manifest.folders.keys().cloned());
        let mut listed: Vec<_> = listed.collect();
        listed.sort_unstable();
        ids.append(&mut listed);
        ids
    }

    /// Whether anything is on this shared drive.
    pub(crate) fn has_shared_drive(&self, drive_id: &str) -> bool {
        let mut items = self.manifest.iter().flat_map(|manifest| manifest.items.values());
        items.any(|item| item.marks.drive_id.as_deref() == Some(drive_id))
            || self.overrides.values().any(|entry| entry.is_on(drive_id))
    }

    /// The directories of the tree, as paths.
    pub(crate) fn directories(&self) -> Vec<PathBuf> {
        self.tree.as_ref().map(Tree::directories).unwrap_or_default()
    }

    /// Folders named by the manifest.
    pub(crate) fn manifest_folders(&self) -> Vec<Item> {
        let loaded = self.manifest.iter().flat_map(|manifest| manifest.folders.keys());
        let mut items: Vec<_> = loaded.filter_map(|id| self.find(id)).collect();
        items.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        items
    }

    /// Edits a file, for good.
    pub(crate) fn edit(&self, id: &str, how: Edit) {
        let change = Change { at: Utc::now(), how };
        self.edits.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), change);
    }

    fn edited(&self, mut item: Item) -> Item {
        let edits = self.edits.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(change), Kind::Blob(source)) = (edits.get(&item.id), &item.kind) {
            item.kind = Kind::Blob(source.clone().changed(*change));
            let marks = &mut item.marks;
            for claim in [&mut marks.size, &mut marks.md5, &mut marks.sha1, &mut marks.sha256] {
                claim.forget_given();
            }
        }
        item
    }

    /// Marks of a directory hold for what lies inside it, so those of all ancestors are looked at.
    fn apply_overrides(&self, item: &mut Item, path: &Path) {
        let mut ancestors: Vec<_> = path.ancestors().collect();
        ancestors.reverse();
        for ancestor in ancestors {
            let by_path = self.overrides.get(&slashed(ancestor));
            let Some(entry) = by_path.or_else(|| self.overrides.get(&tree::ids::of_path(ancestor))) else {
                continue;
            };
            if ancestor == path {
                entry.replace(item);
            } else {
                entry.pass_on(item);
            }
        }
    }
}

impl Children {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Manifest(Contents::Listed(items)) => items.len(),
            Self::Manifest(Contents::Generated(files)) => usize::try_from(files.len()).unwrap_or(usize::MAX),
            Self::Tree(snapshot) => snapshot.entries().len(),
        }
    }

    /// Differs when a name was added or removed.
    pub(crate) fn stamp(&self) -> String {
        match self {
            Self::Manifest(_) => String::new(),
            Self::Tree(snapshot) => snapshot.stamp(),
        }
    }
}

impl Viewer {
    /// Whether `files.get` finds the item, and a listing of it is more than empty.
    pub(crate) fn may_read(&self, item: &Item) -> bool {
        !item.marks.private && (item.marks.drive_id.is_none() || self.supports_all_drives)
    }

    /// Whether the item appears in listings.
    pub(crate) fn may_list(&self, item: &Item) -> bool {
        let on_shared_drive = item.marks.drive_id.is_some();
        self.may_read(item) && (!on_shared_drive || self.include_all_drives)
    }

    /// Whether the caller knows the item's resource key, if it has one.
    pub(crate) fn has_key(&self, item: &Item) -> bool {
        item.marks.resource_key.as_ref().is_none_or(|key| self.resource_keys.get(&item.id) == Some(key))
    }
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
