//! The names of a block on their way to being packed (see [`PackedBlock`](super::PackedBlock)). Rows stand newest first, those
//! without a time last.

use super::{Filter, fold, ids_of};

/// The form of the bytes.
pub(super) const VERSION: u8 = 1;
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
}

/// Seven bits a byte, the low ones first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}
