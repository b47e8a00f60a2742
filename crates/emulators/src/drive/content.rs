//! Where the bytes of a file come from: the disk, a pattern computed on the fly, or the manifest itself.
//!
//! Nothing here holds a file in memory: every reader asks for the piece it needs.

use super::item::Facts;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// The first bytes of every generated file: enough for a reader to call it a JPEG.
const JPEG_HEAD: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00";

/// The largest piece that is read at once.
pub(crate) const PIECE: usize = 128 * 1024;

/// The bytes of one file.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    base: Base,
    change: Option<Change>,
}

#[derive(Debug, Clone)]
enum Base {
    File(PathBuf),
    /// A JPEG head, then the digest of the id again and again.
    Generated {
        digest: [u8; 32],
        len: u64,
    },
    Inline(Bytes),
}

/// An edit that was made to the file after it was first listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) at: DateTime<Utc>,
    pub(crate) how: Edit,
}

/// What the edit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// So many bytes were appended.
    Longer(u64),
    /// The last byte became another one.
    SameLength,
}

impl Source {
    /// A file of a directory tree.
    pub(crate) fn file(path: PathBuf) -> Self {
        Self { base: Base::File(path), change: None }
    }

    /// `len` bytes that depend only on `id`.
    pub(crate) fn generated(id: &str, len: u64) -> Self {
        Self { base: Base::Generated { digest: Sha256::digest(id).into(), len }, change: None }
    }

    /// Bytes written in the manifest.
    pub(crate) fn inline(bytes: impl Into<Bytes>) -> Self {
        Self { base: Base::Inline(bytes.into()), change: None }
    }

    /// The same file after an edit.
    pub(crate) fn changed(self, change: Change) -> Self {
        Self { change: Some(change), ..self }
    }

    /// The place on the disk of a file that is served as it lies there.
    pub(crate) fn path(&self) -> Option<&PathBuf> {
        match &self.base {
            Base::File(path) if self.change.is_none() => Some(path),
            _ => None,
        }
    }

    /// Length and times as they are now.
    pub(crate) fn facts(&self) -> io::Result<Facts> {
        let mut facts = self.base.facts()?;
        if let Some(change) = self.change {
            facts.modified = change.at;
            facts.len += match change.how {
                Edit::Longer(bytes) => bytes,
                Edit::SameLength => 0,
            };
        }
        Ok(facts)
    }

    /// Opens the file for reading.
    pub(crate) fn open(&self) -> io::Result<Reader> {
        let file = match &self.base {
            Base::File(path) => Some(File::open(path)?),
            Base::Generated { .. } | Base::Inline(_) => None,
        };
        let base_len = self.base.facts()?.len;
        Ok(Reader { base: self.base.clone(), file, base_len, len: self.facts()?.len, change: self.change })
    }

    /// Tells this state of this file from every other.
    pub(crate) fn fingerprint(&self) -> io::Result<[u8; 32]> {
        let facts = self.facts()?;
        let moment = facts.modified.timestamp_nanos_opt();
        let state = format!("{:?}\n{:?}\n{}\n{moment:?}", self.base, self.change, facts.len);
        Ok(Sha256::digest(state).into())
    }
}

impl Base {
    fn facts(&self) -> io::Result<Facts> {
        match self {
            Self::File(path) => {
                let metadata = std::fs::metadata(path)?;
                let modified = metadata.modified()?;
                // Not every file system knows when a file was made.
                let created = metadata.created().unwrap_or(modified);
                Ok(Facts { len: metadata.len(), created: created.into(), modified: modified.into() })
            }
            Self::Generated { len, .. } => Ok(Facts { len: *len, ..Facts::of_nothing() }),
            Self::Inline(bytes) => Ok(Facts { len: bytes.len() as u64, ..Facts::of_nothing() }),
        }
    }
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Reader {
    base: Base,
    file: Option<File>,
    base_len: u64,
    len: u64,
    change: Option<Change>,
}

impl Reader {
    /// The length when the file was opened.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// At most `max` bytes from `offset` on; empty at the end. Blocks while the disk works.
    pub(crate) fn read_at(&mut self, offset: u64, max: usize) -> io::Result<Bytes> {
        let wanted = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(max).min(max).min(PIECE);
        if offset >= self.base_len {
            return Ok(Bytes::from(vec![b'+'; wanted]));
        }
        let in_base = usize::try_from(self.base_len - offset).unwrap_or(wanted).min(wanted);
        let mut piece = self.read_base(offset, in_base)?;
        let last = offset + piece.len() as u64 == self.base_len;
        if let (Some(Change { how: Edit::SameLength, .. }), true, Some(byte)) =
            (self.change, last, piece.last_mut())
        {
            *byte ^= 0xff;
        }
        Ok(piece.into())
    }

    fn read_base(&mut self, offset: u64, wanted: usize) -> io::Result<Vec<u8>> {
        match (&self.base, &mut self.file) {
            (_, Some(file)) => {
                let mut piece = Vec::with_capacity(wanted);
                file.seek(SeekFrom::Start(offset))?;
                file.take(wanted as u64).read_to_end(&mut piece)?;
                Ok(piece)
            }
            (Base::Inline(bytes), _) => {
                let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes[offset..].iter().take(wanted).copied().collect())
            }
            (Base::Generated { digest, .. }, _) => Ok(pattern(digest, offset).take(wanted).collect()),
            (Base::File(path), None) => Err(io::Error::other(format!("{} is not open", path.display()))),
        }
    }
}

fn pattern(digest: &[u8; 32], offset: u64) -> impl Iterator<Item = u8> {
    let head = usize::try_from(offset).unwrap_or(usize::MAX).min(JPEG_HEAD.len());
    let into_pattern = offset.saturating_sub(JPEG_HEAD.len() as u64) % 32;
    let skipped = usize::try_from(into_pattern).unwrap_or_default();
    JPEG_HEAD[head..].iter().copied().chain(digest.iter().copied().cycle().skip(skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(source: &Source) -> Vec<u8> {
        let mut reader = source.open().unwrap();
        let mut bytes = Vec::new();
        loop {
            let piece = reader.read_at(bytes.len() as u64, 1000).unwrap();
            if piece.is_empty() {
                return bytes;
            }
            bytes.extend_from_slice(&piece);
        }
    }

    #[test]
    fn a_generated_file_is_a_jpeg_head_and_its_digest_repeated() {
        let digest: [u8; 32] = Sha256::digest("x1").into();
        let mut expected = JPEG_HEAD.to_vec();
        while expected.len() < 5000 {
            expected.extend_from_slice(&digest);
        }
        expected.truncate(5000);
        let source = Source::generated("x1", 5000);
        assert_eq!(all(&source), expected);
        for offset in [0, 5, 11, 12, 43, 4999, 5000, 6000] {
            let piece = source.open().unwrap().read_at(offset, 50).unwrap();
            let from = usize::try_from(offset).unwrap().min(5000);
            assert_eq!(piece, expected[from..(from + 50).min(5000)], "from {offset}");
        }
        assert_eq!(all(&Source::generated("x1", 4)), JPEG_HEAD[..4]);
    }

    #[test]
    fn every_kind_of_source_gives_its_bytes_and_its_edits() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "hello").unwrap();
        for source in [Source::file(path), Source::inline("hello")] {
            assert_eq!(all(&source), b"hello");
            assert_eq!(source.facts().unwrap().len, 5);
            let edited = |how| source.clone().changed(Change { at: Utc::now(), how });
            assert_eq!(all(&edited(Edit::Longer(2))), b"hello++");
            assert_eq!(edited(Edit::Longer(2)).facts().unwrap().len, 7);
            assert_eq!(all(&edited(Edit::SameLength)), b"hell\x90");
            assert_ne!(source.fingerprint().unwrap(), edited(Edit::SameLength).fingerprint().unwrap());
        }
    }
}
