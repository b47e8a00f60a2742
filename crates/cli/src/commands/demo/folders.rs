//! Which folders the demo imports.

use std::{
    fs,
    path::{Path, PathBuf},
};

use emulators::drive;

use crate::{exit::Usage, samples};

/// A folder that the Drive emulator serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    /// For people.
    pub(crate) name: String,
    id: String,
}

impl Folder {
    /// The link that a user would paste.
    pub(crate) fn link(&self) -> String {
        format!("https://drive.google.com/drive/folders/{}", self.id)
    }
}

/// What to serve, and which folders of it to import: the person's own, or the samples, made below `home`.
pub(crate) fn prepare(own: Option<&Path>, home: &Path) -> anyhow::Result<(drive::Config, Vec<Folder>)> {
    if let Some(path) = own {
        return self::own(path);
    }
    let root = home.join("pictures");
    Ok((samples::prepare(&root)?, below(&root)))
}

/// A folder of the person's own, and all folders in it.
pub(crate) fn own(own: &Path) -> anyhow::Result<(drive::Config, Vec<Folder>)> {
    if !own.is_dir() {
        return Err(Usage(format!("{} is no folder", own.display())).into());
    }
    let folders = below(own);
    if folders.is_empty() {
        return Err(Usage(format!("{} holds no files", own.display())).into());
    }
    Ok((drive::Config::default().with_root(own), folders))
}

/// Every folder below `root`, itself included, that holds files. As in the emulator, names with a dot in front are left
/// out, and links to folders, which could run in circles, are not followed.
fn below(root: &Path) -> Vec<Folder> {
    let mut paths = vec![PathBuf::new()];
    let mut found = Vec::new();
    while let Some(path) = paths.pop() {
        let entries = fs::read_dir(root.join(&path)).into_iter().flatten().flatten();
        let mut holds_files = false;
        for entry in entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".")) {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                paths.push(path.join(entry.file_name()));
            }
            holds_files |= !is_folder;
        }
        if holds_files {
            let name =
                if path.as_os_str().is_empty() { name_of(root) } else { path.to_string_lossy().into() };
            found.push(Folder { name, id: drive::id_of(&path) });
        }
    }
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The name of a folder that may have been given as `.`
fn name_of(root: &Path) -> String {
    let whole = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    whole.file_name().unwrap_or(whole.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_with_files_are_found_at_every_depth() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["a/b/c", "empty", ".hidden"] {
            fs::create_dir_all(dir.path().join(path)).unwrap();
        }
        for file in ["top.jpg", "a/b/c/deep.jpg", ".hidden/x.jpg", "empty/.dot"] {
            fs::write(dir.path().join(file), "x").unwrap();
        }
        let folders = below(dir.path());
        let ids: Vec<_> = folders.iter().map(|folder| folder.id.clone()).collect();
        assert_eq!(folders.len(), 2, "{folders:?}");
        assert!(ids.contains(&drive::root_folder_id()) && ids.contains(&drive::id_of(Path::new("a/b/c"))));
    }

    #[test]
    fn a_wrong_folder_is_a_usage_error() {
        let dir = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        for path in [dir.path().to_owned(), dir.path().join("gone")] {
            assert!(prepare(Some(&path), home.path()).unwrap_err().is::<Usage>());
        }
    }

    #[test]
    fn the_samples_are_two_folders() {
        let home = tempfile::tempdir().unwrap();
        let (_, folders) = prepare(None, home.path()).unwrap();
        assert_eq!(folders.len(), 2);
        assert!(folders[0].link().starts_with("https://drive.google.com/drive/folders/1"));
    }
}
