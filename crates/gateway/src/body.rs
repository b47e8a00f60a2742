//! Bodies of requests: JSON, short, and read before anything is called, so that no service ever waits for a slow client.
//! Those that are not quite short share a bounded memory, however many clients send some at once.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header},
};
use futures::StreamExt;
use service::{ApiError, extract};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Limits;

/// Bodies up to this size take nothing of what others share.
const SHORT: usize = 16 * KIB;
/// What the longer ones share.
const SHARED: usize = 64 * KIB * KIB;
const KIB: usize = 1024;
/// In how many seconds other bodies will have gone on.
const ROOM_SECS: u64 = 2;

/// What long bodies share, in permits of 1 KiB.
#[derive(Debug)]
pub(crate) struct Memory(Arc<Semaphore>);

impl Memory {
    /// Enough for at least one body of `most_bytes`.
    pub(crate) fn for_bodies_of(most_bytes: usize) -> Self {
        let permits = SHARED.max(most_bytes).div_ceil(KIB);
        Self(Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))))
    }
}

/// A body that was read.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    /// It.
    pub(crate) bytes: Bytes,
    /// Its place in memory, until it has gone on.
    pub(crate) room: Option<OwnedSemaphorePermit>,
}

/// The whole body of a request that may change something. A page of another origin can send forms without asking; none
/// of them is JSON. `is_needed`: there must be one.
///
/// # Errors
/// 415 where it is called anything but JSON, 413 where it is too long, 408 where it takes too long, 503 where so many long
/// ones come at once that memory could run out.
pub(crate) async fn read(
    limits: &Limits,
    headers: &HeaderMap,
    body: Body,
    is_needed: bool,
) -> Result<Whole, ApiError> {
    if is_needed || headers.contains_key(header::CONTENT_TYPE) || !body.is_end_stream() {
        extract::require_json(headers)?;
    }
    match tokio::time::timeout(limits.body_time, collect(limits, body)).await {
        Ok(collected) => collected,
        Err(_) => Err(ApiError::request_timeout("The rest of the body did not come in time.")),
    }
}

async fn collect(limits: &Limits, body: Body) -> Result<Whole, ApiError> {
    let most_bytes = limits.body_bytes;
    if body.size_hint().lower() > most_bytes as u64 {
        return Err(extract::larger_than(most_bytes));
    }
    let mut chunks = body.into_data_stream();
    let (mut whole, mut room) = (Vec::new(), None);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::bad_request("The body ended before it was complete."))?;
        let bytes = whole.len() + chunk.len();
        if bytes > most_bytes {
            return Err(extract::larger_than(most_bytes));
        }
        if bytes > SHORT {
            take_room(&limits.memory, &mut room, bytes)?;
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(Whole { bytes: whole.into(), room })
}

/// Takes what `room` lacks for so many bytes. Nobody waits: two that wait for one another would do so for ever.
fn take_room(memory: &Memory, room: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), ApiError> {
    let has = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
    let lacks = u32::try_from(bytes.div_ceil(KIB).saturating_sub(has)).unwrap_or(u32::MAX);
    let more = Arc::clone(&memory.0).try_acquire_many_owned(lacks).map_err(|_| {
        let message = "Too many long bodies are on their way at the same time: send this one again.";
        ApiError::unavailable("too-many-bodies", message).retry_after(ROOM_SECS)
    })?;
    match room {
        Some(room) => room.merge(more),
        None => *room = Some(more),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

    use axum::response::IntoResponse;
    use futures::stream;
    use service::Env;

    use super::*;
    use crate::Config;

    fn limits() -> Limits {
        let mut settings = Config::from_env(&Env::default()).unwrap().limits;
        settings.body_time = Duration::from_millis(40);
        settings.body_bytes = 100;
        Limits::new(&settings)
    }

    async fn status(kind: Option<&str>, body: Body, is_needed: bool) -> u16 {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        read(&limits(), &headers, body, is_needed).await.map_or_else(|error| error.status().as_u16(), |_| 200)
    }

    const JSON: Option<&str> = Some("application/json");

    #[tokio::test]
    async fn a_client_that_stops_sending_or_drips_is_told_so() {
        let silent = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(status(JSON, silent, true).await, 408);
        let drips = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
        });
        assert_eq!(status(JSON, Body::from_stream(drips), true).await, 408);
    }

    #[tokio::test]
    async fn a_long_body_is_refused_whether_or_not_it_says_so() {
        assert_eq!(status(JSON, Body::from("x".repeat(100)), true).await, 200);
        assert_eq!(status(JSON, Body::from("x".repeat(101)), true).await, 413);
        let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(b"0123456789")));
        assert_eq!(status(JSON, Body::from_stream(endless), true).await, 413);
    }

    #[tokio::test]
    async fn no_form_of_another_page_gets_through() {
        for form in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"] {
            for body in ["", r#"{"folder_url":"x"}"#] {
                assert_eq!(status(Some(form), Body::from(body), false).await, 415, "{form} {body}");
                assert_eq!(status(Some(form), Body::from(body), true).await, 415, "{form} {body}");
            }
        }
        assert_eq!(status(None, Body::from("{}"), false).await, 415);
        assert_eq!(status(None, Body::empty(), false).await, 200);
        assert_eq!(status(None, Body::empty(), true).await, 415);
    }

    #[tokio::test]
    async fn long_bodies_share_a_bounded_memory_and_short_ones_need_none() {
        let mut settings = Config::from_env(&Env::default()).unwrap().limits;
        settings.body_bytes = SHARED / 4;
        let limits = Limits::new(&settings);
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, "application/json".parse().unwrap())]);
        let send = async |bytes: usize| read(&limits, &headers, Body::from(vec![b' '; bytes]), true).await;
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(send(SHARED / 4).await.unwrap());
        }
        assert!(send(SHORT).await.is_ok());
        let refused = send(SHORT + 1).await.unwrap_err();
        assert_eq!(refused.status(), 503);
        let body = axum::body::to_bytes(refused.into_response().into_body(), 10_000).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("too-many-bodies"));
        held.pop();
        assert!(send(SHARED / 4).await.is_ok(), "one has gone on");
    }
}
