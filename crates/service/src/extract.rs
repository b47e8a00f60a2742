//! Extractors whose rejections have our error body. JSON is read as the original read it: any `application/json`
//! or `application/*+json` type, a byte-order mark is skipped, the last of two equal keys counts.

use std::fmt;

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{ApiError, odd_json::without_odd_numbers};

/// Longest JSON body that is taken where a route sets no other limit ([`MaxBody`]).
pub const MAX_JSON_BODY: usize = 1024 * 1024;

/// Put on a route with `axum::Extension` to change how long its JSON body may be, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct MaxBody(pub usize);

/// A JSON body, both ways.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// The parameters of the path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

/// The query string as pairs, in order; the first of two equal names counts, as in the original.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The first value of `name`, decoded; `Some("")` where it is given without one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        #[expect(clippy::disallowed_types, reason = "wrapped here, once")]
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| not_found())
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let value = json_value(request).await?;
        T::deserialize(value)
            .map(Self)
            .map_err(|error| ApiError::bad_request(format!("The JSON body is wrong: {error}.")))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = ApiError;

    /// `None` when there is neither a body nor a content type.
    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        if request.body().is_end_stream() && !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(mut body) => {
                body.push(b'\n');
                ([(header::CONTENT_TYPE, "application/json")], body).into_response()
            }
            Err(error) => ApiError::internal("internal", "The answer could not be written.")
                .caused_by(&error)
                .into_response(),
        }
    }
}

/// The answer to a path that is not there.
pub fn not_found() -> ApiError {
    ApiError::not_found(
        "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
    )
}

/// Reads a JSON body of any shape. 415 for another type, 413 when too long, 400 when it is no JSON.
pub async fn json_value(request: Request) -> Result<Value, ApiError> {
    let limit = request.extensions().get::<MaxBody>().map_or(MAX_JSON_BODY, |max| max.0);
    let bytes = json_bytes(request, limit).await?;
    parse_json(&bytes)
}

/// The raw bytes of a body that calls itself JSON. 415 for another type, 413 when too long.
pub async fn json_bytes(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    require_json(request.headers())?;
    read_body(request.into_body(), limit).await
}

/// 415 unless the body calls itself JSON.
pub fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    if is_json(headers) {
        return Ok(());
    }
    Err(ApiError::unsupported_media_type("Send a JSON body with Content-Type: application/json."))
}

/// The whole body, at most `limit` bytes (413 beyond).
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(larger_than(limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(larger_than(limit)),
        Err(_) => Err(ApiError::bad_request("The body ended before it was complete.")),
    }
}

/// 413: the body has more than `limit` bytes.
pub fn larger_than(limit: usize) -> ApiError {
    ApiError::too_large(format!("The body is larger than {limit} bytes."))
}

/// Parses a JSON body; numbers that JSON cannot say, such as `NaN`, are `null`. 400 when it is none.
pub fn parse_json(bytes: &[u8]) -> Result<Value, ApiError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes)
        .or_else(|error| {
            // seldom: only what is no JSON is looked at again
            let plain = std::str::from_utf8(bytes).map(without_odd_numbers);
            plain.ok().and_then(|plain| serde_json::from_str(&plain).ok()).ok_or(error)
        })
        .map_err(|error| ApiError::bad_request(format!("The body is not valid JSON: {}.", Position(&error))))
}

/// Where the JSON is wrong, without quoting it.
struct Position<'a>(&'a serde_json::Error);

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_eof() {
            f.write_str("it ends too early")
        } else {
            write!(f, "see line {}, column {}", self.0.line(), self.0.column())
        }
    }
}

/// `application/json` in any case and with any parameters, or `application/*+json`.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(subtype) = kind.strip_prefix("application/") else { return false };
    subtype == "json" || subtype.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn status_of(content_type: Option<&str>, body: &str) -> u16 {
        let mut request = Request::post("/");
        if let Some(kind) = content_type {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        match json_value(request.body(Body::from(body.to_owned())).unwrap()).await {
            Ok(_) => 200,
            Err(error) => error.status().as_u16(),
        }
    }

    #[tokio::test]
    async fn json_is_read_as_the_original_read_it() {
        let json = Some("application/json");
        for (kind, body, status) in [
            (json, "{}", 200),
            (Some("APPLICATION/JSON; charset=latin-1"), "{}", 200),
            (Some("application/ld+json"), "{}", 200),
            (json, "\u{feff}{}", 200),
            (json, r#"{"a":1,"a":2}"#, 200),
            (json, r#"{"a":NaN,"b":[-Infinity]}"#, 200),
            (json, "-NaN", 400),
            (None, "{}", 415),
            (Some("text/json"), "{}", 415),
            (Some("application/x-www-form-urlencoded"), "a=b", 415),
            (json, "", 400),
            (json, "{", 400),
        ] {
            assert_eq!(status_of(kind, body).await, status, "{kind:?} {body}");
        }
        assert_eq!(status_of(json, &format!("\"{}\"", "x".repeat(MAX_JSON_BODY))).await, 413);
    }

    #[tokio::test]
    async fn a_wrong_field_is_named() {
        #[derive(Debug, serde::Deserialize)]
        struct Body {
            #[expect(dead_code, reason = "only its absence matters")]
            name: String,
        }
        let request =
            Request::post("/").header(header::CONTENT_TYPE, "application/json").body("{}".into()).unwrap();
        let error = <Json<Body> as FromRequest<()>>::from_request(request, &()).await.unwrap_err();
        assert!(error.message().contains("`name`"), "{}", error.message());
    }
}
