//! Text of a query → tokens.

use super::InvalidQuery;

/// The smallest pieces of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or the name of a field.
    Word(String),
    /// A quoted string, escapes undone.
    Text(String),
    /// `=`, `!=`, `<`, `<=`, `>` or `>=`.
    Operator(&'static str),
    Open,
    Close,
    /// The `{…}` after `has`; what it holds is private to its owner and never matches.
    Braces,
}

/// Longest first, so that `<=` is not read as `<`.
const OPERATORS: [&str; 6] = ["<=", ">=", "!=", "=", "<", ">"];

/// Cuts the text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, InvalidQuery> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            '\'' | '"' => quoted(rest, first)?,
            '{' => braces(rest)?,
            'a'..='z' | 'A'..='Z' => word(rest),
            _ => operator(rest)?,
        };
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

fn word(rest: &str) -> (Token, &str) {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').unwrap_or(rest.len());
    (Token::Word(rest[..end].to_owned()), &rest[end..])
}

fn operator(rest: &str) -> Result<(Token, &str), InvalidQuery> {
    let found = OPERATORS.iter().find_map(|op| Some((Token::Operator(op), rest.strip_prefix(op)?)));
    found.ok_or_else(|| InvalidQuery("unexpected character".into()))
}

fn quoted(rest: &str, quote: char) -> Result<(Token, &str), InvalidQuery> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, escaped @ ('\'' | '"' | '\\'))) => text.push(escaped),
                _ => return Err(InvalidQuery("only quotes and backslashes are escaped".into())),
            },
            end if end == quote => return Ok((Token::Text(text), &rest[at + 1..])),
            plain => text.push(plain),
        }
    }
    Err(InvalidQuery("a string without an end".into()))
}

/// Braces nest nowhere, but strings inside may hold a `}`.
fn braces(rest: &str) -> Result<(Token, &str), InvalidQuery> {
    let mut inside = rest[1..].trim_start();
    loop {
        match inside.chars().next() {
            Some('}') => return Ok((Token::Braces, &inside[1..])),
            Some(quote @ ('\'' | '"')) => inside = quoted(inside, quote)?.1,
            Some('{') | None => return Err(InvalidQuery("braces without an end".into())),
            Some(other) => inside = &inside[other.len_utf8()..],
        }
    }
}
