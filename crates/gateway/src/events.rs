//! Streams of events for browsers. An `EventSource` gives up for good at any status but 200, and comes back by itself
//! when a stream ends: while the service is away, it gets a stream that ends at once.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use service::ApiError;

/// Nothing, and in how many milliseconds to come back.
const NOTHING_YET: &str = "retry: 2000\n\n";

/// True for who asks for events by name, as every `EventSource` does.
pub(crate) fn is_event_source(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|list| list.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

/// The answer, or what makes an `EventSource` come back when that is a 503.
pub(crate) fn or_come_back(answer: Result<Response, ApiError>) -> Response {
    let answer = answer.into_response();
    if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
        return answer;
    }
    let head =
        [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (head, NOTHING_YET).into_response()
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
            assert_eq!(is_event_source(&headers), is_one, "{accept}");
        }
        assert!(!is_event_source(&HeaderMap::new()));
    }
}
