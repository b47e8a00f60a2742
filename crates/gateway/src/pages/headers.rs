//! Headers that every file of the web UI has. Pure.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
};
use url::Origin;

/// What does not depend on where the API is. Hostile names and pictures are a stranger's: the UI takes nothing from them
/// but text and pixels, and no other site takes anything from the UI.
const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// What the pages may load and call: themselves, and the API at `api` where that is another origin.
pub(super) fn policy(api: Option<&Origin>) -> HeaderValue {
    let api = api.map(|origin| format!(" {}", origin.ascii_serialization())).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; img-src 'self' data: blob:{api}; style-src 'self'; script-src 'self'; \
         connect-src 'self'{api}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'"
    );
    HeaderValue::from_str(&policy).expect("an origin in ASCII fits into a header")
}

/// Adds all of them.
pub(super) fn secure(headers: &mut HeaderMap, policy: &HeaderValue) {
    headers.extend(ALWAYS);
    headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
}

/// The same file compressed and as it is has one `ETag`: it may only promise that they mean the same.
pub(super) fn weaken_etag(headers: &mut HeaderMap) {
    let Some(etag) = headers.get(ETAG).and_then(|etag| etag.to_str().ok()) else { return };
    if !etag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{etag}"))
    {
        headers.insert(ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn only_the_api_may_be_elsewhere() {
        let own = policy(None);
        assert_eq!(
            own,
            "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; \
             frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'"
        );
        let api: Url = "https://api.example:8443/api".parse().unwrap();
        let other = policy(Some(&api.origin())).to_str().unwrap().replace(" https://api.example:8443", "");
        assert_eq!(other, own);
    }
}
