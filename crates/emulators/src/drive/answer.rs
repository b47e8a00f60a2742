//! JSON answers with the headers that Drive sends.

use super::faults::Place;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;
use std::io::Write;

/// How a JSON body is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    /// On one line, without blanks.
    pub(crate) compact: bool,
    pub(crate) gzip: bool,
    pub(crate) cut: Option<Place>,
}

/// An answer in the usual style.
pub(crate) fn json(status: u16, body: &Value) -> Response {
    styled(status, body, Style::default())
}

/// An answer in a given style.
pub(crate) fn styled(status: u16, body: &Value, style: Style) -> Response {
    let mut text = if style.compact { body.to_string() } else { format!("{body:#}\n") }.into_bytes();
    if let Some(cut) = style.cut {
        text.truncate(usize::try_from(cut.within(text.len() as u64)).unwrap_or(usize::MAX));
    }
    let text = if style.gzip { gzip(&text) } else { text };
    let mut response = Response::new(Body::from(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    common_headers(headers);
    if style.gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Headers of every answer.
pub(crate) fn common_headers(headers: &mut HeaderMap) {
    headers.insert(header::VARY, HeaderValue::from_static("Origin, X-Origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=0"));
}

/// Google compresses only for callers that ask for it twice: in `Accept-Encoding` and in the user agent.
pub(crate) fn wants_gzip(headers: &HeaderMap) -> bool {
    let names_gzip = |name| {
        let text = headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
        text.to_ascii_lowercase().contains("gzip")
    };
    names_gzip(header::ACCEPT_ENCODING) && names_gzip(header::USER_AGENT)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(text).and_then(|()| encoder.finish());
    written.expect("writing into memory never fails")
}
