//! A part of a name that is searched, made ready once for all blocks.

use std::{borrow::Cow, collections::HashSet};

use memchr::memmem::Finder;

use super::{filter, fold};

/// So many of its pieces are looked for in a filter: a long text has many, and the first ones tell enough.
const MOST_PIECES: usize = 64;

/// A folded text to be found.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    finder: Finder<'static>,
    /// Hashes of its pieces, each once.
    pieces: Vec<u64>,
}

impl Needle {
    /// Of a folded text.
    pub(crate) fn new(folded: &str) -> Self {
        let length = folded.chars().take(3).count();
        let mut seen = HashSet::new();
        let hashes = filter::pieces_of(folded, length.max(1)).map(filter::hash);
        let pieces = hashes.filter(|piece| seen.insert(*piece)).take(MOST_PIECES).collect();
        Self { finder: Finder::new(folded).into_owned(), pieces }
    }

    /// Whether a name, not folded, has it.
    pub(crate) fn is_in(&self, name: &str) -> bool {
        // most names are plain: no copy for those
        let folded = if name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != 0) {
            Cow::Borrowed(name)
        } else {
            Cow::Owned(fold(name))
        };
        self.find(folded.as_bytes()).is_some()
    }

    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        self.finder.find(text)
    }

    pub(super) fn pieces(&self) -> &[u64] {
        &self.pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_found_and_has_few_pieces() {
        let long: String = (0..3000_u32).filter_map(|n| char::from_u32(0x4e00 + n)).collect();
        let needle = Needle::new(&fold(&long));
        assert_eq!(needle.pieces().len(), MOST_PIECES);
        assert!(needle.is_in(&format!("x{long}")) && !needle.is_in(&long[3..]));
        assert!(Needle::new("a").is_in("bAc") && Needle::new("").is_in("") && !Needle::new("a").is_in(""));
    }
}
