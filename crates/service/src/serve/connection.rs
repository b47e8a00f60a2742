//! One connection, from its first byte to its end. While it waits for a request it holds nothing but its socket: hyper,
//! with its buffers, comes when something has come, and goes again between two requests.

use std::{
    convert::Infallible,
    io,
    mem::{self, MaybeUninit},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::future::poll_fn;
use http::{Request, Response, StatusCode};
use hyper::{
    body::Incoming,
    server::conn::http1::{Builder, Connection, Parts},
    service::Service,
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::{
    reasons, refusal,
    seat::Seat,
    seats::Holding,
    watched::{Answer, Watched},
};

/// Most heads of requests are shorter; what is longer is read in two pieces.
const FIRST_BYTES: usize = 4 * 1024;

/// What all connections of a listener are held to.
#[derive(Debug)]
pub(super) struct Http {
    pub(super) builder: Builder,
    pub(super) header_bytes: usize,
}

/// Answers with `service` what comes on `io`, until one of the two ends. `holding` is kept for as long.
pub(super) async fn hold<I, S>(mut io: I, http: Arc<Http>, mut service: S, seat: Arc<Seat>, holding: Holding)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<Answer>, Error = Infallible>,
{
    let mut come = Bytes::new();
    loop {
        if come.is_empty() {
            match first_bytes(&mut io, &seat).await {
                Ok(bytes) if !bytes.is_empty() => come = bytes,
                _ => return,
            }
        }
        let watched = TokioIo::new(Watched::new(io, come, Arc::clone(&seat)));
        let mut builder = http.builder.clone();
        // the answer says so
        builder.keep_alive(!seat.is_asked_to_stop());
        // on the heap, as it is there for requests only
        let mut serving = Box::new(builder.serve_connection(watched, service));
        let mut is_told = false;
        let served = poll_fn(|context| serve(&mut serving, &mut is_told, &seat, &holding, context)).await;
        let Parts { io: watched, read_buf, service: again, .. } = (*serving).into_parts();
        let (socket, unread, refused) = watched.into_inner().into_parts();
        io = socket;
        match served {
            Served::Rests => (come, service) = (joined(read_buf, unread), again),
            Served::Ended(Ok(())) => {
                let _ = io.shutdown().await;
                // closed at once, what still comes would take the answer away from who has not read it yet
                if !seat.is_whole() {
                    refusal::linger(&mut io).await;
                }
                return;
            }
            Served::Ended(Err(error)) => {
                tracing::trace!(error = %error, "a connection broke");
                if let Some(status) = refused.or_else(|| error.is_parse().then_some(StatusCode::BAD_REQUEST))
                {
                    holding.seats().counts().ended(reasons::BAD_HEAD, 1);
                    let answer = refusal::of_head(status, &read_buf, http.header_bytes);
                    refusal::tell(&mut io, &answer).await;
                }
                return;
            }
        }
    }
}

fn joined(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        second
    } else if second.is_empty() {
        first
    } else {
        [first, second].concat().into()
    }
}

/// Waits for the head of a request, with nothing allocated but what has come of it; nothing if there will be none.
async fn first_bytes<I: AsyncRead + Unpin>(io: &mut I, seat: &Seat) -> io::Result<Bytes> {
    seat.rests(true);
    let mut come = Vec::new();
    poll_fn(|context| {
        seat.listens(context.waker());
        loop {
            let mut bytes = [const { MaybeUninit::uninit() }; FIRST_BYTES];
            let mut buffer = ReadBuf::uninit(&mut bytes);
            match Pin::new(&mut *io).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Poll::Ready(Ok(Bytes::new())),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if come.is_empty() && seat.is_asked_to_stop() => {
                    return Poll::Ready(Ok(Bytes::new()));
                }
                Poll::Pending => return Poll::Pending,
            }
            seat.rests(false);
            seat.heard();
            come.extend_from_slice(buffer.filled());
            if come.len() >= FIRST_BYTES || can_be_judged(&come, buffer.filled().len()) {
                return Poll::Ready(Ok(mem::take(&mut come).into()));
            }
        }
    })
    .await
}

/// Whether `come`, of which the last `new` bytes are new, holds a whole head, or what cannot be the beginning of one.
fn can_be_judged(come: &[u8], new: usize) -> bool {
    let looks_like_a_head = come[0].is_ascii_alphabetic() || matches!(come[0], b'\r' | b'\n');
    let unseen = &come[come.len().saturating_sub(new + 2)..];
    !looks_like_a_head
        || unseen.windows(3).any(|bytes| bytes == b"\n\r\n")
        || unseen.windows(2).any(|bytes| bytes == b"\n\n")
}

/// How it went.
enum Served {
    /// Nothing is in hand any more.
    Rests,
    /// The connection is at its end.
    Ended(hyper::Result<()>),
}

/// Goes on with `serving`, until it ends or nothing is in hand and it shall hold nothing. `is_told` that it is the end.
fn serve<I, S>(
    serving: &mut Connection<TokioIo<Watched<I>>, S>,
    is_told: &mut bool,
    seat: &Seat,
    holding: &Holding,
    context: &mut Context<'_>,
) -> Poll<Served>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<Answer>, Error = Infallible>,
{
    seat.listens(context.waker());
    if let Poll::Ready(ended) = Pin::new(&mut *serving).poll(context) {
        return Poll::Ready(Served::Ended(ended));
    }
    let rests = || seat.can_rest() && (seat.is_asked_to_rest() || holding.seats().are_crowded());
    if *is_told || !(seat.is_asked_to_stop() || rests()) {
        return Poll::Pending;
    }
    // between two requests this ends hyper's part at once, and what it has read of the next one comes back; in the middle
    // of one it ends after the answer, and that says so
    *is_told = true;
    let before = seat.has_nothing_in_hand();
    Pin::new(&mut *serving).graceful_shutdown();
    Pin::new(serving).poll(context).map(|ended| match ended {
        Ok(()) if before.is_some() && before == seat.has_nothing_in_hand() => Served::Rests,
        ended => Served::Ended(ended),
    })
}
