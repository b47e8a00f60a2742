//! A connection and the bodies of its answers, which tell its seat what they are at.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::seat::Seat;

/// A connection, as hyper sees it.
#[derive(Debug)]
pub(super) struct Watched<I> {
    io: I,
    /// What was read before.
    come: Bytes,
    /// What hyper would answer by itself to a head that it cannot read. It has no more to say than that: we say it.
    refused: Option<StatusCode>,
    seat: Arc<Seat>,
}

impl<I> Watched<I> {
    /// `come` is read before anything else.
    pub(super) fn new(io: I, come: Bytes, seat: Arc<Seat>) -> Self {
        Self { io, come, refused: None, seat }
    }

    /// The connection itself, what hyper has not taken of what was read before, and what it wanted to answer to the last
    /// head.
    pub(super) fn into_parts(self) -> (I, Bytes, Option<StatusCode>) {
        (self.io, self.come, self.refused)
    }

    fn wrote<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_pending() {
            self.seat.stalls();
        } else {
            self.seat.moves();
        }
        written
    }

    /// Keeps hyper's own answer back; `beginning` is that of its first line.
    fn refuses(&mut self, beginning: &[u8]) {
        let status = beginning.get(9..12).and_then(|digits| StatusCode::from_bytes(digits).ok());
        self.refused.get_or_insert(status.unwrap_or(StatusCode::BAD_REQUEST));
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Watched<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.come.is_empty() {
            let some = this.come.len().min(buffer.remaining());
            buffer.put_slice(&this.come.split_to(some));
            this.seat.heard();
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            this.seat.heard();
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.seat.owes() {
            this.refuses(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        this.wrote(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.seat.owes() {
            this.refuses(pieces.first().map_or(&[], |piece| piece));
            return Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()));
        }
        let written = Pin::new(&mut this.io).poll_write_vectored(context, pieces);
        this.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// Comes when all is written that there is.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.io).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            this.seat.is_flushed();
        }
        flushed
    }

    /// Whoever holds the connection ends it: it may go on without hyper.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The body of an answer; its end is that of the request.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    seat: Arc<Seat>,
}

impl Answer {
    pub(super) fn new(body: Body, seat: Arc<Seat>) -> Self {
        Self { body, seat }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.seat.answered();
    }
}
