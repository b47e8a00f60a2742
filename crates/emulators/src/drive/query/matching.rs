//! Whether an item matches a query.

use super::{Comparison, Node, Query, Term, TextOp, TimeField};
use crate::drive::item::{Item, Kind, Shortcut};

impl Query {
    /// Tests one item. Looks at the disk only if the query asks for times.
    pub(crate) fn matches(&self, item: &Item) -> bool {
        self.root.matches(item)
    }
}

impl Node {
    fn matches(&self, item: &Item) -> bool {
        match self {
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(item)),
            Self::All(nodes) => nodes.iter().all(|node| node.matches(item)),
            Self::Not(node) => !node.matches(item),
            Self::Is(term) => term.matches(item),
        }
    }
}

impl Term {
    fn matches(&self, item: &Item) -> bool {
        match self {
            Self::Parent(id) => item.parent.as_deref() == Some(id),
            Self::Name(op, text) => op.holds(item.name.as_deref().unwrap_or_default(), text, has_word_prefix),
            // What a manifest leaves without a type is unknown, and shows up in every search for a kind.
            Self::MimeType(op, text) => {
                item.mime_type.as_deref().map_or(*op == TextOp::Contains, |mime_type| {
                    op.holds(mime_type, text, |mime_type, text| mime_type.contains(text))
                })
            }
            Self::FullText(text) => item.name.as_deref().is_some_and(|name| has_word_prefix(name, text)),
            Self::ShortcutTarget(op, text) => match &item.kind {
                Kind::Shortcut(Shortcut { target_id, .. }) => (target_id == text) == (*op == TextOp::Equal),
                _ => *op == TextOp::NotEqual,
            },
            Self::Visibility(op, text) => (text == "anyoneWithLink") == (*op == TextOp::Equal),
            Self::Trashed(wanted) => item.marks.trashed == *wanted,
            Self::Time(field, comparison, time) => item.facts().is_ok_and(|facts| {
                let own = match field {
                    TimeField::Created => facts.created,
                    TimeField::Modified => facts.modified,
                };
                comparison.holds(own.timestamp_millis(), time.timestamp_millis())
            }),
            Self::Nothing => false,
        }
    }
}

impl TextOp {
    /// Drive compares names without case.
    fn holds(self, own: &str, text: &str, contains: fn(&str, &str) -> bool) -> bool {
        let (own, text) = (own.to_lowercase(), text.to_lowercase());
        match self {
            Self::Equal => own == text,
            Self::NotEqual => own != text,
            Self::Contains => contains(&own, &text),
        }
    }
}

impl Comparison {
    fn holds(self, own: i64, other: i64) -> bool {
        match self {
            Self::Equal => own == other,
            Self::NotEqual => own != other,
            Self::Less => own < other,
            Self::LessOrEqual => own <= other,
            Self::Greater => own > other,
            Self::GreaterOrEqual => own >= other,
        }
    }
}

/// `contains` on a name finds beginnings of words only: `HelloWorld` has `Hello` and not `World`.
fn has_word_prefix(own: &str, text: &str) -> bool {
    let (own, text) = (own.to_lowercase(), text.to_lowercase());
    own.match_indices(&text).any(|(at, _)| !own[..at].ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::content::Source;
    use crate::drive::item::Marks;

    fn photo() -> Item {
        Item {
            id: "photo".into(),
            name: Some("Hello World's best_photo.JPG".into()),
            mime_type: Some("image/jpeg".into()),
            parent: Some("folder".into()),
            kind: Kind::Blob(Source::generated("photo", 100)),
            marks: Marks { modified: "2020-01-02T03:04:05.678Z".parse().ok(), ..Marks::default() },
        }
    }

    #[test]
    fn a_term_matches_as_the_guide_says() {
        let cases = [
            ("", true),
            ("'folder' in parents", true),
            ("'Folder' in parents", false),
            ("name = 'hello world\\'s best_photo.jpg'", true),
            ("name != 'hello'", true),
            ("name contains 'hello'", true),
            ("name contains 'wor'", true),
            ("name contains 'orld'", false),
            ("name contains 'hello world'", true),
            ("mimeType contains 'image/'", true),
            ("mimeType = 'image/png'", false),
            ("not mimeType = 'image/png'", true),
            ("trashed = false", true),
            ("trashed = true", false),
            ("modifiedTime >= '2020-01-02T03:04:05.678Z'", true),
            ("modifiedTime > '2020-01-02T03:04:05.678Z'", false),
            ("modifiedTime < '2021-01-01'", true),
            ("'me' in owners", false),
            ("starred = false", true),
            ("sharedWithMe", false),
            ("visibility = 'anyoneWithLink'", true),
            ("visibility = 'limited'", false),
            ("shortcutDetails.targetId = 'x'", false),
            ("fullText contains 'hoto' or trashed = true", false),
            ("fullText contains 'best'", true),
        ];
        for (text, expected) in cases {
            assert_eq!(Query::parse(text).unwrap().matches(&photo()), expected, "{text}");
        }
    }

    #[test]
    fn an_item_without_a_type_shows_up_when_pictures_are_asked_for() {
        let item = Item { mime_type: None, ..photo() };
        assert!(Query::parse("mimeType contains 'image/'").unwrap().matches(&item));
        assert!(!Query::parse("mimeType = 'image/jpeg'").unwrap().matches(&item));
    }

    #[test]
    fn a_shortcut_is_found_by_its_target() {
        let shortcut = Shortcut { target_id: "t".into(), target_mime_type: None, target_resource_key: None };
        let item = Item { kind: Kind::Shortcut(shortcut), ..photo() };
        assert!(Query::parse("shortcutDetails.targetId = 't'").unwrap().matches(&item));
        assert!(!Query::parse("shortcutDetails.targetId != 't'").unwrap().matches(&item));
    }
}
