//! The three checksums that Drive announces, computed when first asked for and remembered for as long as the file
//! stays as it is.

use super::content::{PIECE, Source};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

/// Remembered files; about 25 MB. Beyond that the memory starts afresh.
const MOST_REMEMBERED: usize = 200_000;

/// Checksums of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) md5: [u8; 16],
    pub(crate) sha1: [u8; 20],
    pub(crate) sha256: [u8; 32],
}

/// Computes and remembers.
#[derive(Debug, Default)]
pub(crate) struct Checksums {
    known: Mutex<HashMap<[u8; 32], Sums>>,
}

impl Checksums {
    /// The checksums of the file as it is now. Blocks for as long as the file takes to read.
    pub(crate) fn of(&self, source: &Source) -> io::Result<Sums> {
        let fingerprint = source.fingerprint()?;
        if let Some(sums) = self.known().get(&fingerprint) {
            return Ok(*sums);
        }
        let sums = compute(source)?;
        let mut known = self.known();
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(fingerprint, sums);
        Ok(sums)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Sums>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compute(source: &Source) -> io::Result<Sums> {
    let mut reader = source.open()?;
    let (mut md5, mut sha1, mut sha256) = (Md5::new(), Sha1::new(), Sha256::new());
    let mut offset = 0;
    loop {
        let piece = reader.read_at(offset, PIECE)?;
        if piece.is_empty() {
            break;
        }
        offset += piece.len() as u64;
        md5.update(&piece);
        sha1.update(&piece);
        sha256.update(&piece);
    }
    Ok(Sums { md5: md5.finalize().into(), sha1: sha1.finalize().into(), sha256: sha256.finalize().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_the_well_known_ones() {
        let sums = Checksums::default().of(&Source::inline("")).unwrap();
        assert_eq!(hex::encode(sums.md5), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex::encode(sums.sha1), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(
            hex::encode(sums.sha256),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn a_rewritten_file_gets_new_sums() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let checksums = Checksums::default();
        std::fs::write(&path, "one").unwrap();
        let before = checksums.of(&Source::file(path.clone())).unwrap();
        assert_eq!(checksums.of(&Source::file(path.clone())).unwrap(), before);
        std::fs::write(&path, "three").unwrap();
        assert_ne!(checksums.of(&Source::file(path)).unwrap(), before);
    }
}
