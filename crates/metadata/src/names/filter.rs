//! Which pieces of one, two and three characters the names of a block have: a Bloom filter. It may say yes where the answer
//! is no, never the other way round.

use std::collections::HashSet;

use super::Needle;

/// Marks each piece sets.
const MARKS: u64 = 4;
/// Bits for each piece: with [`MARKS`] about one wrong yes in forty.
const BITS_PER_PIECE: usize = 8;
/// The form of the bytes; another one says yes to everything.
const VERSION: u8 = 1;

/// The filter of a block, as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter<'a>(pub(crate) &'a [u8]);

impl Filter<'_> {
    /// The bytes of a filter for these folded names.
    pub(super) fn build<'n>(names: impl Iterator<Item = &'n str>) -> Vec<u8> {
        let mut pieces = HashSet::new();
        for name in names {
            for length in 1..=3 {
                pieces.extend(pieces_of(name, length).map(hash));
            }
        }
        let mut bytes = vec![0; 1 + (pieces.len() * BITS_PER_PIECE).div_ceil(8)];
        bytes[0] = VERSION;
        let bits = &mut bytes[1..];
        for piece in pieces {
            for (byte, bit) in marks(piece, bits.len()) {
                bits[byte] |= bit;
            }
        }
        bytes
    }

    /// False when no name of the block has this text in it.
    pub(crate) fn may_contain(&self, needle: &Needle) -> bool {
        let [VERSION, bits @ ..] = self.0 else { return true };
        let has = |piece: &u64| marks(*piece, bits.len()).all(|(byte, bit)| bits[byte] & bit != 0);
        needle.pieces().is_empty() || !bits.is_empty() && needle.pieces().iter().all(has)
    }
}

/// All pieces of so many characters.
pub(super) fn pieces_of(text: &str, length: usize) -> impl Iterator<Item = &str> {
    let starts = text.char_indices().map(|(at, _)| at);
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8()).skip(length - 1);
    starts.zip(ends).map(|(start, end)| &text[start..end])
}

/// FNV-1a, then mixed: the same on every machine, for ever.
pub(super) fn hash(piece: &str) -> u64 {
    let mut hash = piece.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

/// The bits of a piece in so many bytes.
fn marks(hash: u64, bytes: usize) -> impl Iterator<Item = (usize, u8)> {
    let step = (hash >> 32) | 1;
    (0..MARKS).map(move |mark| {
        let at = hash.wrapping_add(step.wrapping_mul(mark)) % (bytes as u64 * 8);
        (usize::try_from(at / 8).unwrap_or(0), 1 << (at % 8))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn most_of_what_is_not_there_is_refused() {
        let names: Vec<_> = (0..1024).map(|n| format!("img_{n:04}.jpg")).collect();
        let filter = Filter::build(names.iter().map(String::as_str));
        let absent = (0..1000).map(|n| format!("zq{n:x}k"));
        let wrong = absent.filter(|needle| Filter(&filter).may_contain(&Needle::new(needle))).count();
        assert!(wrong < 50, "{wrong} of 1000");
    }

    #[test]
    fn an_empty_block_has_nothing_and_an_unknown_form_may_have_all() {
        assert!(!Filter(&Filter::build(std::iter::empty())).may_contain(&Needle::new("a")));
        let needle = Needle::new("a");
        assert!(Filter(&[9, 0, 0]).may_contain(&needle) && Filter(&[]).may_contain(&needle));
    }

    proptest! {
        #[test]
        fn every_part_of_a_name_may_be_there(name in "\\PC{1,30}", from in 0_usize..30, length in 1_usize..30) {
            let part: String = name.chars().skip(from).take(length).collect();
            prop_assert!(Filter(&Filter::build(std::iter::once(name.as_str()))).may_contain(&Needle::new(&part)));
        }
    }
}
