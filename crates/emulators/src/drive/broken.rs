//! JSON answers that break off: the same faults as for downloads, on the way of a listing.

use super::Drive;
use super::faults::{Cut, Length, Wire};
use super::wire::WireHandle;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Version, header};
use std::io;
use std::time::Duration;

/// Time for the server to send what it has before the connection is cut.
const FLUSH: Duration = Duration::from_millis(20);

/// Applies pauses and early ends to an answer that is ready.
pub(crate) async fn broken(
    drive: &Drive,
    response: Response,
    faults: Wire,
    wire: Option<WireHandle>,
) -> Response {
    if let Some((_, pause)) = faults.stall {
        drive.pause(pause).await;
    }
    let Some((place, cut)) = faults.end else { return response };
    let (mut parts, body) = response.into_parts();
    // The body was made in memory, so that reading it cannot fail.
    let mut body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let length = match cut {
        Cut::Close(length) => length,
        Cut::Reset => Length::Announced,
    };
    match length {
        Length::Announced => {
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        // Only an HTTP/1.0 answer can end where the connection ends.
        Length::None => parts.version = Version::HTTP_10,
        Length::Chunked => {}
    }
    body.truncate(usize::try_from(place.within(body.len() as u64)).unwrap_or(usize::MAX));
    let end = stream::once(end(cut, wire));
    let all = stream::StreamExt::chain(stream::iter([Ok(body)]), end);
    Response::from_parts(parts, Body::from_stream(all))
}

/// What comes after the last byte: the end as it should be, or as it should not.
pub(crate) async fn end(cut: Cut, wire: Option<WireHandle>) -> io::Result<Bytes> {
    if cut == Cut::Close(Length::None) {
        return Ok(Bytes::new());
    }
    tokio::time::sleep(FLUSH).await;
    if let (Cut::Reset, Some(wire)) = (cut, wire) {
        wire.reset();
    }
    Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut on purpose"))
}
