//! Bodies of requests: JSON, short, and read before anything is called, so that no service ever waits for a slow client.

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header},
};
use futures::StreamExt;
use service::{ApiError, extract};

use crate::limits::Limits;

/// The whole body of a request that may change something. A page of another origin can send forms without asking; none
/// of them is JSON. `is_needed`: there must be one.
///
/// # Errors
/// 415 where it is called anything but JSON, 413 where it is too long, 408 where it takes too long.
pub(crate) async fn read(
    limits: &Limits,
    headers: &HeaderMap,
    body: Body,
    is_needed: bool,
) -> Result<Bytes, ApiError> {
    if is_needed || headers.contains_key(header::CONTENT_TYPE) || !body.is_end_stream() {
        extract::require_json(headers)?;
    }
    match tokio::time::timeout(limits.body_time, collect(limits.body_bytes, body)).await {
        Ok(collected) => collected,
        Err(_) => Err(ApiError::request_timeout("The rest of the body did not come in time.")),
    }
}

async fn collect(most_bytes: usize, body: Body) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > most_bytes as u64 {
        return Err(extract::larger_than(most_bytes));
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::bad_request("The body ended before it was complete."))?;
        if whole.len() + chunk.len() > most_bytes {
            return Err(extract::larger_than(most_bytes));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

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
}
