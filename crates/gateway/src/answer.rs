//! Answers of services on their way back.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use futures::{StreamExt, stream};
use service::{ApiError, extract};

use crate::{
    backend::Backend,
    headers,
    json::{self, Kind},
};

/// Answers up to this size are looked at whole; of longer ones that call themselves JSON only the beginning is.
const LOOKED_AT: usize = 64 * 1024;
/// Longest answer that is read in the hope that it is JSON after all.
const LONGEST_UNNAMED: usize = 1024 * 1024;
const NOT_JSON: &str = "its answer is not JSON";

/// True when the client said what it has already, so that an answer without a body makes sense to it.
pub(crate) fn is_conditional(headers: &HeaderMap) -> bool {
    headers.contains_key(header::IF_NONE_MATCH) || headers.contains_key(header::IF_MODIFIED_SINCE)
}

/// Passes on an answer of any kind.
pub(crate) fn anything(received: reqwest::Response) -> Response {
    let (status, headers) = (received.status(), headers::coming_back(received.headers()));
    respond(status, headers, Body::new(reqwest::Body::from(received)))
}

/// Passes on an answer that is JSON, whatever type it claims; anything else becomes a 503, as in the original.
pub(crate) async fn json(
    service: &Backend,
    mut received: reqwest::Response,
    is_conditional: bool,
) -> Result<Response, ApiError> {
    let status = received.status();
    let says_json = extract::is_json(received.headers());
    let mut headers = headers::coming_back(received.headers());
    if status == StatusCode::NOT_MODIFIED && is_conditional {
        return Ok(respond(status, headers, Body::empty()));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let limit = if says_json { LOOKED_AT } else { LONGEST_UNNAMED };
    let beginning = read(&mut received, limit).await.map_err(|error| service.broke(error))?;
    match beginning {
        Beginning::Whole(bytes) if json::kind(&bytes) != Kind::Other => {
            Ok(respond(status, headers, Body::from(bytes)))
        }
        Beginning::More(bytes) if says_json && json::may_start(&bytes) => {
            let first = stream::once(async { Ok(Bytes::from(bytes)) });
            let body = Body::from_stream(first.chain(received.bytes_stream()));
            Ok(respond(status, headers, body))
        }
        _ => Err(service.unavailable(NOT_JSON)),
    }
}

enum Beginning {
    /// All there was.
    Whole(Vec<u8>),
    /// The first bytes; more may follow.
    More(Vec<u8>),
}

async fn read(received: &mut reqwest::Response, limit: usize) -> Result<Beginning, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = received.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > limit {
            return Ok(Beginning::More(bytes));
        }
    }
    Ok(Beginning::Whole(bytes))
}

fn respond(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
