//! How far counts and blocks are, as `image_index_state` has it.

use super::super::now_ms;
use crate::names;

/// The names in the table.
pub(in super::super) const COUNTS: &str = "counts";
pub(in super::super) const BLOCKS: &str = "blocks";
/// Counts and blocks that may be relied on.
pub(in super::super) const READY: &str = "ready";

pub(in super::super) const GET: &str = "SELECT value FROM image_index_state WHERE name = ?";
pub(in super::super) const SET: &str = "REPLACE INTO image_index_state (name, value) VALUES (?, ?)";
/// Nothing may be relied on any more.
pub(in super::super) const FORGET: &str = "DELETE FROM image_index_state";

/// How long a build belongs to the process that began it.
const LEASE_MS: i64 = 60_000;
const BUILDING: &str = "building";

/// The state while a process is building.
pub(in super::super) fn building(process: uuid::Uuid) -> String {
    format!("{BUILDING} {process} {}", now_ms())
}

/// May this process begin to build? Not while another one is at it.
pub(in super::super) fn may_build(state: Option<&str>, process: uuid::Uuid) -> bool {
    let mut words = state.unwrap_or_default().split(' ');
    if words.next() != Some(BUILDING) || words.next() == Some(process.to_string().as_str()) {
        return true;
    }
    let since = words.next().and_then(|ms| ms.parse::<i64>().ok()).unwrap_or(0);
    !(0..LEASE_MS).contains(&(now_ms() - since))
}

/// Blocks from this one on are made.
pub(in super::super) fn made_from(block: i64) -> String {
    format!("from {block}")
}

/// Rows below this number are in blocks that are not made yet, see [`made_from`].
pub(in super::super) fn not_made_below(state: Option<&str>) -> i64 {
    let block = state.and_then(|state| state.strip_prefix("from ")).and_then(|block| block.parse().ok());
    block.map_or(i64::MAX, |block| names::ids_of(block).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_belongs_to_one_process_until_its_lease_ends() {
        let (us, them) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
        assert!(may_build(None, us) && may_build(Some(READY), us));
        assert!(may_build(Some(&building(us)), us));
        assert!(!may_build(Some(&building(them)), us));
        assert!(may_build(Some(&format!("building {them} 17")), us));
    }

    #[test]
    fn blocks_are_made_from_the_newest_down() {
        assert_eq!(not_made_below(None), i64::MAX);
        assert_eq!(not_made_below(Some(&made_from(3))), 3072);
    }
}
