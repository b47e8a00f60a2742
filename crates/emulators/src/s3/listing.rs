//! How a listing walks the keys: in order, a page at a time, stepping over everything below a common prefix instead
//! of reading it.

use chrono::{DateTime, Utc};

/// A row of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) modified: DateTime<Utc>,
}

/// What is to be listed.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    /// Only keys that begin with this.
    pub(super) prefix: String,
    /// Keys with this text after the prefix are shown as one common prefix.
    pub(super) delimiter: Option<String>,
    /// Only what comes after this key or common prefix.
    pub(super) after: Option<String>,
    /// The most keys and common prefixes of the page.
    pub(super) max: usize,
}

/// A page of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    pub(super) prefixes: Vec<String>,
    /// Where the next page goes on, if there is one.
    pub(super) next: Option<String>,
}

/// Rows to fetch: keys from `start` up to but without `end`, in order, at most `limit`.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) start: Vec<u8>,
    pub(super) end: Vec<u8>,
    pub(super) limit: usize,
}

/// A listing on its way: fetch what it [wants](Walk::wants), [hand](Walk::take) it the rows, until it wants no more.
#[derive(Debug)]
pub(super) struct Walk {
    query: Query,
    seek: Vec<u8>,
    end: Vec<u8>,
    page: Page,
    last: Option<String>,
    done: bool,
}

impl Walk {
    pub(super) fn new(query: Query) -> Self {
        let prefix = query.prefix.as_bytes().to_vec();
        let seek = match &query.after {
            Some(after) if query.group(after) == Some(after) => successor(after.as_bytes()),
            Some(after) => just_after(after),
            None => Vec::new(),
        };
        let done = query.max == 0;
        Self {
            seek: seek.max(prefix.clone()),
            end: successor(&prefix),
            query,
            page: Page::default(),
            last: None,
            done,
        }
    }

    /// The rows needed next.
    pub(super) fn wants(&self) -> Option<Fetch> {
        if self.done || self.seek >= self.end {
            return None;
        }
        // one more than there is room for, to know whether there is a next page; few where most may be stepped over
        let room = self.query.max - self.listed() + 1;
        let limit = if self.query.delimiter.is_some() { room.min(100) } else { room };
        Some(Fetch { start: self.seek.clone(), end: self.end.clone(), limit })
    }

    /// Takes the rows of a [`Fetch`]; `limit` is what it allowed.
    pub(super) fn take(&mut self, rows: Vec<Entry>, limit: usize) {
        let exhausted = rows.len() < limit;
        for row in rows {
            if row.key.as_bytes() < self.seek.as_slice() {
                continue; // below a common prefix that is listed already
            }
            if self.listed() == self.query.max {
                self.page.next = self.last.take();
                self.done = true;
                return;
            }
            self.list(row);
        }
        self.done = exhausted;
    }

    /// The page, once nothing more is wanted.
    pub(super) fn finish(self) -> Page {
        self.page
    }

    fn list(&mut self, row: Entry) {
        if let Some(group) = self.query.group(&row.key) {
            self.seek = successor(group.as_bytes());
            self.last = Some(group.to_owned());
            self.page.prefixes.push(group.to_owned());
        } else {
            self.seek = just_after(&row.key);
            self.last = Some(row.key.clone());
            self.page.entries.push(row);
        }
    }

    fn listed(&self) -> usize {
        self.page.entries.len() + self.page.prefixes.len()
    }
}

impl Query {
    /// The common prefix that stands for `key`, if one does.
    fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter.as_deref()?;
        let rest = key.strip_prefix(self.prefix.as_str())?;
        let at = rest.find(delimiter)?;
        Some(&key[..self.prefix.len() + at + delimiter.len()])
    }
}

fn just_after(key: &str) -> Vec<u8> {
    let mut bytes = key.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// The first bytes that sort after everything that begins with `prefix`. No byte of UTF-8 is `0xff`.
pub(super) fn successor(prefix: &[u8]) -> Vec<u8> {
    match prefix.split_last() {
        Some((last, head)) => [head, &[last + 1]].concat(),
        None => vec![0xff],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::DateTime;
    use proptest::prelude::*;

    use super::{Entry, Page, Query, Walk};

    fn entry(key: &str) -> Entry {
        Entry { key: key.to_owned(), size: 0, etag: String::new(), modified: DateTime::default() }
    }

    /// Lists a page and counts the rows that had to be read for it.
    fn page(keys: &BTreeSet<String>, query: Query) -> (Page, usize) {
        let mut walk = Walk::new(query);
        let mut read = 0;
        while let Some(fetch) = walk.wants() {
            let in_range =
                |key: &&String| key.as_bytes() >= &fetch.start[..] && key.as_bytes() < &fetch.end[..];
            let rows: Vec<_> = keys.iter().filter(in_range).take(fetch.limit).map(|key| entry(key)).collect();
            read += rows.len();
            walk.take(rows, fetch.limit);
        }
        (walk.finish(), read)
    }

    fn set(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_delimiter_rolls_keys_up() {
        let keys = set(&["a", "b/1", "b/2", "c", "d/1"]);
        let query = Query { delimiter: Some("/".into()), max: 10, ..Query::default() };
        let (page, _) = page(&keys, query);
        assert_eq!(page.entries, [entry("a"), entry("c")]);
        assert_eq!((page.prefixes, page.next), (vec!["b/".to_owned(), "d/".to_owned()], None));
    }

    #[test]
    fn a_page_that_ends_with_a_common_prefix_goes_on_behind_it() {
        let keys = set(&["b/1", "b/2", "c"]);
        let query = |after| Query { delimiter: Some("/".into()), max: 1, after, ..Query::default() };
        let (first, _) = page(&keys, query(None));
        assert_eq!((first.prefixes, first.next.as_deref()), (vec!["b/".to_owned()], Some("b/")));
        let (second, _) = page(&keys, query(first.next));
        assert_eq!((second.entries, second.next), (vec![entry("c")], None));
    }

    #[test]
    fn starting_inside_a_group_still_shows_the_group() {
        let keys = set(&["b/1", "b/2"]);
        let query =
            Query { delimiter: Some("/".into()), max: 9, after: Some("b/1".into()), ..Query::default() };
        assert_eq!(page(&keys, query).0.prefixes, ["b/"]);
    }

    #[test]
    fn a_page_of_none_is_empty_and_last() {
        assert_eq!(page(&set(&["a"]), Query::default()).0, Page::default());
    }

    #[test]
    fn large_groups_are_stepped_over_not_read() {
        let keys = (0..3).flat_map(|group| (0..5000).map(move |i| format!("{group}/{i}"))).collect();
        let (page, read) = page(&keys, Query { delimiter: Some("/".into()), max: 1000, ..Query::default() });
        assert_eq!(page.prefixes.len(), 3);
        assert!(read <= 400, "{read} rows read");
    }

    proptest! {
        #[test]
        fn pages_put_together_are_the_whole_listing(
            keys in prop::collection::btree_set("[ab/é]{1,5}", 0..40),
            prefix in "[ab/é]{0,2}",
            delimited: bool,
            max in 1_usize..5,
        ) {
            let delimiter = delimited.then(|| "/".to_owned());
            let mut naive = BTreeSet::new();
            for key in keys.iter().filter(|key| key.starts_with(&prefix)) {
                let cut = delimiter.as_ref().and_then(|d| key[prefix.len()..].find(d.as_str()));
                naive.insert(cut.map_or(key.clone(), |at| key[..=prefix.len() + at].to_owned()));
            }
            let (mut listed, mut after) = (Vec::new(), None);
            loop {
                let query = Query { prefix: prefix.clone(), delimiter: delimiter.clone(), after, max };
                let (page, _) = page(&keys, query);
                prop_assert!(page.entries.len() + page.prefixes.len() <= max);
                let mut names: Vec<_> = page.entries.into_iter().map(|entry| entry.key).chain(page.prefixes).collect();
                names.sort();
                listed.extend(names);
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            prop_assert_eq!(listed, naive.into_iter().collect::<Vec<_>>());
        }
    }
}
