//! Connections that end before their time, on purpose: the server closes one when the body of its answer fails.

use std::io;

use async_stream::stream;
use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures::StreamExt as _;
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::linger::SharedBody;

/// The end of the connection instead of an answer: the body fails before a byte has been sent.
pub(super) fn instead_of_an_answer() -> Response {
    Body::from_stream(futures::stream::once(async { Err::<Bytes, _>(on_purpose()) })).into_response()
}

/// Takes in the first bytes of a request's body; without a number, half of those that were announced.
pub(super) async fn take_in(mut body: SharedBody, after_bytes: Option<u64>) {
    let until = after_bytes.unwrap_or(body.size_hint().lower() / 2);
    let mut taken = 0;
    while taken < until {
        let Some(Ok(frame)) = body.frame().await else { return };
        taken += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
}

/// The answer, the body of which ends in the middle, or after so many bytes.
pub(super) fn in_the_answer(answer: Response, after_bytes: Option<u64>) -> Response {
    let (head, body) = answer.into_parts();
    let mut left = after_bytes.unwrap_or(body.size_hint().lower() / 2);
    let mut chunks = body.into_data_stream();
    let cut = stream! {
        while let Some(chunk) = chunks.next().await {
            let Ok(mut chunk) = chunk else { break };
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= chunk.len() as u64;
            yield Ok(chunk);
            if left == 0 {
                break;
            }
        }
        // what was given out is sent only once there is a moment in which nothing more comes
        tokio::task::yield_now().await;
        yield Err(on_purpose());
    };
    Response::from_parts(head, Body::from_stream(cut))
}

fn on_purpose() -> io::Error {
    io::Error::other("the connection is cut on purpose")
}
