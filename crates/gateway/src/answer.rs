//! Answers of services on their way back.

use axum::{
    body::{Body, Bytes},
    http::{self, HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use client::hop::{AnswerBody, Failure};
use futures::{StreamExt, stream};
use http_body_util::{BodyDataStream, BodyExt};
use service::{ApiError, extract};

use crate::{backend::Backend, headers, json};

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
pub(crate) fn anything(received: http::Response<AnswerBody>) -> Response {
    let (head, body) = received.into_parts();
    respond(head.status, headers::coming_back(&head.headers), Body::new(body))
}

/// Passes on an answer that is JSON, whatever type it claims; anything else becomes a 503, as in the original.
pub(crate) async fn json(
    service: &Backend,
    received: http::Response<AnswerBody>,
    is_conditional: bool,
) -> Result<Response, ApiError> {
    let (head, mut body) = received.into_parts();
    let says_json = extract::is_json(&head.headers);
    let mut headers = headers::coming_back(&head.headers);
    if head.status == StatusCode::NOT_MODIFIED && is_conditional {
        return Ok(respond(head.status, headers, Body::empty()));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let limit = if says_json { LOOKED_AT } else { LONGEST_UNNAMED };
    let beginning = read(&mut body, limit).await.map_err(|failure| service.broke(&failure))?;
    match beginning {
        Beginning::Whole(bytes) if service.is_json(&bytes) => {
            Ok(respond(head.status, headers, Body::from(bytes)))
        }
        Beginning::More(bytes) if says_json && json::may_start(&bytes) => {
            let first = stream::once(async { Ok(bytes) });
            let body = Body::from_stream(first.chain(BodyDataStream::new(body)));
            Ok(respond(head.status, headers, body))
        }
        _ => Err(service.unavailable(NOT_JSON)),
    }
}

enum Beginning {
    /// All there was.
    Whole(Bytes),
    /// The first bytes; more may follow.
    More(Bytes),
}

async fn read(body: &mut AnswerBody, limit: usize) -> Result<Beginning, Failure> {
    let mut bytes = Bytes::new();
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame?.into_data() else { continue };
        // most often all of it comes at once
        bytes = if bytes.is_empty() { chunk } else { [bytes, chunk].concat().into() };
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
