//! What a handler leaves unread of a request's body is read on for a while and forgotten: a client that is still sending
//! would find a closed connection in place of its answer.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use futures::future::poll_fn;
use http::{Request, header};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::{runtime::Handle, time::timeout};

use super::seat::Seat;

/// How much of a body that nobody wants is still read, and how long.
const MOST_BYTES: usize = 64 * 1024 * 1024;
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// `request`, whose body may be left unread. It is the one with this `number` on its connection.
pub(super) fn may_be_left(request: Request<Incoming>, seat: &Arc<Seat>, number: u64) -> Request<Body> {
    // who asks first whether to send has sent nothing before somebody reads
    let is_on_its_way = !request.headers().contains_key(header::EXPECT);
    request.map(|body| {
        if body.is_end_stream() {
            Body::new(body)
        } else {
            let coming = Coming { body, seat: Arc::clone(seat), number, is_whole: false };
            Body::new(Unread { coming: Some(coming), is_on_its_way })
        }
    })
}

/// A body that has not come to its end. It tells the connection's seat when it has, or when nobody waits for that.
struct Coming {
    body: Incoming,
    seat: Arc<Seat>,
    number: u64,
    is_whole: bool,
}

impl Coming {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let has_ended = matches!(polled, Poll::Ready(None))
            || matches!(polled, Poll::Ready(Some(Ok(_)))) && self.body.is_end_stream();
        if has_ended && !self.is_whole {
            self.is_whole = true;
            self.seat.came_whole(self.number);
        }
        polled
    }

    /// Reads on, and forgets what it reads.
    async fn read_on(mut self) {
        let mut left = MOST_BYTES;
        while left > 0
            && let Some(Ok(frame)) = poll_fn(|context| self.poll_frame(context)).await
        {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        }
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        if !self.is_whole {
            self.seat.is_given_up(self.number);
        }
    }
}

/// The same, as a handler sees it.
struct Unread {
    coming: Option<Coming>,
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
        let Some(coming) = &mut self.coming else { return Poll::Ready(None) };
        let polled = coming.poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.coming = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.coming.as_ref().is_none_or(|coming| coming.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.coming.as_ref().map_or_else(|| SizeHint::with_exact(0), |coming| coming.body.size_hint())
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        if self.is_on_its_way
            && let Some(coming) = self.coming.take().filter(|coming| !coming.body.is_end_stream())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(timeout(LONGEST, coming.read_on()));
        }
    }
}
