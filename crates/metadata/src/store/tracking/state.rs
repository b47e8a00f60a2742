//! How far counts and blocks of names are, as `image_index_state` has it. They are made together, from the newest row
//! down: what is made counts every row from some number on, and every change of these that is not unfolded.

use crate::names;

/// The name in the table. The state is one of [`READY`], [`made_from`], or no row.
pub(in super::super) const INDEX: &str = "index";
/// Counts and blocks that may be relied on.
pub(in super::super) const READY: &str = "ready";

pub(in super::super) const GET: &str = "SELECT value FROM image_index_state WHERE name = ?";
pub(in super::super) const SET: &str = "REPLACE INTO image_index_state (name, value) VALUES (?, ?)";
/// Nothing may be relied on any more.
pub(in super::super) const FORGET: &str = "DELETE FROM image_index_state";
/// The same, told from every other time: in SQLite no lock keeps two processes from beginning at once.
pub(in super::super) const FORGET_ONCE: &str =
    "REPLACE INTO image_index_state (name, value) VALUES ('index', 'begin ' || hex(randomblob(8)))";
/// See [`Glance`]. One statement: it sees one moment.
pub(in super::super) const GLANCE: &str = "SELECT (SELECT value FROM image_index_state WHERE name = 'index'), \
     (SELECT MIN(seq) FROM image_changes), (SELECT MAX(block) FROM name_blocks), \
     CAST((SELECT MAX(id) FROM images) AS SIGNED)";

/// The last row that is not counted yet; `None` when all are.
pub(in super::super) fn last_left(state: Option<&str>) -> Option<i64> {
    if state == Some(READY) {
        return None;
    }
    let first = state.and_then(|state| state.strip_prefix("from ")).and_then(|first| first.parse().ok());
    Some(first.map_or(i64::MAX, |first: i64| first.saturating_sub(1)))
}

/// True where nothing is made, and what may lie in the tables is left over.
pub(in super::super) fn is_begin(state: Option<&str>) -> bool {
    last_left(state) == Some(i64::MAX)
}

/// The state when all rows from this one on are counted.
pub(in super::super) fn made_from(first: i64) -> String {
    if first == i64::MIN { READY.to_owned() } else { format!("from {first}") }
}

/// The first row of the part of the table that ends with row `newest` and has so many blocks: all the rest, if that is
/// not more.
pub(in super::super) fn first_of_part(newest: Option<i64>, oldest: Option<i64>, blocks: i64) -> i64 {
    let (Some(newest), Some(oldest)) = (newest, oldest) else { return i64::MIN };
    let (first, _) = names::ids_of(names::block_of(newest).saturating_sub(blocks - 1));
    if oldest >= first { i64::MIN } else { first }
}

/// What one look tells of the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glance {
    /// They may be relied on.
    pub(in super::super) is_ready: bool,
    /// There is something to fold.
    pub(in super::super) has_changes: bool,
    /// The block of the newest row that is counted.
    pub(in super::super) newest_block: Option<i64>,
    /// The newest row.
    pub(in super::super) newest_row: Option<i64>,
}

impl Glance {
    /// True where the newest row is another one than the counts know, though all changes are folded: the table was changed
    /// past its triggers, as TRUNCATE does.
    pub(in super::super) fn is_adrift(self) -> bool {
        self.is_ready && !self.has_changes && self.newest_block != self.newest_row.map(names::block_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_from_the_newest_row_down_and_meet_every_row_once() {
        let mut rows: Vec<i64> = (0..5000).chain([90_000, 90_001, i64::MAX, -7, i64::MIN]).collect();
        let oldest = rows.iter().min().copied();
        let mut state: Option<String> = None;
        let mut parts = 0;
        while let Some(last) = last_left(state.as_deref()) {
            assert_eq!(is_begin(state.as_deref()), parts == 0);
            let newest = rows.iter().copied().filter(|row| *row <= last).max();
            let first = first_of_part(newest, oldest, 2);
            rows.retain(|row| !(first..=last).contains(row));
            state = Some(made_from(first));
            parts += 1;
        }
        assert!(rows.is_empty() && parts == 6, "{parts} parts, left {rows:?}");
    }

    #[test]
    fn a_small_or_empty_table_is_one_part() {
        for (newest, oldest) in [(None, None), (Some(1), Some(1)), (Some(16_383), Some(0))] {
            assert_eq!(made_from(first_of_part(newest, oldest, 16)), READY);
        }
        assert_eq!(last_left(Some("of another version")), Some(i64::MAX));
    }

    #[test]
    fn an_emptied_table_is_seen_at_a_glance() {
        let right =
            Glance { is_ready: true, has_changes: false, newest_block: Some(3), newest_row: Some(3072) };
        assert!(!right.is_adrift());
        for newest_row in [None, Some(17), Some(9999)] {
            let glance = Glance { newest_row, ..right };
            assert!(glance.is_adrift());
            assert!(!Glance { has_changes: true, ..glance }.is_adrift());
            assert!(!Glance { is_ready: false, ..glance }.is_adrift());
        }
        assert!(!Glance { newest_block: None, newest_row: None, ..right }.is_adrift());
    }
}
