//! What a handler leaves unread of a request's body is read on for a while and forgotten: a client that is still sending
//! would find a closed connection in place of its answer.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::{runtime::Handle, time::timeout};

/// How much of a body that nobody wants is still read, and how long.
const MOST_BYTES: usize = 64 * 1024 * 1024;
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// `request`, whose body may be left unread.
pub(super) fn may_be_left(request: Request<Incoming>) -> Request<Body> {
    // who asks first whether to send has sent nothing before somebody reads
    let is_on_its_way = !request.headers().contains_key(header::EXPECT);
    request.map(|body| {
        if body.is_end_stream() {
            Body::new(body)
        } else {
            Body::new(Unread { body: Some(body), is_on_its_way })
        }
    })
}

/// A body that has not come to its end.
struct Unread {
    body: Option<Incoming>,
    is_on_its_way: bool,
}

impl HttpBody for Unread {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_on_its_way = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        if self.is_on_its_way
            && let Some(body) = self.body.take().filter(|body| !body.is_end_stream())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(timeout(LONGEST, read_on(body)));
        }
    }
}

async fn read_on(mut body: Incoming) {
    let mut left = MOST_BYTES;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}
