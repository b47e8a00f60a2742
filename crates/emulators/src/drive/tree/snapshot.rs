//! The entries of one directory at one moment.

use super::ids;
use sha2::{Digest, Sha256};
use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// Two changes within this time may leave a directory with the same time stamp.
const CLOCK_GRAIN: Duration = Duration::from_secs(2);

/// A directory's entries, sorted by name. Small on purpose: a folder may hold hundreds of thousands.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Inside the tree.
    pub(crate) path: PathBuf,
    key: String,
    entries: Vec<Entry>,
    /// Hash of the name → index, sorted by hash.
    by_hash: Vec<(u64, u32)>,
    modified: Option<SystemTime>,
    taken: SystemTime,
}

/// One name in a directory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: OsString,
    pub(crate) is_directory: bool,
    /// Looked up when first asked for.
    pub(crate) mime_type: OnceLock<&'static str>,
}

impl Snapshot {
    /// Reads a directory.
    pub(super) fn take(root: &Path, path: &Path) -> io::Result<Self> {
        let taken = SystemTime::now();
        let modified = modified(root, path);
        let mut entries: Vec<Entry> =
            std::fs::read_dir(root.join(path))?.filter_map(|entry| Entry::of(&entry.ok()?)).collect();
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut by_hash: Vec<_> =
            (0..).zip(&entries).map(|(index, entry)| (hash(&entry.name), index)).collect();
        by_hash.sort_unstable();
        Ok(Self { path: path.to_owned(), key: ids::directory_key(path), entries, by_hash, modified, taken })
    }

    /// Whether the directory certainly still looks like this.
    pub(super) fn is_current(&self, root: &Path) -> bool {
        let Some(then) = self.modified else { return false };
        modified(root, &self.path) == Some(then) && then + CLOCK_GRAIN < self.taken
    }

    /// Differs when a name was added or removed.
    pub(crate) fn stamp(&self) -> String {
        format!("{} {:?} {}", self.key, self.modified, self.entries.len())
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn id_of(&self, entry: &Entry) -> String {
        ids::of_entry(&self.key, &entry.name)
    }

    /// The entry with this id. The hash of the name is the beginning of the id's last part.
    pub(super) fn find(&self, id: &str) -> Option<&Entry> {
        let wanted = hash_in(id)?;
        let from = self.by_hash.partition_point(|(hash, _)| *hash < wanted);
        let candidates = self.by_hash[from..].iter().take_while(|(hash, _)| *hash == wanted);
        let entries = candidates.filter_map(|(_, index)| self.entries.get(usize::try_from(*index).ok()?));
        entries.into_iter().find(|entry| self.id_of(entry) == id)
    }
}

impl Entry {
    fn of(entry: &DirEntry) -> Option<Self> {
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        let is_directory = kind(entry)?.is_dir();
        (!hidden).then(|| Self { name, is_directory, mime_type: OnceLock::new() })
    }
}

/// What an entry is; `None` for links to directories, and for what is neither file nor directory.
fn kind(entry: &DirEntry) -> Option<FileType> {
    let kind = entry.file_type().ok()?;
    if kind.is_symlink() {
        return std::fs::metadata(entry.path())
            .ok()
            .map(|target| target.file_type())
            .filter(FileType::is_file);
    }
    (kind.is_file() || kind.is_dir()).then_some(kind)
}

/// The directories inside a directory, as paths inside the tree, sorted.
pub(super) fn subdirectories(root: &Path, path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join(path)).into_iter().flatten();
    let entries = entries.filter_map(|entry| Entry::of(&entry.ok()?)).filter(|entry| entry.is_directory);
    let mut found: Vec<_> = entries.map(|entry| path.join(entry.name)).collect();
    found.sort_unstable();
    found
}

fn modified(root: &Path, path: &Path) -> Option<SystemTime> {
    std::fs::metadata(root.join(path)).ok()?.modified().ok()
}

fn hash(name: &OsStr) -> u64 {
    let digest: [u8; 32] = Sha256::digest(name.to_string_lossy().as_bytes()).into();
    u64::from_be_bytes([
        digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
    ])
}

fn hash_in(id: &str) -> Option<u64> {
    use base64::Engine;
    // Twelve characters are nine bytes.
    let start = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(id.get(11..23)?).ok()?;
    Some(u64::from_be_bytes(start.get(..8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::Tree;
    use super::ids;
    use std::path::Path;

    fn names(tree: &Tree) -> Vec<String> {
        let snapshot = tree.children(Path::new("")).unwrap();
        snapshot.entries().iter().map(|entry| entry.name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_change_on_the_disk_shows_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::open(dir.path()).unwrap();
        for name in ["b.png", "a.jpg", ".hidden"] {
            std::fs::write(dir.path().join(name), name).unwrap();
            assert_eq!(names(&tree).contains(&name.to_owned()), !name.starts_with('.'), "{name}");
        }
        assert_eq!(names(&tree), ["a.jpg", "b.png"]);
        std::fs::remove_file(dir.path().join("a.jpg")).unwrap();
        assert_eq!(names(&tree), ["b.png"]);
    }

    #[test]
    fn an_id_leads_to_its_file_without_a_listing_before() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("x/y")).unwrap();
        std::fs::write(dir.path().join("x/y/deep.gif"), "GIF8").unwrap();
        let path = Path::new("x/y/deep.gif");
        let tree = Tree::open(dir.path()).unwrap();
        let (item, found) = tree.find(&ids::of_path(path)).unwrap();
        assert_eq!(found, path);
        assert_eq!(item.name.as_deref(), Some("deep.gif"));
        assert_eq!(item.mime_type.as_deref(), Some("image/gif"));
        assert_eq!(item.parent, Some(ids::of_path(Path::new("x/y"))));
        assert!(tree.find(&ids::of_path(Path::new("x/y"))).unwrap().0.is_folder());
        assert!(tree.find(&ids::of_path(Path::new("x/y/other.gif"))).is_none());
        assert!(tree.find("1short").is_none());
    }
}
