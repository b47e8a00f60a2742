//! A step of the work that has ended: what it was, when, and how it came out.

use std::{borrow::Cow, time::SystemTime};

use super::Context;

/// Characters that are kept of any text: some are strangers' words.
const LONGEST: usize = 256;

/// A step of the work.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its place.
    pub context: Context,
    /// The span that it is a part of.
    pub parent: Option<u64>,
    /// What it is called: one of few names.
    pub name: Cow<'static, str>,
    /// How it stands to others.
    pub kind: Kind,
    /// When it began.
    pub start: SystemTime,
    /// When it ended.
    pub end: SystemTime,
    /// What else is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// How a span stands to the others of its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Inside one service.
    Internal,
    /// A request, at the one who answers.
    Server,
    /// A request, at the one who asks.
    Client,
}

/// What can be known of a span.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text, at most 256 characters of it.
    Text(String),
    /// A number.
    Number(i64),
}

impl Span {
    /// One that begins now.
    pub(super) fn new(context: Context, parent: Option<u64>, kind: Kind, name: &'static str) -> Self {
        let now = SystemTime::now();
        Self {
            context,
            parent,
            name: Cow::Borrowed(name),
            kind,
            start: now,
            end: now,
            attributes: Vec::new(),
            failure: None,
        }
    }

    /// Notes something, in place of what was noted under this name before.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        let value = value.into();
        match self.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.attributes.push((name, value)),
        }
    }

    /// It has failed.
    pub fn fail(&mut self, why: &str) {
        self.failure = Some(clamped(why));
    }
}

fn clamped(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(clamped(text))
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
