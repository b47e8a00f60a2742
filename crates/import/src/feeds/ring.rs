//! The newest stored images of a watched job, shared by all that watch it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{entry::Entry, job::MAX_IMPORTED};

/// One entry of a job's list of stored images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredImage {
    /// Its number in the list, from 1.
    pub number: u64,
    /// The entry as JSON.
    pub json: Arc<str>,
}

impl From<(u64, Entry)> for StoredImage {
    fn from((number, entry): (u64, Entry)) -> Self {
        Self { number, json: entry.json().into() }
    }
}

/// As many images as the store keeps, at most.
#[derive(Debug, Default)]
pub(super) struct Ring(Mutex<Images>);

#[derive(Debug, Default)]
struct Images {
    /// The newest image that is not here any more, or was there before.
    before: u64,
    held: VecDeque<StoredImage>,
}

impl Ring {
    /// A ring for the images after the `number`th.
    pub(super) fn starting_at(number: u64) -> Self {
        Self(Mutex::new(Images { before: number, held: VecDeque::new() }))
    }

    /// Number of the newest image.
    pub(super) fn newest(&self) -> u64 {
        let images = self.images();
        images.held.back().map_or(images.before, |image| image.number)
    }

    /// Adds images that follow.
    pub(super) fn push(&self, new: impl Iterator<Item = StoredImage>) {
        let mut images = self.images();
        for image in new {
            images.held.push_back(image);
            if images.held.len() as u64 > MAX_IMPORTED {
                images.before = images.held.pop_front().map_or(images.before, |oldest| oldest.number);
            }
        }
    }

    /// Up to `at_most` images after the `after`th; `None` when the next one is not here any more.
    pub(super) fn after(&self, after: u64, at_most: usize) -> Option<Vec<StoredImage>> {
        let images = self.images();
        if after < images.before {
            return None;
        }
        let start = images.held.partition_point(|image| image.number <= after);
        Some(images.held.range(start..).take(at_most).cloned().collect())
    }

    fn images(&self) -> MutexGuard<'_, Images> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn numbers(ring: &Ring, after: u64, at_most: usize) -> Option<Vec<u64>> {
        Some(ring.after(after, at_most)?.iter().map(|image| image.number).collect())
    }

    fn images(numbers: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = StoredImage> {
        numbers.map(|number| (number, Entry::from(json!({"n": number}))).into())
    }

    #[test]
    fn each_reader_goes_on_where_it_was() {
        let ring = Ring::starting_at(10);
        assert_eq!((ring.newest(), numbers(&ring, 10, 9)), (10, Some(vec![])));
        ring.push(images(11..=15));
        assert_eq!(ring.newest(), 15);
        assert_eq!(numbers(&ring, 12, 2), Some(vec![13, 14]));
        assert_eq!(numbers(&ring, 15, 9), Some(vec![]));
        assert_eq!(numbers(&ring, 99, 9), Some(vec![]), "an id that was never sent");
        assert_eq!(numbers(&ring, 9, 9), None, "the tenth is in the store");
    }

    #[test]
    fn it_holds_a_thousand() {
        let ring = Ring::starting_at(0);
        ring.push(images(1..=1200));
        assert_eq!(ring.images().held.len(), 1000);
        assert_eq!(numbers(&ring, 199, 1), None);
        assert_eq!(numbers(&ring, 200, 1), Some(vec![201]));
    }
}
