//! One connection to a service. It moves only while somebody drives it: whoever waits for the answer.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full, combinators::UnsyncBoxBody};
use hyper::{
    body::Incoming,
    client::conn::http1::{Builder, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Failure;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes that are read at once, and kept for the service while it takes none: large bodies pass in pieces of this size.
const BUFFER_BYTES: usize = 64 * 1024;

/// The body of a request: whole, or as it comes.
pub(super) type RequestBody = Either<Full<Bytes>, UnsyncBoxBody<Bytes, std::io::Error>>;

/// A connection.
#[derive(Debug)]
pub(super) struct Line {
    /// Nothing once it is closed. Boxed: it goes from hand to hand.
    connection: Option<Box<Connection<TokioIo<TcpStream>, RequestBody>>>,
    sender: SendRequest<RequestBody>,
}

/// What became of a request.
#[derive(Debug)]
pub(super) enum Sent {
    /// The head of the answer is there; the line brings the body.
    Answered(Response<Incoming>, Line),
    /// It never left.
    Not(Request<RequestBody>),
}

impl Line {
    /// Connects.
    pub(super) async fn connect((host, port): &(String, u16)) -> Result<Self, Failure> {
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect((host.as_str(), *port)));
        let socket = connecting.await.map_err(|_| Failure::Silent)?.map_err(Failure::Connect)?;
        // small requests must not wait for an acknowledgement of the previous packet
        socket.set_nodelay(true).map_err(Failure::Connect)?;
        let mut http = Builder::new();
        http.max_buf_size(BUFFER_BYTES);
        let (sender, connection) = http.handshake(TokioIo::new(socket)).await.map_err(Failure::Broke)?;
        Ok(Self { connection: Some(Box::new(connection)), sender })
    }

    /// Moves bytes, both ways, as far as they go. What fails is told to whoever waits for the answer.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        if self.connection.as_mut().is_some_and(|connection| Pin::new(connection).poll(context).is_ready()) {
            self.connection = None;
        }
    }

    /// True when the next request can be sent: the last answer was read to its end, and nobody has closed it.
    pub(super) fn is_free(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of the answer, for at most `silence`.
    pub(super) async fn send(
        mut self,
        request: Request<RequestBody>,
        silence: Duration,
    ) -> Result<Sent, Failure> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let mut too_late = pin!(tokio::time::sleep(silence));
        let answer = poll_fn(|context| {
            self.drive(context);
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(Ok(answer));
            }
            too_late.as_mut().poll(context).map(Err)
        });
        match answer.await {
            Ok(Ok(answer)) => Ok(Sent::Answered(answer, self)),
            Ok(Err(mut failed)) => match failed.take_message() {
                Some(request) => Ok(Sent::Not(request)),
                None => Err(Failure::Broke(failed.into_error())),
            },
            Err(()) => Err(Failure::Silent),
        }
    }
}
