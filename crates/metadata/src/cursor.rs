//! `cursor` and `next_cursor`: a place in one list, as a text that only this service reads. It names the row before it by
//! what it is sorted by, so the way to the next page costs the same everywhere, and rows that come or go move nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use service::ApiError;

use crate::{
    filters::Filters,
    store::{Key, Order, Position, Sort},
};

/// Longest cursor that is read: SQLite holds names of any length, and what does not fit a URL cannot come back.
const LONGEST: usize = 48 * 1024;

/// What is in it.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    /// First letter of the sort.
    s: char,
    /// Greatest first.
    d: bool,
    /// Fingerprint of the filters.
    f: String,
    /// What the row is sorted by.
    k: Key,
    /// The row's number.
    i: i64,
}

/// The cursor of a place in the list of these filters in this order.
pub(crate) fn write(filters: &Filters, order: Order, at: &Position) -> String {
    let content = Content {
        s: letter(order.sort),
        d: order.descending,
        f: format!("{:x}", filters.fingerprint()),
        k: at.key.clone(),
        i: at.id,
    };
    // a struct of plain fields: writing it cannot fail
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&content).unwrap_or_default())
}

/// The place of a cursor that this list gave out. 400 for anything else.
pub(crate) fn read(filters: &Filters, order: Order, cursor: &str) -> Result<Position, ApiError> {
    let bytes = Some(cursor)
        .filter(|cursor| cursor.len() <= LONGEST)
        .and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok());
    let content = bytes.and_then(|bytes| serde_json::from_slice::<Content>(&bytes).ok()).ok_or_else(|| {
        ApiError::bad_request(
            "`cursor` is none of ours: take `next_cursor` of the page before, or leave `cursor` out to begin anew.",
        )
    })?;
    let is_fit = match (order.sort, &content.k) {
        (Sort::Imported, Key::Null | Key::Text(_)) | (Sort::Name, Key::Text(_)) => true,
        (Sort::Size, key) => *key != Key::Null,
        _ => false,
    };
    let is_same = content.s == letter(order.sort)
        && content.d == order.descending
        && content.f == format!("{:x}", filters.fingerprint());
    if is_same && is_fit {
        return Ok(Position { key: content.k, id: content.i });
    }
    Err(ApiError::bad_request(
        "`cursor` is of another list: send it with the same q, mime_type, job_id, storage_provider, sort and order as the \
         page that it came from, or leave it out to begin anew.",
    ))
}

fn letter(sort: Sort) -> char {
    match sort {
        Sort::Imported => 'i',
        Sort::Name => 'n',
        Sort::Size => 's',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_to_its_own_list_only() {
        let filters = Filters::default();
        let other = Filters { part: Some("x".to_owned()), ..Filters::default() };
        let order = Order::NEWEST_FIRST;
        for key in [Key::Null, Key::Text("2026-01-01 00:00:00".to_owned())] {
            let at = Position { key, id: 7 };
            let cursor = write(&filters, order, &at);
            assert_eq!(read(&filters, order, &cursor).unwrap(), at);
            for (filters, order) in [
                (&other, order),
                (&filters, Order { descending: false, ..order }),
                (&filters, Order { sort: Sort::Name, ..order }),
            ] {
                let refused = read(filters, order, &cursor).unwrap_err();
                assert!(refused.status() == 400 && refused.message().contains("another list"));
            }
        }
        for key in [Key::Integer(5), Key::Real(1.5), Key::Text("odd".to_owned())] {
            let (order, at) = (Order { sort: Sort::Size, ..order }, Position { key, id: -1 });
            assert_eq!(read(&filters, order, &write(&filters, order, &at)).unwrap(), at);
        }
        // a name that SQLite takes
        let order = Order { sort: Sort::Name, ..order };
        let at = Position { key: Key::Text("\u{5199}".repeat(5000)), id: 1 };
        assert_eq!(read(&filters, order, &write(&filters, order, &at)).unwrap(), at);
        for wrong in ["x", "%", "e30", "bnVsbA", &"A".repeat(LONGEST + 1)] {
            assert_eq!(read(&filters, order, wrong).unwrap_err().status(), 400, "{wrong}");
        }
    }
}
