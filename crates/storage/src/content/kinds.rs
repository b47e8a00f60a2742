//! What objects of others were found to be: a small memory, so that parts of them need not be looked at again and again.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::sniff::Content as Kind;

/// Objects that are remembered; the oldest go first.
const MOST: usize = 2048;

/// What bytes are, by key and entity tag.
#[derive(Debug, Default)]
pub(super) struct Kinds(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    known: HashMap<String, (Option<String>, Kind)>,
    order: VecDeque<String>,
}

impl Kinds {
    /// What the object is, if it was looked at and is still the same.
    pub(super) fn get(&self, key: &str, etag: Option<&str>) -> Option<Kind> {
        let memory = self.memory();
        let (seen, kind) = memory.known.get(key)?;
        (etag.is_some() && seen.as_deref() == etag).then(|| kind.clone())
    }

    /// Remembers what the object is.
    pub(super) fn insert(&self, key: &str, etag: Option<&str>, kind: Kind) {
        let mut memory = self.memory();
        let before = memory.known.insert(key.to_owned(), (etag.map(str::to_owned), kind));
        if before.is_none() {
            memory.order.push_back(key.to_owned());
        }
        if memory.order.len() > MOST
            && let Some(oldest) = memory.order.pop_front()
        {
            memory.known.remove(&oldest);
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_the_oldest_and_what_was_replaced() {
        let kinds = Kinds::default();
        let kind = Kind { media_type: "image/png".to_owned(), is_raster: true };
        for number in 0..=MOST {
            for etag in ["old", "new"] {
                kinds.insert(&number.to_string(), Some(etag), kind.clone());
            }
        }
        assert_eq!(kinds.get("0", Some("new")), None);
        assert_eq!(kinds.get("1", Some("new")), Some(kind.clone()));
        assert_eq!(kinds.get("1", Some("old")), None);
        kinds.insert("untagged", None, kind);
        assert_eq!(kinds.get("untagged", None), None);
        let memory = kinds.memory();
        assert_eq!((memory.known.len(), memory.order.len()), (MOST, MOST));
    }
}
