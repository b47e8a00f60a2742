//! Tokens of a query → its tree, by recursive descent.

use super::lexer::{Token, tokens};
use super::{InvalidQuery, Node};

/// Deeper nesting than any person writes, and shallow enough for the stack.
const MAX_DEPTH: usize = 64;

/// Reads a whole query.
pub(super) fn parse(text: &str) -> Result<Node, InvalidQuery> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, depth: 0 };
    let node = parser.any()?;
    if parser.tokens.is_empty() { Ok(node) } else { Err(parser.unexpected()) }
}

/// What is left of the tokens.
pub(super) struct Parser<'a> {
    pub(super) tokens: &'a [Token],
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

    pub(super) fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    pub(super) fn eat(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.first() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn eat_word(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.tokens.first(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.next();
        }
        found
    }

    pub(super) fn unexpected(&self) -> InvalidQuery {
        InvalidQuery(format!("unexpected text, {} tokens before the end", self.tokens.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Term, TextOp};
    use super::*;
    use proptest::prelude::*;

    fn is(term: Term) -> Node {
        Node::Is(term)
    }

    fn parent(id: &str) -> Node {
        is(Term::Parent(id.into()))
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
