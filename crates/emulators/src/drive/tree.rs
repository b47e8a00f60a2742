//! A directory tree as Drive shows it: every directory a folder, every file a file, each with an id that depends
//! on nothing but its path inside the tree.
//!
//! Names that begin with a dot are left out, and so are links to directories, which could run in circles. What
//! changes on the disk shows in the next answer.

pub(crate) mod ids;
mod snapshot;

use super::content::Source;
use super::item::{Item, Kind, Marks};
use super::mime;
pub(crate) use snapshot::{Entry, Snapshot};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Directories whose entries are kept in memory.
const MOST_SNAPSHOTS: usize = 8;

/// A directory that is served.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Key of a directory → its path inside the tree.
    directories: HashMap<String, PathBuf>,
    /// The latest used last.
    snapshots: Vec<Arc<Snapshot>>,
}

impl Tree {
    /// Serves `root`, which must be a directory.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "only a directory can be served"));
        }
        Ok(Self { root, known: Mutex::default() })
    }

    /// The item with this id, and its path inside the tree.
    pub(crate) fn find(&self, id: &str) -> Option<(Item, PathBuf)> {
        if id == ids::root() {
            let name = self.root.file_name().map(|name| name.to_string_lossy().into_owned());
            return Some((Item::folder(id, name, None), PathBuf::new()));
        }
        let snapshot = self.snapshot(&self.directory(ids::directory_key_of(id)?)?).ok()?;
        let entry = snapshot.find(id)?;
        Some((self.item(&snapshot, entry), snapshot.path.join(&entry.name)))
    }

    /// The entries of a directory, by its path inside the tree.
    pub(crate) fn children(&self, path: &Path) -> io::Result<Arc<Snapshot>> {
        self.snapshot(path)
    }

    /// One entry as an item.
    pub(crate) fn item(&self, snapshot: &Snapshot, entry: &Entry) -> Item {
        let parent = Some(ids::of_path(&snapshot.path));
        let id = snapshot.id_of(entry);
        let name = Some(entry.name.to_string_lossy().into_owned());
        if entry.is_directory {
            return Item::folder(id, name, parent);
        }
        let path = self.root.join(&snapshot.path).join(&entry.name);
        let mime_type = Some((*entry.mime_type.get_or_init(|| mime::of_file(&path))).to_owned());
        Item { id, name, mime_type, parent, kind: Kind::Blob(Source::file(path)), marks: Marks::default() }
    }

    /// The paths of all directories inside the tree, the root first.
    pub(crate) fn directories(&self) -> Vec<PathBuf> {
        let mut found = vec![PathBuf::new()];
        let mut next = 0;
        while let Some(path) = found.get(next).cloned() {
            found.extend(snapshot::subdirectories(&self.root, &path));
            next += 1;
        }
        let mut known = self.known();
        for path in &found {
            known.directories.insert(ids::directory_key(path), path.clone());
        }
        found
    }

    fn directory(&self, key: &str) -> Option<PathBuf> {
        let known = self.known().directories.get(key).cloned();
        known.or_else(|| {
            self.directories();
            self.known().directories.get(key).cloned()
        })
    }

    fn snapshot(&self, path: &Path) -> io::Result<Arc<Snapshot>> {
        let mut known = self.known();
        if let Some(at) = known.snapshots.iter().position(|snapshot| snapshot.path == path) {
            let snapshot = known.snapshots.remove(at);
            if snapshot.is_current(&self.root) {
                known.snapshots.push(Arc::clone(&snapshot));
                return Ok(snapshot);
            }
        }
        drop(known);
        let snapshot = Arc::new(Snapshot::take(&self.root, path)?);
        let mut known = self.known();
        known.directories.insert(ids::directory_key(path), path.to_owned());
        if known.snapshots.len() >= MOST_SNAPSHOTS {
            known.snapshots.remove(0);
        }
        known.snapshots.push(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
