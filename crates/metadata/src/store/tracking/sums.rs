//! What changes add up to, and the blocks of names that they touch.

use std::collections::{BTreeMap, BTreeSet};

use crate::names;

/// The day of the sums of all days.
const ALL_DAYS: &str = "*";

/// One row of `image_changes`.
#[derive(Debug, Clone)]
pub(in super::super) struct Change {
    pub(in super::super) seq: i64,
    pub(in super::super) image_id: i64,
    pub(in super::super) day: String,
    pub(in super::super) minute: String,
    pub(in super::super) provider: String,
    pub(in super::super) mime_type: String,
    pub(in super::super) job_id: Option<String>,
    pub(in super::super) images: i64,
    pub(in super::super) bytes: i128,
}

/// Rows and bytes to be added. In order of their keys, so that two who write never wait for one another in a circle.
#[derive(Debug, Default)]
pub(in super::super) struct Sums {
    /// By day, provider and type.
    pub(in super::super) counts: BTreeMap<(String, String, String), (i64, i128)>,
    /// By minute and provider.
    pub(in super::super) minutes: BTreeMap<(String, String), i64>,
    /// By job.
    pub(in super::super) jobs: BTreeMap<String, (i64, i128)>,
}

impl Sums {
    /// What these changes add up to.
    pub(in super::super) fn of(changes: &[Change]) -> Self {
        let mut sums = Self::default();
        for change in changes {
            sums.add(change);
        }
        sums
    }

    /// Adds a change: to its day and to all days, its minute and its job.
    pub(super) fn add(&mut self, change: &Change) {
        for day in [change.day.as_str(), ALL_DAYS] {
            let key = (day.to_owned(), change.provider.clone(), change.mime_type.clone());
            let sum = self.counts.entry(key).or_default();
            sum.0 += change.images;
            sum.1 += change.bytes;
        }
        *self.minutes.entry((change.minute.clone(), change.provider.clone())).or_default() += change.images;
        if let Some(job) = &change.job_id {
            let sum = self.jobs.entry(job.clone()).or_default();
            sum.0 += change.images;
            sum.1 += change.bytes;
        }
    }
}

/// Cuts the changes where they would touch more blocks than `most`; the blocks of the rest.
pub(in super::super) fn cut_to_blocks(changes: &mut Vec<Change>, most: usize) -> BTreeSet<i64> {
    let mut blocks = BTreeSet::new();
    let fitting = changes.iter().take_while(|change| {
        let block = names::block_of(change.image_id);
        (blocks.len() < most || blocks.contains(&block)) && {
            blocks.insert(block);
            true
        }
    });
    let fitting = fitting.count();
    changes.truncate(fitting);
    blocks
}

/// Writes rows, many in one statement: `$insert` ends before VALUES, `$tail` says what follows for a key that is
/// there.
macro_rules! upsert {
    ($connection:expr, $insert:expr, $rows:expr, $bind:expr, $tail:expr) => {{
        let rows: Vec<_> = $rows.iter().collect();
        for some in rows.chunks($crate::store::tracking::AT_ONCE) {
            let mut query = sqlx::QueryBuilder::new($insert);
            query.push_values(some, $bind);
            query.push($tail);
            // only the text of whole parts comes again
            let is_whole = some.len() == $crate::store::tracking::AT_ONCE;
            query.build().persistent(is_whole).execute(&mut *$connection).await?;
        }
    }};
}
pub(in super::super) use upsert;

#[cfg(test)]
mod tests {
    use super::*;

    fn change(image_id: i64, images: i64) -> Change {
        Change {
            seq: 0,
            image_id,
            day: "2026-01-02".to_owned(),
            minute: "2026-01-02 03:04".to_owned(),
            provider: "aws".to_owned(),
            mime_type: "image/png".to_owned(),
            job_id: Some("j".to_owned()),
            images,
            bytes: i128::from(images) * 10,
        }
    }

    #[test]
    fn a_row_that_came_and_went_adds_nothing() {
        let sums = Sums::of(&[change(1, 1), change(2, 1), change(1, -1)]);
        assert!(sums.counts.len() == 2 && sums.counts.values().all(|sum| *sum == (1, 10)));
        assert!(sums.minutes.values().all(|images| *images == 1));
        assert_eq!(sums.jobs["j"], (1, 10));
    }

    #[test]
    fn only_so_many_blocks_are_touched_at_once() {
        let mut changes: Vec<_> = [1, 2000, 2, 5000, 3].map(|id| change(id, 1)).into();
        assert_eq!(cut_to_blocks(&mut changes, 2), [0, 1].into());
        assert_eq!(changes.len(), 3);
    }
}
