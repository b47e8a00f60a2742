//! `orderBy`: a comma list of keys, each with an optional ` desc`.

use super::item::Item;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use thiserror::Error;

/// The text names no order.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("unknown sort key {0}")]
pub(crate) struct InvalidOrder(String);

/// A parsed `orderBy`; empty for the library's own order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Order {
    keys: Vec<(Key, Direction)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Created,
    Folder,
    Modified,
    Name,
    NameNatural,
    Size,
    /// Times and stars that an anonymous caller does not have: all items are equal.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

impl Order {
    /// Reads the text of `orderBy`.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidOrder> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let keys: Result<Vec<_>, _> = text.split(',').map(key).collect();
        Ok(Self { keys: keys? })
    }

    pub(crate) fn is_default(&self) -> bool {
        self.keys.is_empty()
    }

    /// What decides the place of an item. Looks at the disk only if the order is by time or size.
    pub(crate) fn place(&self, item: &Item) -> Place {
        let part = |(key, direction): &(Key, Direction)| match direction {
            Direction::Ascending => Part::Up(key.value(item)),
            Direction::Descending => Part::Down(Reverse(key.value(item))),
        };
        Place(self.keys.iter().map(part).collect())
    }
}

/// Compares like the item that it was made of.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(Vec<Part>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Up(Value),
    Down(Reverse<Value>),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Nothing,
    Flag(bool),
    Number(u64),
    Time(Option<DateTime<Utc>>),
    Text(String),
    Natural(Vec<Run>),
}

/// A piece of a name: a number by its value, or one other character.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    /// Digits without leading zeros; longer is greater.
    Number(usize, String),
    Other(char),
}

fn key(text: &str) -> Result<(Key, Direction), InvalidOrder> {
    let mut words = text.split_whitespace();
    let key = match words.next().unwrap_or_default() {
        "createdTime" => Key::Created,
        "folder" => Key::Folder,
        "modifiedTime" | "recency" => Key::Modified,
        "name" => Key::Name,
        "name_natural" => Key::NameNatural,
        "quotaBytesUsed" => Key::Size,
        "modifiedByMeTime" | "sharedWithMeTime" | "starred" | "viewedByMeTime" => Key::Nothing,
        _ => return Err(InvalidOrder(text.to_owned())),
    };
    match (words.next(), words.next()) {
        (None, _) => Ok((key, Direction::Ascending)),
        (Some("desc"), None) => Ok((key, Direction::Descending)),
        _ => Err(InvalidOrder(text.to_owned())),
    }
}

impl Key {
    fn value(self, item: &Item) -> Value {
        let facts = || item.facts().ok();
        match self {
            Self::Folder => Value::Flag(!item.is_folder()),
            Self::Name => Value::Text(lower(item)),
            Self::NameNatural => Value::Natural(natural(&lower(item))),
            Self::Size => Value::Number(item.announced_size()),
            Self::Created => Value::Time(facts().map(|facts| facts.created)),
            Self::Modified => Value::Time(facts().map(|facts| facts.modified)),
            Self::Nothing => Value::Nothing,
        }
    }
}

fn lower(item: &Item) -> String {
    item.name.as_deref().unwrap_or_default().to_lowercase()
}

/// Compares numbers inside the text by their value: 1, 2, 12, 22.
fn natural(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        if !first.is_ascii_digit() {
            runs.push(Run::Other(first));
            continue;
        }
        let mut digits = String::from(first);
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let value = digits.trim_start_matches('0');
        runs.push(Run::Number(value.len(), value.to_owned()));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::content::Source;
    use crate::drive::item::{Kind, Marks};

    fn named(name: &str, bytes: u64) -> Item {
        let kind = Kind::Blob(Source::generated(name, bytes));
        Item {
            id: name.into(),
            name: Some(name.into()),
            mime_type: None,
            parent: None,
            kind,
            marks: Marks::default(),
        }
    }

    fn sorted(order: &str, mut items: Vec<Item>) -> String {
        let order = Order::parse(order).unwrap();
        items.sort_by_cached_key(|item| order.place(item));
        items.into_iter().map(|item| item.id).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_sort_as_text_or_by_the_numbers_in_them() {
        let items = || ["22", "1", "12", "2"].map(|name| named(name, 1)).to_vec();
        assert_eq!(sorted("name", items()), "1 12 2 22");
        assert_eq!(sorted("name_natural", items()), "1 2 12 22");
        assert_eq!(sorted("name_natural desc", items()), "22 12 2 1");
        let padded = ["img-010", "img-9", "IMG-0008"].map(|name| named(name, 1)).to_vec();
        assert_eq!(sorted("name_natural", padded), "IMG-0008 img-9 img-010");
    }

    #[test]
    fn later_keys_decide_between_equals() {
        let items =
            vec![named("b", 2), named("c", 1), named("a", 2), Item::folder("z", Some("z".into()), None)];
        assert_eq!(sorted("folder,quotaBytesUsed desc,name", items.clone()), "z a b c");
        assert_eq!(sorted("folder desc,starred,name desc", items), "c b a z");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        for text in ["title", "name,", "name down", "name desc desc", "Name"] {
            assert!(Order::parse(text).is_err(), "{text}");
        }
        assert!(Order::parse("").unwrap().is_default());
    }
}
