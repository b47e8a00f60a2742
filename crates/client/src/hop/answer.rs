//! The body of an answer, as it comes.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::{Failure, line::Line, pool::Pool};

/// The body of an answer. Its connection is used again when it was read to its end, and closed when it was not.
pub struct AnswerBody(Inner);

enum Inner {
    Plain(Plain),
    Tls(reqwest::Body),
}

struct Plain {
    incoming: Incoming,
    line: Option<Line>,
    pool: Arc<Pool>,
    has_ended: bool,
    silence: Duration,
    /// Since when the next bytes have been waited for.
    waiting_since: Option<Instant>,
    /// Rings at the earliest when it has been silent for too long; set once for many waits.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerBody").finish_non_exhaustive()
    }
}

impl AnswerBody {
    pub(super) fn of_plain(incoming: Incoming, line: Line, pool: Arc<Pool>, silence: Duration) -> Self {
        let line = Some(line);
        Self(Inner::Plain(Plain {
            incoming,
            line,
            pool,
            has_ended: false,
            silence,
            waiting_since: None,
            alarm: None,
        }))
    }

    pub(crate) fn of_tls(body: reqwest::Body) -> Self {
        Self(Inner::Tls(body))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        match &mut self.0 {
            Inner::Plain(body) => body.poll_frame(context),
            Inner::Tls(body) => Pin::new(body).poll_frame(context).map_err(Failure::of_tls),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Plain(body) => body.incoming.is_end_stream(),
            Inner::Tls(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Plain(body) => body.incoming.size_hint(),
            Inner::Tls(body) => body.size_hint(),
        }
    }
}

impl Plain {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        if let Some(line) = &mut self.line {
            line.drive(context);
        }
        match Pin::new(&mut self.incoming).poll_frame(context) {
            Poll::Ready(frame) => {
                self.waiting_since = None;
                self.has_ended = frame.is_none();
                Poll::Ready(frame.map(|frame| frame.map_err(Failure::Cut)))
            }
            Poll::Pending => {
                ready!(self.poll_silence(context));
                Poll::Ready(Some(Err(Failure::Silent)))
            }
        }
    }

    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let too_late = *self.waiting_since.get_or_insert_with(Instant::now) + self.silence;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(too_late)));
        while alarm.as_mut().poll(context).is_ready() {
            if alarm.deadline() >= too_late {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(too_late);
        }
        Poll::Pending
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // a reader that knows the length does not ask for what comes after the last byte
        if (self.has_ended || self.incoming.is_end_stream())
            && let Some(line) = self.line.take()
        {
            self.pool.put(line);
        }
    }
}
