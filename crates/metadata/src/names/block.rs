//! The names of a block, packed: first where each row's name ends, its number and its time, then all names in one text, so
//! that one search finds a part of any of them. Rows stand newest first, those without a time last.

use super::{Filter, fold, ids_of};

/// The form of the bytes.
const VERSION: u8 = 1;
/// Between two names; no folded name has it.
const SEPARATOR: char = '\0';

/// A row, as a block is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number.
    pub(crate) id: i64,
    /// `created_at` as the database has it.
    pub(crate) created_at: Option<String>,
    /// Its name, not folded.
    pub(crate) name: String,
}

/// The folded names of up to 1,024 rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Block {
    rows: Vec<Place>,
    /// Every name, each with a separator behind it.
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    id: i64,
    created_at: Option<String>,
    /// Where the name and its separator end in the text.
    end: usize,
}

impl Block {
    /// The block of these rows.
    pub(crate) fn build(rows: impl IntoIterator<Item = Entry>) -> Self {
        let mut entries: Vec<_> = rows.into_iter().collect();
        entries.sort_by(|one, other| (&other.created_at, other.id).cmp(&(&one.created_at, one.id)));
        let mut block = Self::default();
        for entry in entries {
            block.text.push_str(&fold(&entry.name));
            block.text.push(SEPARATOR);
            block.rows.push(Place { id: entry.id, created_at: entry.created_at, end: block.text.len() });
        }
        block
    }

    /// True when it has no rows, and need not be kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The times of its newest and its oldest row; `None` is a row without a time.
    pub(crate) fn newest_and_oldest(&self) -> (Option<&str>, Option<&str>) {
        (
            self.rows.first().and_then(|row| row.created_at.as_deref()),
            self.rows.last().and_then(|row| row.created_at.as_deref()),
        )
    }

    /// The rows whose names have this folded text in them, newest first: their numbers and times.
    pub(crate) fn matches<'a>(&'a self, needle: &'a str) -> impl Iterator<Item = (i64, Option<&'a str>)> {
        let (mut row, mut from) = (0, 0);
        std::iter::from_fn(move || {
            let found = from + self.text.get(from..)?.find(needle)?;
            row += self.rows.get(row..)?.partition_point(|place| place.end <= found);
            let place = self.rows.get(row)?;
            // one hit a row: go on behind its name
            from = place.end;
            row += 1;
            Some((place.id, place.created_at.as_deref()))
        })
    }

    /// The bytes of its filter, see [`Filter`].
    pub(crate) fn filter(&self) -> Vec<u8> {
        Filter::build(self.text.split_terminator(SEPARATOR))
    }

    /// The bytes of its rows; `number` is the block's.
    pub(crate) fn encode(&self, number: i64) -> Vec<u8> {
        let (first, _) = ids_of(number);
        let mut bytes = vec![VERSION];
        put(&mut bytes, self.rows.len() as u64);
        let mut start = 0;
        for row in &self.rows {
            put(&mut bytes, row.id.wrapping_sub(first).unsigned_abs());
            put(&mut bytes, (row.end - start) as u64);
            start = row.end;
            let time = row.created_at.as_deref();
            put(&mut bytes, time.map_or(0, |time| time.len() as u64 + 1));
            bytes.extend_from_slice(time.unwrap_or_default().as_bytes());
        }
        bytes.extend_from_slice(self.text.as_bytes());
        bytes
    }

    /// What [`Block::encode`] wrote; `None` where it was not that.
    pub(crate) fn decode(number: i64, bytes: &[u8]) -> Option<Self> {
        let (first, _) = ids_of(number);
        let mut left = bytes.strip_prefix(&[VERSION])?;
        let count = take(&mut left)?;
        let (mut rows, mut end) = (Vec::new(), 0_usize);
        for _ in 0..count {
            let id = first.checked_add_unsigned(take(&mut left)?)?;
            end = end.checked_add(usize::try_from(take(&mut left)?).ok()?)?;
            let created_at = match usize::try_from(take(&mut left)?).ok()? {
                0 => None,
                length => {
                    let (time, rest) = left.split_at_checked(length - 1)?;
                    left = rest;
                    Some(std::str::from_utf8(time).ok()?.to_owned())
                }
            };
            rows.push(Place { id, created_at, end });
        }
        let text = std::str::from_utf8(left).ok()?.to_owned();
        (text.len() == end).then_some(Self { rows, text })
    }
}

/// Seven bits a byte, the low ones first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
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

    use super::*;

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
        let found = |needle| block.matches(needle).map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(found("ana"), [2051, 2048, 2049]);
        assert_eq!(found("pear.jpg"), [2050]);
        assert_eq!(found("jpgb"), [0_i64; 0]);
        assert_eq!(found(""), [2051, 2050, 2048, 2049]);
        assert_eq!(block.newest_and_oldest(), (Some("2026-01-02 00:00:00"), None));
    }

    #[test]
    fn cut_or_foreign_bytes_are_no_block() {
        let bytes = Block::build([entry(1, Some("t"), "name")]).encode(0);
        assert!((0..bytes.len()).all(|length| Block::decode(0, &bytes[..length]).is_none()));
        assert_eq!(Block::decode(0, b"\x02\x00"), None);
        assert_eq!(
            Block::decode(0, &[VERSION, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
            None
        );
    }

    proptest! {
        #[test]
        fn a_block_comes_back_and_finds_what_a_plain_search_finds(
            names in proptest::collection::vec(("[aAbB\u{e9}\u{5199}]{0,6}", proptest::option::of("[0-3]")), 0..20),
            needle in "[ab\u{e9}\u{5199}]{0,3}",
        ) {
            let rows: Vec<_> = names.iter().enumerate().map(|(n, (name, time))| {
                entry(3 * 1024 + i64::try_from(n).unwrap(), time.as_deref(), name)
            }).collect();
            let block = Block::build(rows.clone());
            prop_assert_eq!(Block::decode(3, &block.encode(3)), Some(block.clone()));
            let needle = fold(&needle);
            let mut plain: Vec<_> = rows.iter().filter(|row| fold(&row.name).contains(&needle)).collect();
            plain.sort_by(|one, other| (&other.created_at, other.id).cmp(&(&one.created_at, one.id)));
            let plain: Vec<_> = plain.iter().map(|row| (row.id, row.created_at.as_deref())).collect();
            let found: Vec<_> = block.matches(&needle).collect();
            prop_assert!(found.is_empty() || Filter(&block.filter()).may_contain(&needle));
            prop_assert_eq!(found, plain);
        }
    }
}
