//! The names of a block as they are stored: first where each row's name ends, its number and its time, then all names in one
//! text, so that one search finds a part of any of them. It is read where it lies: of most blocks a search needs no row.

use super::{Needle, block::VERSION, ids_of};

/// The bytes of a block. Bytes that no block was packed into have no rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedBlock<'a> {
    first: i64,
    bytes: &'a [u8],
}

/// A row, and where its name and the separator behind it end in the text.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    id: i64,
    created_at: Option<&'a str>,
    end: usize,
}

/// The number and the time of a row.
pub(crate) type Hit<'a> = (i64, Option<&'a str>);

impl<'a> PackedBlock<'a> {
    /// What is stored as the block of this number.
    pub(crate) fn new(number: i64, bytes: &'a [u8]) -> Self {
        Self { first: ids_of(number).0, bytes }
    }

    /// The rows whose names have this text in them, newest first; `None` where the bytes cannot be read.
    pub(crate) fn matches(&self, needle: &Needle) -> Option<Vec<Hit<'a>>> {
        // if it is in neither rows nor names, the rows are of no interest
        if needle.find(self.bytes).is_none() {
            return (self.bytes.first() == Some(&VERSION)).then(Vec::new);
        }
        let (rows, text) = self.rows()?;
        let (mut hits, mut row, mut from) = (Vec::new(), 0, 0);
        while let Some(found) = text.get(from..).and_then(|text| needle.find(text)) {
            row += rows[row..].partition_point(|place| place.end <= from + found);
            let Some(place) = rows.get(row) else { break };
            hits.push((place.id, place.created_at));
            // one hit a row: go on behind its name
            (from, row) = (place.end, row + 1);
        }
        Some(hits)
    }

    fn rows(&self) -> Option<(Vec<Place<'a>>, &'a [u8])> {
        let mut left = self.bytes.strip_prefix(&[VERSION])?;
        let count = take(&mut left)?;
        let (mut rows, mut end) = (Vec::new(), 0_usize);
        for _ in 0..count {
            let id = self.first.checked_add_unsigned(take(&mut left)?)?;
            end = end.checked_add(usize::try_from(take(&mut left)?).ok()?)?;
            let created_at = match usize::try_from(take(&mut left)?).ok()? {
                0 => None,
                length => {
                    let (time, rest) = left.split_at_checked(length - 1)?;
                    left = rest;
                    Some(std::str::from_utf8(time).ok()?)
                }
            };
            rows.push(Place { id, created_at, end });
        }
        (left.len() == end).then_some((rows, left))
    }
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{Block, Entry, Filter, fold},
        *,
    };

    fn entry(id: i64, time: Option<&str>, name: &str) -> Entry {
        Entry { id, created_at: time.map(str::to_owned), name: name.to_owned() }
    }

    #[test]
    fn rows_are_found_newest_first_and_once() {
        let block = Block::build([
            entry(2048, Some("2026-01-01 00:00:00"), "banana.jpg"),
            entry(2049, None, "Ananas.jpg"),
            entry(2051, Some("2026-01-02 00:00:00"), "ANANAS 2.jpg"),
            entry(2050, Some("2026-01-02 00:00:00"), "pear.jpg"),
        ]);
        let bytes = block.encode(2);
        let find = |text| PackedBlock::new(2, &bytes).matches(&Needle::new(text)).unwrap();
        let found = |text| find(text).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(found("ana"), [2051, 2048, 2049]);
        assert_eq!(found("pear.jpg"), [2050]);
        // in a time, and across two names
        assert_eq!(found("2026-01"), [0_i64; 0]);
        assert_eq!(found("jpgb"), [0_i64; 0]);
        assert_eq!(found(""), [2051, 2050, 2048, 2049]);
        assert_eq!(block.newest_and_oldest(), (Some("2026-01-02 00:00:00"), None));
    }

    #[test]
    fn cut_or_foreign_bytes_are_no_block() {
        let bytes = Block::build([entry(1, Some("t"), "name")]).encode(0);
        for text in ["", "n"] {
            let is_none = |bytes: &[u8]| PackedBlock::new(0, bytes).matches(&Needle::new(text)).is_none();
            assert!(!is_none(&bytes) && is_none(b""));
            assert!(is_none(b"\x02n\x00"));
        }
        let is_none = |bytes: &[u8]| PackedBlock::new(0, bytes).matches(&Needle::new("")).is_none();
        assert!((0..bytes.len()).all(|length| is_none(&bytes[..length])));
        assert!(is_none(&[VERSION, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]));
    }

    proptest! {
        #[test]
        fn a_block_finds_what_a_plain_search_finds(
            names in proptest::collection::vec(("[aAbB\u{e9}\u{5199}0]{0,6}", proptest::option::of("[0-3]")), 0..20),
            text in "[ab\u{e9}\u{5199}0]{0,3}",
        ) {
            let rows: Vec<_> = names.iter().enumerate().map(|(n, (name, time))| {
                entry(3 * 1024 + i64::try_from(n).unwrap(), time.as_deref(), name)
            }).collect();
            let block = Block::build(rows.clone());
            let (bytes, text) = (block.encode(3), fold(&text));
            let mut plain: Vec<_> = rows.iter().filter(|row| fold(&row.name).contains(&text)).collect();
            plain.sort_by(|one, other| (&other.created_at, other.id).cmp(&(&one.created_at, one.id)));
            let plain: Vec<_> = plain.iter().map(|row| (row.id, row.created_at.as_deref())).collect();
            let needle = Needle::new(&text);
            let found = PackedBlock::new(3, &bytes).matches(&needle).unwrap();
            prop_assert!(found.is_empty() || Filter(&block.filter()).may_contain(&needle));
            prop_assert!(rows.iter().all(|row| needle.is_in(&row.name) == fold(&row.name).contains(&text)));
            prop_assert_eq!(found, plain);
        }
    }
}
