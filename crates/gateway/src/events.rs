//! Streams of events for browsers. An `EventSource` gives up for good at any status but 200, and comes back by itself
//! when a stream ends: while the service is away, or its client has to wait, it gets a stream that ends at once and says
//! when to come back.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use service::ApiError;

/// What streams begin with.
const EVENTS: &str = "/api/import/events/";
/// In how many seconds to come back to a service that is away.
const AWAY_SECS: u64 = 2;

/// True for who asks for events by name, as every `EventSource` does.
pub(crate) fn asks_for_events(headers: &HeaderMap) -> bool {
    lists(headers, header::ACCEPT, "text/event-stream")
}

/// True for an `EventSource`, which never takes an answer from a cache. `fetch`, with which our page reads events, does not
/// say that, and reads a refusal as it is.
pub(crate) fn is_event_source(headers: &HeaderMap) -> bool {
    asks_for_events(headers) && lists(headers, header::CACHE_CONTROL, "no-cache")
}

fn lists(headers: &HeaderMap, name: header::HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|list| list.split(','))
        .any(|entry| entry.split(';').next().is_some_and(|entry| entry.trim().eq_ignore_ascii_case(wanted)))
}

/// Who it is that gets the answer to a request for events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    asks_for_events: bool,
    is_event_source: bool,
}

impl Reader {
    /// The one who sent these.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self { asks_for_events: asks_for_events(headers), is_event_source: is_event_source(headers) }
    }

    /// The answer, or what makes an `EventSource` come back.
    pub(crate) fn answer(self, answer: Result<Response, ApiError>) -> Response {
        match answer {
            Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE && self.asks_for_events => {
                come_back("the service is away", AWAY_SECS)
            }
            Ok(answer) => answer,
            Err(refused) => self.refuse(refused),
        }
    }

    fn refuse(self, refused: ApiError) -> Response {
        let message = refused.message().to_owned();
        let answer = refused.into_response();
        let seconds = |value: &HeaderValue| value.to_str().ok()?.parse().ok();
        let wait = answer.headers().get(header::RETRY_AFTER).and_then(seconds).unwrap_or(AWAY_SECS);
        match answer.status() {
            StatusCode::SERVICE_UNAVAILABLE if self.asks_for_events => come_back(&message, wait),
            StatusCode::TOO_MANY_REQUESTS if self.is_event_source => come_back(&message, wait),
            _ => answer,
        }
    }
}

/// The answer to `request`, which is not let through now.
pub(crate) fn told_to_wait(request: &Request, refused: ApiError) -> Response {
    if request.uri().path().starts_with(EVENTS) {
        Reader::of(request.headers()).refuse(refused)
    } else {
        refused.into_response()
    }
}

/// A stream with nothing but a time and, as a comment, why.
fn come_back(why: &str, secs: u64) -> Response {
    let head =
        [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (head, format!("retry: {}\n: {why}\n\n", secs.saturating_mul(1000))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_source_asks_by_name() {
        for (accept, is_one) in [
            ("text/event-stream", true),
            ("application/json, Text/Event-Stream;q=0.9", true),
            ("*/*", false),
            ("text/event-streams", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(asks_for_events(&headers), is_one, "{accept}");
        }
        assert!(!asks_for_events(&HeaderMap::new()));
        let pairs = [(header::ACCEPT, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
        let headers =
            HeaderMap::from_iter(pairs.map(|(name, value)| (name, HeaderValue::from_static(value))));
        assert!(is_event_source(&headers));
    }
}
