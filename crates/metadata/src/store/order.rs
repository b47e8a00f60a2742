//! Where a row stands in a list: by what the list is sorted, in which direction, and a place in that order. Two rows with
//! the same key stand in the order of their numbers, so that every order is total.

use client::metadata::Image;
use serde::{Deserialize, Serialize};

/// By what a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// By the time of the import.
    Imported,
    /// By the name, as the database compares names.
    Name,
    /// By the bytes.
    Size,
}

/// An order of rows. Rows without a time are older than all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    /// By what.
    pub(crate) sort: Sort,
    /// Greatest first.
    pub(crate) descending: bool,
}

impl Order {
    /// The order of the original.
    pub(crate) const NEWEST_FIRST: Self = Self { sort: Sort::Imported, descending: true };
}

/// What a row is sorted by, as the database has it: SQLite holds any type in any column.
#[derive(Debug, Clone, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    /// No time.
    Null,
    /// A size.
    Integer(i64),
    /// A size of the original.
    Real(f64),
    /// A name or a time.
    Text(String),
}

/// A place in an order: just behind this row, whether it is still there or not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Position {
    /// What the row is sorted by.
    pub(crate) key: Key,
    /// The row's number.
    pub(crate) id: i64,
}

/// Where a list begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Start {
    /// After so many rows.
    Offset(u64),
    /// Behind this place.
    After(Position),
}

impl Key {
    /// The key of a row.
    pub(super) fn of(sort: Sort, image: &Image, created_at: Option<&str>) -> Self {
        match sort {
            Sort::Imported => created_at.into(),
            Sort::Name => Self::Text(image.name.clone()),
            Sort::Size => (&image.size).into(),
        }
    }
}

impl Key {
    /// The text, if it is one.
    pub(crate) fn into_text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl From<Option<&str>> for Key {
    fn from(time: Option<&str>) -> Self {
        time.map_or(Self::Null, |time| Self::Text(time.to_owned()))
    }
}

impl From<&serde_json::Value> for Key {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::String(text) => Self::Text(text.clone()),
            other => other
                .as_i64()
                .map(Self::Integer)
                .or_else(|| other.as_f64().map(Self::Real))
                .unwrap_or_else(|| Self::Text(other.to_string())),
        }
    }
}
