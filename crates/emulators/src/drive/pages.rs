//! Which items a page holds, and where the next one starts.

use super::errors::DriveError;
use super::item::Item;
use super::library::{Children, Library, Viewer};
use super::order::Order;
use super::query::Query;
use super::token::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

/// A search, without the place to start at.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) query: Query,
    pub(crate) order: Order,
    pub(crate) viewer: Viewer,
    /// Only items of this shared drive.
    pub(crate) drive_id: Option<String>,
    /// The same for two searches that find the same in the same order.
    pub(crate) identity: String,
}

/// A page: each item with its place.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<(Cursor, Item)>,
    /// The place of the first item after the page.
    pub(crate) next: Option<Cursor>,
}

/// The last sorted search, so that its next page need not be sorted again.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    last: Mutex<Option<(String, Arc<Vec<Cursor>>)>>,
}

/// The folders that a search looks into.
struct Scope<'a> {
    library: &'a Library,
    search: &'a Search,
    folders: Vec<String>,
}

impl Search {
    /// At most `wanted` items from `start` on. Blocks while the disk works.
    pub(crate) fn page(
        &self,
        library: &Library,
        sorted: &Sorted,
        start: Cursor,
        wanted: usize,
    ) -> Result<Page, DriveError> {
        self.check_parents(library)?;
        let folders = match self.query.scope() {
            Some(parents) => parents.into_iter().map(str::to_owned).collect(),
            None => library.folders(),
        };
        let scope = Scope { library, search: self, folders };
        Ok(if self.order.is_default() {
            page_of(scope.matches(start), wanted)
        } else {
            scope.sorted_page(sorted, start, wanted)
        })
    }

    /// A parent that does not exist, or whose key is not known, is an error; a private one is just empty.
    fn check_parents(&self, library: &Library) -> Result<(), DriveError> {
        for parent in self.query.parents() {
            let known = library.find(parent);
            // Folders that only answer errors are no items.
            if known.is_none() && library.children(parent).is_none() {
                return Err(DriveError::parent_not_found());
            }
            if known.is_some_and(|item| !self.viewer.has_key(&item)) {
                return Err(DriveError::parent_not_found());
            }
        }
        Ok(())
    }

    fn finds(&self, item: &Item) -> bool {
        self.viewer.may_list(item)
            && (self.drive_id.is_none() || item.marks.drive_id == self.drive_id)
            && self.query.matches(item)
    }
}

impl Scope<'_> {
    /// What lies in a folder that the caller may look into.
    fn open(&self, folder: &str) -> Option<Children> {
        let readable = self
            .library
            .find(folder)
            .is_none_or(|item| self.search.viewer.may_read(&item) && self.search.viewer.has_key(&item));
        if readable { self.library.children(folder) } else { None }
    }

    fn matches(&self, start: Cursor) -> impl Iterator<Item = (Cursor, Item)> + '_ {
        let folders = (0..).zip(&self.folders).skip(usize::try_from(start.folder).unwrap_or(usize::MAX));
        let opened = folders.filter_map(|(number, id)| Some((number, self.open(id)?)));
        opened.flat_map(move |(folder, children)| {
            let from = if folder == start.folder { start.index } else { 0 };
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            (from..children.len()).filter_map(move |place| {
                let item = self.library.child(&children, place).filter(|item| self.search.finds(item))?;
                Some((Cursor { folder, index: place as u64 }, item))
            })
        })
    }

    fn sorted_page(&self, sorted: &Sorted, start: Cursor, wanted: usize) -> Page {
        let places = self.sorted(sorted, start);
        let opened: Vec<_> = self.folders.iter().map(|folder| self.open(folder)).collect();
        let ranks = (0..).zip(places.iter()).skip(usize::try_from(start.index).unwrap_or(usize::MAX));
        let items = ranks.filter_map(|(rank, place)| {
            let children = opened.get(usize::try_from(place.folder).ok()?)?.as_ref()?;
            let item = self.library.child(children, usize::try_from(place.index).ok()?)?;
            Some((Cursor { folder: 0, index: rank }, item))
        });
        page_of(items, wanted)
    }

    /// The first page is always sorted afresh, because times and sizes change without a trace.
    fn sorted(&self, sorted: &Sorted, start: Cursor) -> Arc<Vec<Cursor>> {
        let state = self.state();
        let mut last = sorted.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, places)) = last.as_ref().filter(|(known, _)| start.index > 0 && *known == state) {
            return Arc::clone(places);
        }
        let found = self.matches(Cursor::default());
        let mut found: Vec<_> =
            found.map(|(cursor, item)| (self.search.order.place(&item), cursor)).collect();
        found.sort_unstable();
        let places: Arc<Vec<_>> = Arc::new(found.into_iter().map(|(_, cursor)| cursor).collect());
        *last = Some((state, Arc::clone(&places)));
        places
    }

    /// Differs whenever a name was added or removed in one of the folders.
    fn state(&self) -> String {
        let stamps =
            self.folders.iter().filter_map(|folder| self.open(folder)).map(|children| children.stamp());
        format!("{}\n{}", self.search.identity, stamps.collect::<Vec<_>>().join("\n"))
    }
}

fn page_of(mut items: impl Iterator<Item = (Cursor, Item)>, wanted: usize) -> Page {
    let page: Vec<_> = items.by_ref().take(wanted).collect();
    Page { items: page, next: items.next().map(|(cursor, _)| cursor) }
}
