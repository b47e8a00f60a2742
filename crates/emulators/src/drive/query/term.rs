//! The single tests that a query is made of: which fields exist, and what each can be compared with.

use super::lexer::Token;
use super::parser::Parser;
use super::{Comparison, InvalidQuery, Node, Term, TextOp, TimeField};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

const VISIBILITIES: [&str; 5] =
    ["anyoneCanFind", "anyoneWithLink", "domainCanFind", "domainWithLink", "limited"];

impl Parser<'_> {
    /// `'ID' in parents`.
    pub(super) fn membership(&mut self, value: &str) -> Result<Node, InvalidQuery> {
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

    pub(super) fn field(&mut self, name: &str) -> Result<Node, InvalidQuery> {
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
    use super::super::parser::parse;
    use super::*;

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
}
