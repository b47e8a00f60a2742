//! Whether the pages of a folder come to an end. Pure.
//!
//! Drive may send empty and short pages before the last one, and a listing that starts over brings what is known. What it
//! never does is to lead back to a page that was there, or to bring nothing new for ever; something else behind
//! `GOOGLE_DRIVE_API_URL` may.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use client::drive;

/// Pages in a row without anything new that are followed in any case.
const BARREN: u64 = 400;
/// One more for so many images that are known: a listing that starts over brings those first.
const IMAGES_PER_PAGE: u64 = 10;

/// The pages of one folder so far.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// Hashes of their tokens.
    tokens: HashSet<u64>,
    /// Hashes of the folders found in it.
    folders: HashSet<u64>,
    /// Pages in a row without anything new.
    barren: u64,
}

impl Course {
    /// Notes folders that were found; whether one of them was not there before.
    pub(crate) fn has_new(&mut self, folders: &[drive::DriveRef]) -> bool {
        let before = self.folders.len();
        self.folders.extend(folders.iter().map(|folder| hash(folder.id.as_str())));
        self.folders.len() > before
    }

    /// Counts a page, which leads to the next one by `next`, and had something new or not; `known` images are known.
    ///
    /// # Errors
    /// When it is not to be followed.
    pub(crate) fn follow(
        &mut self,
        next: Option<&str>,
        has_new: bool,
        known: u64,
    ) -> Result<(), drive::Error> {
        self.barren = if has_new { 0 } else { self.barren + 1 };
        let Some(next) = next else { return Ok(()) };
        let is_new = self.tokens.insert(hash(next));
        if is_new && self.barren <= BARREN + known / IMAGES_PER_PAGE {
            return Ok(());
        }
        Err(drive::Error::endless_listing())
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pages are followed, of a million.
    fn followed(has_new: impl Fn(u64) -> bool, token: impl Fn(u64) -> u64, known: u64) -> u64 {
        let mut course = Course::default();
        let pages = 0..1_000_000;
        let goes_on = |page: &u64| {
            let next = token(*page).to_string();
            course.follow(Some(&next), has_new(*page), known).is_ok()
        };
        pages.into_iter().take_while(goes_on).count() as u64
    }

    #[test]
    fn pages_that_lead_back_are_not_followed() {
        assert_eq!(followed(|_| true, |page| page % 3, 0), 3);
    }

    #[test]
    fn pages_without_anything_new_are_followed_for_a_while() {
        assert_eq!(followed(|_| false, |page| page, 0), BARREN);
        assert_eq!(followed(|page| page % 100 == 0, |page| page, 0), 1_000_000);
        assert_eq!(followed(|_| false, |page| page, 200_000), BARREN + 20_000);
    }

    #[test]
    fn a_folder_is_new_once() {
        let folder =
            |id| drive::DriveRef { id: client::ids::DriveId::parse(id).unwrap(), resource_key: None };
        let mut course = Course::default();
        assert!(!course.has_new(&[]));
        assert!(course.has_new(&[folder("a"), folder("b")]));
        assert!(!course.has_new(&[folder("b"), folder("a")]));
        assert!(course.has_new(&[folder("a"), folder("c")]));
    }

    #[test]
    fn the_last_page_is_always_the_end() {
        let mut course = Course { barren: 10_000, ..Course::default() };
        assert!(course.follow(None, false, 0).is_ok());
    }
}
