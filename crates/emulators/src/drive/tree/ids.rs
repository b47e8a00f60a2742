//! Ids of a directory tree.
//!
//! An id is `1`, ten characters for the directory and 22 for the name in it: 33 characters like Drive's own. The
//! first part leads back to the directory, so that no table of all files is needed, and an id stays good over a
//! restart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::path::{Component, Path};

const DIRECTORY_CHARS: usize = 10;
const NAME_CHARS: usize = 22;

/// The id of the tree itself.
pub(crate) fn root() -> String {
    id("", "")
}

/// The id of what lies at a path inside the tree.
pub(crate) fn of_path(path: &Path) -> String {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => of_entry(&directory_key(parent), name),
        _ => root(),
    }
}

/// The id of an entry of a directory.
pub(crate) fn of_entry(directory_key: &str, name: &OsStr) -> String {
    format!("1{directory_key}{}", code(&name.to_string_lossy(), NAME_CHARS))
}

/// The part of the id that all entries of a directory share.
pub(crate) fn directory_key(path: &Path) -> String {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    code(&names.collect::<Vec<_>>().join("/"), DIRECTORY_CHARS)
}

/// The directory's part of an id, if it can be one of ours.
pub(crate) fn directory_key_of(id: &str) -> Option<&str> {
    let own = id.is_ascii() && id.len() == 1 + DIRECTORY_CHARS + NAME_CHARS && id.starts_with('1');
    own.then(|| &id[1..=DIRECTORY_CHARS])
}

fn id(directory: &str, name: &str) -> String {
    format!("1{}{}", code(directory, DIRECTORY_CHARS), code(name, NAME_CHARS))
}

fn code(text: &str, chars: usize) -> String {
    let mut code = URL_SAFE_NO_PAD.encode(Sha256::digest(text));
    code.truncate(chars);
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_drives_and_differ_by_path() {
        let paths = ["", "a.jpg", "b", "b/a.jpg", "b/c/a.jpg", "ünï/图片.png"];
        let ids: Vec<_> = paths.iter().map(|path| of_path(Path::new(path))).collect();
        for id in &ids {
            assert_eq!(id.len(), 33);
            assert!(id.starts_with('1'));
            assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{id}");
            assert!(directory_key_of(id).is_some());
        }
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), paths.len());
    }

    #[test]
    fn ids_never_change_from_one_version_to_the_next() {
        assert_eq!(root(), "147DEQpj8HB47DEQpj8HBSa-_TImW-5JC");
        assert_eq!(of_path(Path::new("a.jpg")).get(1..11), root().get(1..11));
    }
}
