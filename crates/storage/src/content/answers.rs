//! The answers: status and headers. Pure, but for the body that goes with them.

use std::time::{Duration, UNIX_EPOCH};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use service::ApiError;
use tokio::sync::OwnedSemaphorePermit;

use super::stream;
use crate::{
    bucket::{About, CACHE_CONTROL, Reading},
    disposition::{name_in, shown_as},
    guard::guard,
    sniff::Content as Kind,
};

/// Length of `<uuid>_`.
const UUID_CHARS: usize = 37;

/// What is answered.
#[derive(Debug)]
pub(super) enum Shown {
    /// The object, or that the client has it.
    Object {
        /// Bytes of the whole object.
        size: u64,
        /// What describes it.
        headers: HeaderMap,
        /// How much of it goes out.
        shape: Shape,
    },
    /// 412.
    Failed,
    /// 416.
    Unsatisfiable {
        /// Bytes of the whole object.
        size: u64,
    },
}

/// How much of an object goes out.
#[derive(Debug)]
pub(super) enum Shape {
    /// 200 or 206.
    Body {
        /// First and last byte, if not all goes out.
        part: Option<(u64, u64)>,
        /// The bytes.
        body: Box<Reading>,
    },
    /// 200 without the bytes.
    Head,
    /// 304.
    NotModified,
}

impl Shown {
    /// The answer. `turn` is held until the body is out; a client that takes nothing for `silence` is given up.
    pub(super) fn respond(self, turn: OwnedSemaphorePermit, silence: Duration) -> Response {
        match self {
            Self::Failed => {
                ApiError::precondition_failed("The object is not the one that the request is about.")
                    .into_response()
            }
            Self::Unsatisfiable { size } => {
                let message = format!("The object has {size} bytes; the range is outside.");
                let mut response = ApiError::range_not_satisfiable(message).into_response();
                insert(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
                response
            }
            Self::Object { size, mut headers, shape } => {
                let (status, length, body) = match shape {
                    // a length would be that of the body that a 200 has
                    Shape::NotModified => (StatusCode::NOT_MODIFIED, size, Body::empty()),
                    Shape::Head => (StatusCode::OK, size, Body::empty()),
                    Shape::Body { part, body } => {
                        let status = match part {
                            None => StatusCode::OK,
                            Some((first, last)) => {
                                let range = format!("bytes {first}-{last}/{size}");
                                insert(&mut headers, header::CONTENT_RANGE, &range);
                                StatusCode::PARTIAL_CONTENT
                            }
                        };
                        (status, body.left(), stream::body(*body, turn, silence))
                    }
                };
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
                let mut response = Response::new(body);
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                response
            }
        }
    }
}

/// What describes the object `key`, whatever of it goes out.
pub(super) fn headers(key: &str, about: &About, kind: &Kind, is_download: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let is_known = HeaderValue::from_str(&kind.media_type).is_ok() && !kind.media_type.is_empty();
    let media_type = if is_known { &kind.media_type } else { "application/octet-stream" };
    insert(&mut headers, header::CONTENT_TYPE, media_type);
    if let Some(etag) = &about.etag {
        insert(&mut headers, header::ETAG, &quoted(etag));
    }
    if let Some(modified) = about.last_modified {
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(modified));
        insert(&mut headers, header::LAST_MODIFIED, &date);
    }
    // the original stored no name, but put it into the key
    let stored = about.content_disposition.as_deref().filter(|_| about.is_ours).and_then(name_in);
    let name = stored.as_deref().or_else(|| key.get(UUID_CHARS..)).unwrap_or_default();
    insert(&mut headers, header::CONTENT_DISPOSITION, &shown_as(name, kind.is_raster && !is_download));
    for (name, value) in [(header::ACCEPT_RANGES, "bytes"), (header::CACHE_CONTROL, CACHE_CONTROL)] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    guard(&mut headers);
    headers
}

/// Some servers leave the quotes out.
fn quoted(etag: &str) -> String {
    if etag.ends_with('"') { etag.to_owned() } else { format!("\"{etag}\"") }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "01234567-89ab-4def-8123-456789abcdef_from key.jpg";

    fn described(about: &About, kind: (&str, bool), is_download: bool) -> HeaderMap {
        let kind = Kind { media_type: kind.0.to_owned(), is_raster: kind.1 };
        headers(KEY, about, &kind, is_download)
    }

    fn about(disposition: Option<&str>, is_ours: bool) -> About {
        About {
            size: 10,
            etag: Some("abc".to_owned()),
            last_modified: Some(0),
            content_type: "image/png".to_owned(),
            content_disposition: disposition.map(str::to_owned),
            is_ours,
        }
    }

    #[test]
    fn only_pictures_are_shown_in_place_and_the_name_is_the_stored_one() {
        let stored = about(Some("inline; filename*=UTF-8''real%20%C3%A9.png"), true);
        for (about, kind, is_download, disposition) in [
            (
                &stored,
                ("image/png", true),
                false,
                "inline; filename=\"real _.png\"; filename*=UTF-8''real%20%C3%A9.png",
            ),
            (
                &stored,
                ("image/png", true),
                true,
                "attachment; filename=\"real _.png\"; filename*=UTF-8''real%20%C3%A9.png",
            ),
            (
                &stored,
                ("text/html", false),
                false,
                "attachment; filename=\"real _.png\"; filename*=UTF-8''real%20%C3%A9.png",
            ),
            (
                &about(None, false),
                ("image/png", true),
                false,
                "inline; filename=\"from key.jpg\"; filename*=UTF-8''from%20key.jpg",
            ),
            (
                &about(Some("inline; filename*=UTF-8''x"), false),
                ("image/png", true),
                false,
                "inline; filename=\"from key.jpg\"; filename*=UTF-8''from%20key.jpg",
            ),
        ] {
            assert_eq!(described(about, kind, is_download)[header::CONTENT_DISPOSITION], disposition);
        }
    }

    #[test]
    fn every_object_is_described_in_full() {
        let headers = described(&about(None, false), ("image/png", true), false);
        for (name, value) in [
            ("content-type", "image/png"),
            ("etag", "\"abc\""),
            ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
            ),
            ("cross-origin-resource-policy", "cross-origin"),
            ("accept-ranges", "bytes"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let nonsense = described(&about(None, false), ("a\nb", false), false);
        assert_eq!(nonsense[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(quoted("W/\"a\""), "W/\"a\"");
    }
}
