//! The files that hold bytes. Each has a random name and is written once; only the index makes it part of an object,
//! so that a key never becomes a path and a half-written file is never seen.

use std::{
    collections::{BTreeSet, HashSet},
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::object::Segment;

/// The name of a blob: 32 hexadecimal digits, of which the first two name its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct BlobId(#[serde(with = "uuid::serde::simple")] Uuid);

impl BlobId {
    fn directory(self) -> String {
        format!("{:02x}", self.0.as_bytes()[0])
    }
}

/// The directory of blobs.
#[derive(Debug, Clone)]
pub(super) struct Blobs {
    root: Arc<Path>,
}

impl Blobs {
    /// Opens the directory, making it and its 256 parts where missing.
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        for part in 0..=u8::MAX {
            std::fs::create_dir_all(root.join(format!("{part:02x}")))?;
        }
        let blobs = Self { root: root.into() };
        sync_directory(&blobs.root)?;
        Ok(blobs)
    }

    /// Makes an empty blob to write to. Blocks.
    pub(super) fn create(&self) -> io::Result<(NewBlob, File)> {
        let id = BlobId(Uuid::new_v4());
        let path = self.path(id);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok((NewBlob { id, path, kept: false }, file))
    }

    /// Makes a second blob with the same bytes, without copying them where the file system can. Blocks.
    pub(super) fn duplicate(&self, original: BlobId) -> io::Result<NewBlob> {
        let id = BlobId(Uuid::new_v4());
        let blob = NewBlob { id, path: self.path(id), kept: false };
        let original = self.path(original);
        if std::fs::hard_link(&original, &blob.path).is_err() {
            std::fs::copy(&original, &blob.path)?;
            OpenOptions::new().write(true).open(&blob.path)?.sync_all()?;
        }
        Ok(blob)
    }

    /// Opens a blob for reading.
    pub(super) async fn read(&self, id: BlobId) -> io::Result<tokio::fs::File> {
        tokio::fs::File::open(self.path(id)).await
    }

    /// Opens a blob for reading. Blocks.
    pub(super) fn read_blocking(&self, id: BlobId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Makes the names of new blobs survive a loss of power; their bytes were made to by whoever wrote them. Blocks.
    pub(super) fn sync_names<'b>(&self, blobs: impl IntoIterator<Item = &'b NewBlob>) -> io::Result<()> {
        let directories: BTreeSet<_> = blobs.into_iter().map(|blob| blob.id.directory()).collect();
        directories.into_iter().try_for_each(|directory| sync_directory(&self.root.join(directory)))
    }

    /// Removes blobs that no object names any more. Blocks. What cannot be removed now goes at the next start.
    pub(super) fn remove(&self, released: &[Segment]) {
        for segment in released {
            let _ = std::fs::remove_file(self.path(segment.blob));
        }
    }

    /// Whether there is no blob at all. Blocks.
    pub(super) fn is_empty(&self) -> io::Result<bool> {
        for part in 0..=u8::MAX {
            if std::fs::read_dir(self.root.join(format!("{part:02x}")))?.next().is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes every file that the index does not name: left over from writes that did not come to an end. Blocks.
    pub(super) fn sweep(&self, named: &HashSet<BlobId>) -> io::Result<usize> {
        let mut removed = 0;
        for part in 0..=u8::MAX {
            for entry in std::fs::read_dir(self.root.join(format!("{part:02x}")))? {
                let entry = entry?;
                let id = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok()).map(BlobId);
                if !id.is_some_and(|id| named.contains(&id)) {
                    std::fs::remove_file(entry.path())?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    fn path(&self, id: BlobId) -> PathBuf {
        self.root.join(id.directory()).join(id.0.simple().to_string())
    }
}

/// A blob that nothing refers to yet: it goes when dropped, unless it was kept.
#[derive(Debug)]
pub(super) struct NewBlob {
    /// Its name.
    pub(super) id: BlobId,
    path: PathBuf,
    kept: bool,
}

impl NewBlob {
    /// The index refers to it now.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    // elsewhere a directory cannot be opened as a file, and the file system keeps names in its own journal
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, io::Write as _};

    use super::Blobs;

    #[test]
    fn a_blob_that_is_not_kept_leaves_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(directory.path().join("objects")).unwrap();
        let (blob, mut file) = blobs.create().unwrap();
        file.write_all(b"half").unwrap();
        let path = blob.path.clone();
        assert!(path.exists());
        drop(blob);
        assert!(!path.exists());
    }

    #[test]
    fn the_sweep_takes_only_what_the_index_does_not_name() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(directory.path().join("objects")).unwrap();
        let (named, _) = blobs.create().unwrap();
        let (lost, _) = blobs.create().unwrap();
        let (named_id, named_path, lost_path) = (named.id, named.path.clone(), lost.path.clone());
        named.keep();
        lost.keep();
        std::fs::write(directory.path().join("objects/00/stray"), b"x").unwrap();

        assert_eq!(blobs.sweep(&HashSet::from([named_id])).unwrap(), 2);
        assert!(named_path.exists() && !lost_path.exists());
    }

    #[test]
    fn a_duplicate_outlives_its_original() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(directory.path().join("objects")).unwrap();
        let (original, mut file) = blobs.create().unwrap();
        file.write_all(b"bytes").unwrap();
        let copy = blobs.duplicate(original.id).unwrap();
        drop(original);
        assert_eq!(std::fs::read(&copy.path).unwrap(), b"bytes");
    }
}
