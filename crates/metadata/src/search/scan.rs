//! Looks through rows in the order of their list.

use std::time::Instant;

use super::{Budget, Found};
use crate::{
    filters::Filters,
    names::Needle,
    store::{Equal, Order, Start, Store, StoreError, Wanted},
};

/// Rows that are read at once, at first and at most.
const FIRST: u64 = 250;
const MOST: u64 = 2000;

/// Where a look through rows is.
#[derive(Debug)]
pub(super) struct Scan {
    start: Start,
    /// Rows to pass over that would be shown.
    skip: u64,
    /// The database reads only rows that are equal to what was asked; else their equality is looked at here.
    only_equal: bool,
    needle: Option<Needle>,
    size: u64,
    budget: Budget,
}

impl Scan {
    /// From `start` on, whose offset counts rows that are shown.
    pub(super) fn new(part: Option<&str>, start: Start, only_equal: bool) -> Self {
        let (start, skip) = match start {
            Start::Offset(skip) => (Start::Offset(0), skip),
            after @ Start::After(_) => (after, 0),
        };
        Self { start, skip, only_equal, needle: part.map(Needle::new), size: FIRST, budget: Budget::full() }
    }

    /// The next rows that are to be shown, at most `limit`.
    pub(super) async fn next(
        &mut self,
        store: &Store,
        filters: &Filters,
        order: Order,
        limit: u64,
    ) -> Result<Found, StoreError> {
        let all = Equal::default();
        let (within, checked) = if self.only_equal { (&filters.equal, &all) } else { (&all, &filters.equal) };
        let wanted = Wanted { equal: within, among: None, order };
        let mut found = Found::default();
        loop {
            let began = Instant::now();
            let rows = store.candidates(wanted, checked, &self.start, self.size).await?;
            let (read, is_last) = (rows.len(), (rows.len() as u64) < self.size);
            for row in rows {
                self.start = Start::After(row.at.clone());
                if !row.is_equal || self.needle.as_ref().is_some_and(|needle| !needle.is_in(&row.name)) {
                    continue;
                }
                if self.skip > 0 {
                    self.skip -= 1;
                    continue;
                }
                found.places.push(row.at);
                if found.places.len() as u64 == limit {
                    return Ok(found);
                }
            }
            self.budget.spend(began, read);
            if is_last {
                found.is_done = true;
                return Ok(found);
            }
            // a place does not tell how many are still to be passed over
            if let (true, 0, Start::After(at)) = (self.budget.is_spent(), self.skip, &self.start) {
                found.stopped_at = Some(at.clone());
                return Ok(found);
            }
            self.size = (self.size * 2).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Database,
        new_image::NewImage,
        store::{Create, Order},
    };

    #[tokio::test]
    async fn rows_to_be_passed_over_are_counted_to_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite { path: folder.path().join("images.db") }).await.unwrap();
        for n in 0..10 {
            let name = ["a.jpg", "b.jpg"][n % 2];
            let row = serde_json::json!({"name": name, "google_drive_id": format!("{n}"), "size": 1,
                "mime_type": "image/jpeg", "storage_path": format!("https://b/{n}"), "storage_provider": "aws"});
            store.create(Create(NewImage::parse(&row).unwrap())).await.unwrap();
        }
        let filters = Filters { part: Some("a".to_owned()), ..Filters::default() };
        let order = Order { descending: false, ..Order::NEWEST_FIRST };
        let mut scan =
            Scan { size: 1, budget: Budget::none(), ..Scan::new(Some("a"), Start::Offset(3), false) };
        let found = scan.next(&store, &filters, order, 2).await.unwrap();
        // 1, 3 and 5 are passed over, whatever time that takes; then it is up
        let mut seen: Vec<_> = found.places.iter().map(|place| place.id).collect();
        assert!(!found.is_done);
        let rest = Start::After(found.stopped_at.unwrap());
        let mut scan = Scan::new(Some("a"), rest, false);
        let found = scan.next(&store, &filters, order, 9).await.unwrap();
        seen.extend(found.places.iter().map(|place| place.id));
        assert_eq!(seen, [7, 9]);
        assert!(found.is_done);
    }
}
