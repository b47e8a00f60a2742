//! Which headers go on, and which come back. Pure.
//!
//! Both are closed lists: what belongs to one connection, what says where a service is, cookies, and the CORS headers
//! of the services stay behind.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers of a request that mean something to a service.
const GO_ON: [HeaderName; 8] = [
    header::ACCEPT,
    header::RANGE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::IF_RANGE,
    HeaderName::from_static("last-event-id"),
];

/// Headers of an answer that describe its body, how long it keeps, and what a browser may do with it.
const COME_BACK: [HeaderName; 17] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_DISPOSITION,
    header::CONTENT_RANGE,
    header::ACCEPT_RANGES,
    header::ETAG,
    header::LAST_MODIFIED,
    header::CACHE_CONTROL,
    header::EXPIRES,
    header::AGE,
    header::RETRY_AFTER,
    header::CONTENT_SECURITY_POLICY,
    header::X_CONTENT_TYPE_OPTIONS,
    HeaderName::from_static("cross-origin-resource-policy"),
    // asks a proxy in front of us not to hold back events
    HeaderName::from_static("x-accel-buffering"),
];

/// The headers to send on.
pub(crate) fn going_on(received: &HeaderMap) -> HeaderMap {
    pick(received, &GO_ON)
}

/// The headers to answer with.
pub(crate) fn coming_back(received: &HeaderMap) -> HeaderMap {
    let mut kept = pick(received, &COME_BACK);
    if let Some(vary) = vary_without_origin(received) {
        kept.insert(header::VARY, vary);
    }
    kept
}

fn pick(received: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let kept = received.iter().filter(|(name, _)| names.contains(name));
    let mut map = HeaderMap::with_capacity(received.len());
    for (name, value) in kept {
        map.append(name.clone(), value.clone());
    }
    map
}

/// A service's own `Vary: Origin` speaks of its CORS headers, which are not passed on: ours are added later.
fn vary_without_origin(received: &HeaderMap) -> Option<HeaderValue> {
    if !received.contains_key(header::VARY) {
        return None;
    }
    let lists = received.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok());
    let names = lists.flat_map(|list| list.split(',')).map(str::trim);
    let kept: Vec<_> =
        names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("origin")).collect();
    if kept.is_empty() { None } else { HeaderValue::from_str(&kept.join(", ")).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn what_belongs_to_a_connection_or_a_person_stays_behind() {
        let received = map(&[
            ("range", "bytes=0-1"),
            ("last-event-id", "7"),
            ("authorization", "Bearer x"),
            ("cookie", "a=b"),
            ("connection", "keep-alive"),
            ("host", "h"),
            ("origin", "https://x"),
            ("accept-encoding", "gzip"),
        ]);
        let sent: Vec<_> = going_on(&received).keys().map(ToString::to_string).collect();
        assert_eq!(sent, ["range", "last-event-id"]);
    }

    #[test]
    fn entity_and_cache_headers_come_back_and_nothing_internal() {
        let answered = map(&[
            ("etag", "\"x\""),
            ("cross-origin-resource-policy", "cross-origin"),
            ("vary", "Accept, Origin"),
            ("vary", "origin"),
            ("access-control-allow-origin", "*"),
            ("location", "http://10.0.0.1:5002/x"),
            ("server", "x"),
            ("set-cookie", "a=b"),
            ("transfer-encoding", "chunked"),
            ("connection", "close"),
        ]);
        let answer = coming_back(&answered);
        let expected =
            map(&[("etag", "\"x\""), ("cross-origin-resource-policy", "cross-origin"), ("vary", "Accept")]);
        assert_eq!(answer, expected);
    }
}
