//! What the rules together have decided for one call.

use super::kind::Kind;
use super::rule::{Length, Rule};
use crate::drive::content::Edit;
use crate::drive::errors::{AUTOMATED_QUERIES, BAD_GATEWAY, DriveError, Format, page};
use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;

/// Changes to one call, gathered from all rules that fired.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Before anything else.
    pub(crate) delay: Duration,
    /// Instead of the true answer.
    pub(crate) answer: Option<Answer>,
    /// To a JSON answer.
    pub(crate) gzip: bool,
    pub(crate) cut_json: Option<Place>,
    pub(crate) paging: Paging,
    /// To a download.
    pub(crate) edit: Option<Edit>,
    pub(crate) ignore_range: bool,
    pub(crate) wire: Wire,
}

/// Changes to a listing.
#[derive(Debug, Default)]
pub(crate) struct Paging {
    pub(crate) refuse_token: bool,
    pub(crate) limit: Option<usize>,
    pub(crate) repeat: bool,
}

/// A place in a body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Half,
    After(u64),
}

impl Place {
    fn of(rule: &Rule) -> Self {
        rule.bytes.map_or(Self::Half, Self::After)
    }

    /// The bytes before it, of so many.
    pub(crate) fn within(self, len: u64) -> u64 {
        match self {
            Self::Half => len / 2,
            Self::After(bytes) => bytes.min(len),
        }
    }
}

/// Changes to the bytes of a download.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire {
    /// The end before all is sent.
    pub(crate) end: Option<(Place, Cut)>,
    /// A pause after so many bytes.
    pub(crate) stall: Option<(u64, Duration)>,
    pub(crate) bytes_per_second: Option<u64>,
    /// Which byte is wrong, as a number to be taken modulo the length.
    pub(crate) flip: Option<u64>,
}

/// How a download ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Close(Length),
    Reset,
}

/// An answer that a rule gives instead of the true one.
#[derive(Debug)]
pub(crate) enum Answer {
    Error(DriveError, Option<Format>),
    AutomatedQueries {
        retry_after: Option<String>,
    },
    BadGateway {
        status: u16,
    },
    Empty {
        status: u16,
        retry_after: Option<String>,
    },
    NullMessage {
        status: u16,
    },
    NotJson,
    /// No answer: the connection ends.
    Nothing(Cut),
}

impl Plan {
    /// Adds what a rule that fired for the `nth` time does to a call about `file`.
    pub(super) fn add(&mut self, rule: &Rule, file: &str, nth: u64) {
        match &rule.kind {
            Kind::Latency => self.delay = self.delay.saturating_add(rule.pause()),
            Kind::Stall if rule.bytes.is_none() => self.delay = self.delay.saturating_add(rule.pause()),
            Kind::Stall => self.wire.stall = rule.bytes.map(|bytes| (bytes, rule.pause())),
            Kind::Gzip => self.gzip = true,
            Kind::CutJson => self.cut_json = Some(Place::of(rule)),
            Kind::PageTokenRefused => self.paging.refuse_token = true,
            Kind::ShortPage => self.limit_page(rule.items.unwrap_or(1)),
            Kind::EmptyPage => self.limit_page(0),
            Kind::DuplicatePage => self.paging.repeat = true,
            Kind::FileChanged => {
                let appended = rule.bytes.unwrap_or(16);
                self.edit = Some(if appended == 0 { Edit::SameLength } else { Edit::Longer(appended) });
            }
            Kind::IgnoreRange => self.ignore_range = true,
            Kind::Bandwidth => self.wire.bytes_per_second = Some(rule.bytes.unwrap_or(64 * 1024)),
            Kind::WrongBytes => self.wire.flip = Some(if rule.vary { nth } else { 0 }),
            Kind::Truncate => self.wire.end = Some((Place::of(rule), Cut::Close(rule.length))),
            Kind::Close => self.end(rule, Cut::Close(rule.length)),
            Kind::Reset => self.end(rule, Cut::Reset),
            Kind::WrongMd5 => {}
            _ => self.answer = self.answer.take().or_else(|| Answer::of(rule, file)),
        }
    }

    fn limit_page(&mut self, items: usize) {
        self.paging.limit = Some(self.paging.limit.map_or(items, |limit| limit.min(items)));
    }

    fn end(&mut self, rule: &Rule, cut: Cut) {
        match rule.bytes {
            Some(_) => self.wire.end = Some((Place::of(rule), cut)),
            None => self.answer = self.answer.take().or(Some(Answer::Nothing(cut))),
        }
    }
}

impl Answer {
    fn of(rule: &Rule, file: &str) -> Option<Self> {
        let retry_after = rule.retry_after.clone();
        Some(match &rule.kind {
            Kind::Reason(reason) => Self::error(rule, DriveError::of_reason(reason, file)),
            Kind::Quota => {
                let reason =
                    if rule.status == Some(429) { "rateLimitExceeded" } else { "RATE_LIMIT_EXCEEDED" };
                Self::error(rule, DriveError::of_reason(reason, file))
            }
            Kind::Html403 => Self::AutomatedQueries { retry_after },
            Kind::Html502 => Self::BadGateway { status: rule.status.unwrap_or(502) },
            Kind::Empty503 => Self::Empty { status: rule.status.unwrap_or(503), retry_after },
            Kind::Null500 => Self::NullMessage { status: rule.status.unwrap_or(500) },
            Kind::NotJson => Self::NotJson,
            _ => return None,
        })
    }

    fn error(rule: &Rule, mut error: DriveError) -> Self {
        error.status = rule.status.unwrap_or(error.status);
        if let Some(message) = &rule.message {
            error.message.clone_from(message);
        }
        error.retry_after.clone_from(&rule.retry_after);
        if rule.details == Some(false) {
            error = error.without_details();
        }
        let format = rule.format.map(|number| if number == 2 { Format::Two } else { Format::One });
        Self::Error(error, format)
    }

    /// The answer as bytes; `None` when there shall be none.
    pub(crate) fn response(&self, asked: Format) -> Option<Response> {
        const HTML: &str = "text/html; charset=utf-8";
        let mut response = match self {
            Self::Error(error, format) => error.response(format.unwrap_or(asked)),
            Self::AutomatedQueries { .. } => page(403, HTML, AUTOMATED_QUERIES),
            Self::BadGateway { status } => page(*status, HTML, BAD_GATEWAY),
            Self::Empty { status, .. } => empty(*status),
            Self::NullMessage { status } => super::super::answer::json(*status, &null_message(*status)),
            Self::NotJson => page(200, "application/json; charset=UTF-8", "not json"),
            Self::Nothing(_) => return None,
        };
        if let Self::AutomatedQueries { retry_after } | Self::Empty { retry_after, .. } = self {
            let value = retry_after.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
            response.headers_mut().extend(value.map(|value| (header::RETRY_AFTER, value)));
        }
        Some(response)
    }
}

fn empty(status: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    response
}

fn null_message(status: u16) -> Value {
    json!({ "error": { "code": status, "message": null } })
}
