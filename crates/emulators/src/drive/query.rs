//! The search language of `files.list` (`q`): what it can say, and how it is read.
//!
//! ```text
//! query   = or ;  or = and { "or" and } ;  and = unary { "and" unary } ;  unary = "not" unary | "(" query ")" | term
//! term    = string "in" ("parents"|"owners"|"writers"|"readers") | name op value | name "has" "{…}" | boolname
//! op      = "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains"
//! string  = "'" { char | "\'" | "\\" } "'"      also "…" in double quotes
//! ```
//! Keywords are accepted in any case, blanks around operators are optional. Everything else is an error,
//! which Drive answers with 400 `Invalid Value` at `q`.

mod lexer;
mod matching;
mod parser;
mod term;

use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use thiserror::Error;

/// The text is not a query.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("invalid query: {0}")]
pub(crate) struct InvalidQuery(pub(crate) String);

/// A parsed query; the empty text matches everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    root: Node,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    Is(Term),
}

/// One test of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Parent(String),
    Name(TextOp, String),
    MimeType(TextOp, String),
    FullText(String),
    ShortcutTarget(TextOp, String),
    Visibility(TextOp, String),
    Time(TimeField, Comparison, DateTime<Utc>),
    Trashed(bool),
    /// Something that an anonymous caller has none of: stars, owners, private properties.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextOp {
    Equal,
    NotEqual,
    Contains,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimeField {
    Created,
    Modified,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Query {
    /// Reads the text of `q`.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidQuery> {
        if text.trim().is_empty() {
            return Ok(Self { root: Node::All(Vec::new()) });
        }
        Ok(Self { root: parser::parse(text)? })
    }

    /// Every folder that the query names as a parent.
    pub(crate) fn parents(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.root.visit(&mut |term| {
            if let Term::Parent(id) = term {
                found.insert(id.as_str());
            }
        });
        found
    }

    /// The folders outside which nothing can match, or `None` when the whole library must be searched.
    pub(crate) fn scope(&self) -> Option<BTreeSet<&str>> {
        self.root.scope()
    }

    /// Whether `fullText` is searched, which forbids `orderBy`.
    pub(crate) fn searches_full_text(&self) -> bool {
        let mut found = false;
        self.root.visit(&mut |term| found |= matches!(term, Term::FullText(_)));
        found
    }
}

impl Node {
    fn visit<'a>(&'a self, look: &mut impl FnMut(&'a Term)) {
        match self {
            Self::Any(nodes) | Self::All(nodes) => nodes.iter().for_each(|node| node.visit(look)),
            Self::Not(node) => node.visit(look),
            Self::Is(term) => look(term),
        }
    }

    fn scope(&self) -> Option<BTreeSet<&str>> {
        match self {
            Self::Is(Term::Parent(id)) => Some(BTreeSet::from([id.as_str()])),
            Self::Is(_) | Self::Not(_) => None,
            Self::All(nodes) => nodes.iter().find_map(Self::scope),
            Self::Any(nodes) => nodes.iter().map(Self::scope).try_fold(BTreeSet::new(), |mut all, scope| {
                all.extend(scope?);
                Some(all)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_the_parents_that_every_match_must_have() {
        let cases: [(&str, Option<&[&str]>); 8] = [
            ("'A' in parents", Some(&["A"])),
            ("'A' in parents and trashed = false", Some(&["A"])),
            ("trashed = false and ('A' in parents or 'B' in parents)", Some(&["A", "B"])),
            ("'A' in parents or trashed = true", None),
            ("not 'A' in parents", None),
            ("('A' in parents and name = 'x') or ('B' in parents and name = 'y')", Some(&["A", "B"])),
            ("name = 'x'", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let query = Query::parse(text).unwrap();
            assert_eq!(query.scope(), expected.map(|ids| ids.iter().copied().collect()), "{text}");
        }
    }

    #[test]
    fn every_named_parent_is_found_wherever_it_stands() {
        let query = Query::parse("not 'A' in parents or ('B' in parents and 'A' in parents)").unwrap();
        assert_eq!(query.parents(), BTreeSet::from(["A", "B"]));
    }
}
