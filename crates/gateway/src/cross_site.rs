//! Pages of other origins, which browsers let send some requests without asking: a form with no body can be a `POST` that
//! changes something. Pure.
//!
//! Where `CORS_ORIGINS` says which pages may call, no other may do that either. Where it does not, everybody may, as in the
//! original.

use axum::http::{HeaderMap, Uri, header};
use service::{ApiError, cors::Cors};

/// How a browser calls where a request comes from.
const FETCH_SITE: &str = "sec-fetch-site";

/// Where the host that was asked is named, by a client or by a proxy.
const HOSTS: [&str; 2] = ["host", "x-forwarded-host"];

/// Refuses what the page of an origin sends that may not call.
///
/// # Errors
/// 403.
pub(crate) fn check(cors: &Cors, headers: &HeaderMap) -> Result<(), ApiError> {
    if cors.is_any() || !is_foreign(cors, headers) {
        return Ok(());
    }
    Err(ApiError::forbidden("The page that sent this is of an origin that may not call: see CORS_ORIGINS.")
        .code("cross-site"))
}

fn is_foreign(cors: &Cors, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(FETCH_SITE);
    // `none`: a person, by the address bar
    if matches!(site, Some("same-origin" | "none")) {
        return false;
    }
    match headers.get(header::ORIGIN) {
        Some(origin) if cors.lists(origin) => false,
        // an older browser says no more than where the page is from
        Some(origin) if site.is_none() => {
            let from = host_of(origin.to_str().unwrap_or_default());
            // a proxy may call us by another name, and no form can send what it was called itself
            !HOSTS.iter().any(|name| from.is_some() && text(name) == from.as_deref())
        }
        Some(_) => true,
        // who is no browser says neither
        None => site.is_some(),
    }
}

/// The host and port of an origin.
fn host_of(origin: &str) -> Option<String> {
    origin.parse::<Uri>().ok()?.authority().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn status(origins: &str, headers: &[(&'static str, &'static str)]) -> u16 {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let headers = headers.iter().map(pair).collect();
        check(&Cors::from_setting(Some(origins)), &headers)
            .map_or_else(|error| error.status().as_u16(), |()| 200)
    }

    #[test]
    fn where_origins_are_listed_no_other_page_changes_anything() {
        let (listed, foreign) = (("origin", "https://app.example"), ("origin", "https://evil.example"));
        let (here, host) = (("origin", "https://api.example:8443"), ("host", "api.example:8443"));
        let site = |value| ("sec-fetch-site", value);
        for (headers, expected) in [
            (&[host][..], 200),
            (&[host, here, site("same-origin")], 200),
            (&[host, here], 200),
            (&[("host", "gateway:5000"), ("x-forwarded-host", "api.example:8443"), here], 200),
            (&[("host", "gateway:5000"), here], 403),
            (&[host, listed, site("cross-site")], 200),
            (&[host, listed], 200),
            (&[host, foreign, site("cross-site")], 403),
            (&[host, foreign, site("same-site")], 403),
            (&[host, foreign], 403),
            (&[host, ("origin", "null"), site("cross-site")], 403),
            (&[host, ("origin", "null")], 403),
            (&[host, site("cross-site")], 403),
            (&[host, site("none")], 200),
        ] {
            assert_eq!(status("https://app.example", headers), expected, "{headers:?}");
            for any in ["", "*"] {
                assert_eq!(status(any, headers), 200, "{headers:?}: as in the original");
            }
        }
    }
}
