//! Which route a request has found: part of its span's name.

use client::trace;

/// Names the span of the request in hand, if any, after its route.
pub(crate) fn note(method: &'static str, route: &str) {
    if let Some(span) = trace::current() {
        span.rename(format!("{method} {route}"));
        span.set("http.route", route);
    }
}
