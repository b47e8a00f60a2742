//! Calls as spans: which service was asked for what, and what it answered. Never a query: some hold secrets.

use http::Response;
use url::Url;

use super::{AnswerBody, Failure, Outgoing};
use crate::trace::{self, Kind, Open};

/// Begins the span of a call, if it is a part of one.
pub(super) fn call(base: &Url, outgoing: &Outgoing) -> Option<Open> {
    let span = trace::child(Kind::Client, "call")?;
    let call = span.active();
    let method = outgoing.method.as_str();
    // names are few: what follows the first segment may be anything
    let first = outgoing.path.split('/').nth(1).unwrap_or_default();
    call.rename(format!("{method} /{first}"));
    call.set("http.request.method", method);
    call.set("url.path", outgoing.path.as_str());
    if let Some(host) = base.host_str() {
        call.set("server.address", host);
    }
    if let Some(port) = base.port_or_known_default() {
        call.set("server.port", port);
    }
    Some(span)
}

/// Ends it.
pub(super) fn answer(span: Option<Open>, answer: &Result<Response<AnswerBody>, Failure>) {
    let Some(span) = span else { return };
    match answer {
        Ok(answer) => span.active().answered(answer.status().as_u16()),
        Err(failure) => span.active().fail(failure.kind()),
    }
}
