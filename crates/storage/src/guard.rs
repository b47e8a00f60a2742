//! Headers of everything that is served from the bucket: whatever the bytes are, nothing in them runs. Pure.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// No guessing of types, no scripts, forms or frames; and every page may show it.
pub(crate) fn guard(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"),
    );
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
}
