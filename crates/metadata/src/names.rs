//! Names as they are searched: folded, so that neither case nor how a character is composed matters, and packed in blocks
//! of 1,024 consecutive row numbers. A block has a small filter, which tells without reading the names that a text is in
//! none of them. Pure: what is stored where is not known here.

mod block;
mod filter;
mod needle;
mod packed;

use unicode_normalization::UnicodeNormalization;

pub(crate) use block::{Block, Entry};
pub(crate) use filter::Filter;
pub(crate) use needle::Needle;
pub(crate) use packed::PackedBlock;

/// Row numbers in one block.
pub(crate) const ROWS_PER_BLOCK: i64 = 1024;

/// The block of a row.
pub(crate) fn block_of(id: i64) -> i64 {
    id.div_euclid(ROWS_PER_BLOCK)
}

/// The first and the last row number of a block.
pub(crate) fn ids_of(block: i64) -> (i64, i64) {
    let first = block.saturating_mul(ROWS_PER_BLOCK);
    (first, first.saturating_add(ROWS_PER_BLOCK - 1))
}

/// A name, or what is searched in names, as it is compared: compatibility forms composed, then without case. It has no
/// NUL, which separates names in a block.
pub(crate) fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase().replace('\0', " ");
    }
    let composed: String = name.nfkc().collect();
    // folding may take apart what was composed
    let folded: String = caseless::default_case_fold_str(&composed).nfkc().collect();
    folded.replace('\0', " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_look_the_same_are_the_same() {
        for (one, other) in [
            ("IMG_1.JPG", "img_1.jpg"),
            ("Stra\u{df}e", "STRASSE"),
            ("e\u{301}te\u{301}", "\u{c9}T\u{c9}"),
            ("\u{ff21}\u{ff11}", "a1"),
            (
                "\u{3a3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2}",
                "\u{3c3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c3}",
            ),
            ("\u{fb01}n", "FIN"),
            ("a\0b", "A B"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("\u{5199}\u{771f}"), fold("\u{5199}\u{751f}"));
    }

    #[test]
    fn every_row_has_one_block() {
        for (id, block) in [(0, 0), (1023, 0), (1024, 1), (-1, -1), (i64::from(i32::MAX), 2_097_151)] {
            assert_eq!(block_of(id), block);
            let (first, last) = ids_of(block);
            assert!((first..=last).contains(&id));
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(name in "\\PC{0,40}") {
            let folded = fold(&name);
            prop_assert_eq!(fold(&folded), folded);
        }
    }
}
