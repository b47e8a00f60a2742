//! A refusal that the client gets to read: the rest of its body is taken in before the answer is sent. Closing a
//! connection over unread bytes resets it, and the client would see a broken pipe instead of the reason.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;

/// The most that is read for nothing.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The longest time spent on it.
const LONGEST: Duration = Duration::from_secs(10);

/// A request body that can still be read by whoever shares it, after its reader has dropped it.
#[derive(Clone)]
pub(super) struct SharedBody {
    body: Arc<Mutex<Body>>,
}

impl SharedBody {
    pub(super) fn new(body: Body) -> Self {
        Self { body: Arc::new(Mutex::new(body)) }
    }

    /// Reads what is left, within limits. A client that waits to be told to send gets its answer at once instead.
    pub(super) async fn linger(mut self, headers: &HeaderMap) {
        if headers.contains_key(header::EXPECT) {
            return;
        }
        let drain = async {
            let mut taken = 0;
            while let Some(Ok(frame)) = self.frame().await {
                taken += frame.data_ref().map_or(0, Bytes::len);
                if taken > MOST_BYTES {
                    break;
                }
            }
        };
        // what has not come by then is given up
        let _ = tokio::time::timeout(LONGEST, drain).await;
    }

    fn with<R>(&self, act: impl FnOnce(Pin<&mut Body>) -> R) -> R {
        act(Pin::new(&mut *self.body.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl http_body::Body for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.with(|body| body.poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use bytes::Bytes;
    use futures::stream;
    use http::HeaderMap;
    use http_body_util::BodyExt as _;

    use super::SharedBody;

    fn body() -> SharedBody {
        let chunks = ["one", "two", "three"].map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk)));
        SharedBody::new(Body::from_stream(stream::iter(chunks)))
    }

    #[tokio::test]
    async fn what_the_reader_left_is_taken_in() {
        let body = body();
        let mut reader = body.clone();
        reader.frame().await.unwrap().unwrap();
        drop(reader);
        let mut watcher = body.clone();
        body.linger(&HeaderMap::new()).await;
        assert!(watcher.frame().await.is_none());
    }

    #[tokio::test]
    async fn a_client_that_waits_for_leave_to_send_is_not_given_it() {
        let body = body();
        let mut watcher = body.clone();
        body.linger(&HeaderMap::from_iter([(http::header::EXPECT, "100-continue".parse().unwrap())])).await;
        assert!(watcher.frame().await.is_some());
    }
}
