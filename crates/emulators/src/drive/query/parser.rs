//! Tokens of a query → its tree, by recursive descent.

use super::lexer::{Token, tokens};
use super::{Comparison, InvalidQuery, Node, Term, TextOp, TimeField};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// Deeper nesting than any person writes, and shallow enough for the stack.
const MAX_DEPTH: usize = 64;

const VISIBILITIES: [&str; 5] =
    ["anyoneCanFind", "anyoneWithLink", "domainCanFind", "domainWithLink", "limited"];

/// Reads a whole query.
pub(super) fn parse(text: &str) -> Result<Node, InvalidQuery> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, depth: 0 };
    let node = parser.any()?;
    if parser.tokens.is_empty() { Ok(node) } else { Err(parser.unexpected()) }
}

struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Node, InvalidQuery> {
        let mut nodes = vec![self.all()?];
        while self.eat_word("or") {
            nodes.push(self.all()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self) -> Result<Node, InvalidQuery> {
        let mut nodes = vec![self.unary()?];
        while self.eat_word("and") {
            nodes.push(self.unary()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn unary(&mut self) -> Result<Node, InvalidQuery> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(InvalidQuery("nested too deeply".into()));
        }
        let node = if self.eat_word("not") {
            Node::Not(Box::new(self.unary()?))
        } else if self.eat(&Token::Open) {
            let inside = self.any()?;
            if !self.eat(&Token::Close) {
                return Err(self.unexpected());
            }
            inside
        } else {
            self.term()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn term(&mut self) -> Result<Node, InvalidQuery> {
        match self.next() {
            Some(Token::Text(value)) => self.membership(value),
            Some(Token::Word(name)) => self.field(name),
            _ => Err(self.unexpected()),
        }
    }

    /// `'ID' in parents`.
    fn membership(&mut self, value: &str) -> Result<Node, InvalidQuery> {
        if !self.eat_word("in") {
            return Err(self.unexpected());
        }
        match self.next() {
            Some(Token::Word(list)) if list == "parents" => Ok(Node::Is(Term::Parent(value.to_owned()))),
            Some(Token::Word(list)) if ["owners", "writers", "readers"].contains(&list.as_str()) => {
                Ok(Node::Is(Term::Nothing))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn field(&mut self, name: &str) -> Result<Node, InvalidQuery> {
        match name {
            "name" => Ok(Node::Is(self.text(Term::Name, true)?)),
            "mimeType" => Ok(Node::Is(self.text(Term::MimeType, true)?)),
            "shortcutDetails.targetId" => Ok(Node::Is(self.text(Term::ShortcutTarget, false)?)),
            "visibility" => self.visibility(),
            "fullText" => match self.text(Term::Name, true)? {
                Term::Name(TextOp::Contains, text) => Ok(Node::Is(Term::FullText(text))),
                _ => Err(InvalidQuery("fullText can only contain".into())),
            },
            "modifiedTime" => self.time(Some(TimeField::Modified)),
            "createdTime" => self.time(Some(TimeField::Created)),
            "viewedByMeTime" | "sharedWithMeTime" => self.time(None),
            "trashed" => self.boolean(|wanted| Node::Is(Term::Trashed(wanted))),
            "starred" | "sharedWithMe" => self.boolean(|wanted| {
                let nothing = Node::Is(Term::Nothing);
                if wanted { nothing } else { Node::Not(Box::new(nothing)) }
            }),
            "properties" | "appProperties" => self.properties(),
            unknown => Err(InvalidQuery(format!("unknown term {unknown}"))),
        }
    }

    fn text(&mut self, make: fn(TextOp, String) -> Term, contains: bool) -> Result<Term, InvalidQuery> {
        let op = match self.next() {
            Some(Token::Operator("=")) => TextOp::Equal,
            Some(Token::Operator("!=")) => TextOp::NotEqual,
            Some(Token::Word(word)) if contains && word.eq_ignore_ascii_case("contains") => TextOp::Contains,
            _ => return Err(self.unexpected()),
        };
        match self.next() {
            Some(Token::Text(value)) => Ok(make(op, value.clone())),
            _ => Err(self.unexpected()),
        }
    }

    fn visibility(&mut self) -> Result<Node, InvalidQuery> {
        match self.text(Term::Visibility, false)? {
            Term::Visibility(_, value) if !VISIBILITIES.contains(&value.as_str()) => {
                Err(InvalidQuery(format!("unknown visibility {value}")))
            }
            known => Ok(Node::Is(known)),
        }
    }

    /// `field` is `None` for times that an anonymous caller does not have.
    fn time(&mut self, field: Option<TimeField>) -> Result<Node, InvalidQuery> {
        let comparison = match self.next() {
            Some(Token::Operator("=")) => Comparison::Equal,
            Some(Token::Operator("!=")) => Comparison::NotEqual,
            Some(Token::Operator("<")) => Comparison::Less,
            Some(Token::Operator("<=")) => Comparison::LessOrEqual,
            Some(Token::Operator(">")) => Comparison::Greater,
            Some(Token::Operator(">=")) => Comparison::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        let Some(Token::Text(value)) = self.next() else { return Err(self.unexpected()) };
        let time = instant(value).ok_or_else(|| InvalidQuery(format!("{value} is not an RFC 3339 time")))?;
        Ok(Node::Is(field.map_or(Term::Nothing, |field| Term::Time(field, comparison, time))))
    }

    /// `trashed = false`, `trashed != true`, or the name alone.
    fn boolean(&mut self, make: fn(bool) -> Node) -> Result<Node, InvalidQuery> {
        let negated = match self.tokens.first() {
            Some(Token::Operator("=")) => false,
            Some(Token::Operator("!=")) => true,
            Some(Token::Operator(_)) => return Err(self.unexpected()),
            _ => return Ok(make(true)),
        };
        self.next();
        match self.next() {
            Some(Token::Word(value)) if value.eq_ignore_ascii_case("true") => Ok(make(!negated)),
            Some(Token::Word(value)) if value.eq_ignore_ascii_case("false") => Ok(make(negated)),
            _ => Err(self.unexpected()),
        }
    }

    fn properties(&mut self) -> Result<Node, InvalidQuery> {
        if self.eat_word("has") && self.eat(&Token::Braces) {
            return Ok(Node::Is(Term::Nothing));
        }
        Err(self.unexpected())
    }

    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn eat(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.first() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn eat_word(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.tokens.first(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.next();
        }
        found
    }

    fn unexpected(&self) -> InvalidQuery {
        InvalidQuery(format!("unexpected text, {} tokens before the end", self.tokens.len()))
    }
}

/// RFC 3339; UTC without a zone; midnight without a time.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let local = || text.parse::<NaiveDateTime>().map(|time| time.and_utc());
    let day = || text.parse::<NaiveDate>().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
    zoned.or_else(|_| local()).or_else(|_| day()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is(term: Term) -> Node {
        Node::Is(term)
    }

    fn parent(id: &str) -> Node {
        is(Term::Parent(id.into()))
    }

    #[test]
    fn the_documented_forms_are_read() {
        let cases = [
            ("'1Ab_-c' in parents", parent("1Ab_-c")),
            ("\"1Ab\" IN parents", parent("1Ab")),
            ("trashed=false", is(Term::Trashed(false))),
            ("trashed != false", is(Term::Trashed(true))),
            ("trashed", is(Term::Trashed(true))),
            ("mimeType contains 'image/'", is(Term::MimeType(TextOp::Contains, "image/".into()))),
            (
                r"name contains 'quinn\'s paper\\essay'",
                is(Term::Name(TextOp::Contains, r"quinn's paper\essay".into())),
            ),
            ("fullText contains 'a b'", is(Term::FullText("a b".into()))),
            ("visibility = 'anyoneWithLink'", is(Term::Visibility(TextOp::Equal, "anyoneWithLink".into()))),
            ("shortcutDetails.targetId != 'x'", is(Term::ShortcutTarget(TextOp::NotEqual, "x".into()))),
            ("starred", is(Term::Nothing)),
            ("sharedWithMe = false", Node::Not(Box::new(is(Term::Nothing)))),
            ("'me' in owners", is(Term::Nothing)),
            ("properties has { key='a}' and value='b' }", is(Term::Nothing)),
            (
                "modifiedTime > '2012-06-04T12:00:00'",
                is(Term::Time(
                    TimeField::Modified,
                    Comparison::Greater,
                    "2012-06-04T12:00:00Z".parse().unwrap(),
                )),
            ),
            (
                "createdTime<='2012-06-04T12:00:00-08:00'",
                is(Term::Time(
                    TimeField::Created,
                    Comparison::LessOrEqual,
                    "2012-06-04T20:00:00Z".parse().unwrap(),
                )),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn and_binds_closer_than_or_and_not_closest() {
        let (a, b, c) = (parent("a"), parent("b"), parent("c"));
        let cases = [
            (
                "'a' in parents or 'b' in parents AND 'c' in parents",
                Node::Any(vec![a.clone(), Node::All(vec![b.clone(), c.clone()])]),
            ),
            (
                "not 'a' in parents and 'b' in parents",
                Node::All(vec![Node::Not(Box::new(a.clone())), b.clone()]),
            ),
            (
                "('a' in parents or 'b' in parents) and 'c' in parents",
                Node::All(vec![Node::Any(vec![a, b]), c]),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let wrong = [
            "'it's' in parents and trashed = false",
            "'a' in parents and",
            "and",
            "'a' in",
            "'a' in folders",
            "'a'",
            "'a",
            "name",
            "name = x",
            "name > 'x'",
            "title = 'x'",
            "Name = 'x'",
            "trashed = 'false'",
            "trashed < true",
            "mimeType contains",
            "visibility = 'public'",
            "visibility contains 'any'",
            "modifiedTime > 'yesterday'",
            "modifiedTime contains '2012'",
            "fullText = 'x'",
            "properties has x",
            "properties has {",
            "('a' in parents",
            "'a' in parents)",
            "'a' in parents 'b' in parents",
            "name = 'a\\b'",
            "name == 'x'",
            "trashed = false;",
            "()",
        ];
        for text in wrong {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).is_err(), "depth is bounded");
        assert!(parse(&"not ".repeat(100_000)).is_err(), "depth is bounded");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,80}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_token_soup_is_answered(words in prop::collection::vec(prop::sample::select(vec![
            "'a'", "in", "parents", "and", "or", "not", "(", ")", "name", "contains", "=", "trashed", "false", "{}", "has",
        ]), 0..12)) {
            let _ = parse(&words.join(" "));
        }

        #[test]
        fn an_escaped_string_comes_back_whole(text in "\\PC{0,40}") {
            let escaped = text.replace('\\', r"\\").replace('\'', r"\'");
            prop_assert_eq!(parse(&format!("name = '{escaped}'")), Ok(is(Term::Name(TextOp::Equal, text))));
        }
    }
}
