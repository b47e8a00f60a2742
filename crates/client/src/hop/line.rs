//! One connection to a service. It moves only while somebody drives it: whoever waits for the answer.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
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
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, timeout_at},
};

use super::Failure;
use crate::http::CONNECT_TIMEOUT;

/// Bytes that are read at once, and kept for the service while it takes none: large bodies pass in pieces of this size.
const BUFFER_BYTES: usize = 64 * 1024;

/// The body of a request: whole, or as it comes.
pub(super) type RequestBody = Either<Full<Bytes>, UnsyncBoxBody<Bytes, io::Error>>;

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
        let too_late = Instant::now() + CONNECT_TIMEOUT;
        let found = timeout_at(too_late, lookup_host((host.as_str(), *port))).await;
        let addresses = found.map_err(|_| Failure::Silent)?.map_err(Failure::Connect)?.collect();
        let socket = connect_to_one_of(addresses, too_late).await?;
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

/// Tries one address after the other. Each gets its share of the time that is left, so that one that drops packets does
/// not keep the others from being tried.
async fn connect_to_one_of(mut addresses: Vec<SocketAddr>, too_late: Instant) -> Result<TcpStream, Failure> {
    // where a network has no IPv6, names may have such addresses all the same
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let mut failure = Failure::Connect(io::ErrorKind::AddrNotAvailable.into());
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let now = Instant::now();
        let share = too_late.saturating_duration_since(now) / u32::try_from(left).unwrap_or(u32::MAX);
        match timeout_at(now + share, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) => failure = Failure::Connect(error),
            Err(_) => failure = Failure::Silent,
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use tokio::{
        net::{TcpListener, TcpSocket},
        time::timeout,
    };

    use super::*;

    /// An address where connections are neither accepted nor refused, as long as what is returned with it lives; where
    /// the system has no such thing, one where they are refused.
    async fn silent() -> (SocketAddr, Vec<TcpStream>, Option<TcpListener>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut sockets = Vec::new();
        // until the backlog is full
        for _ in 0..16 {
            match timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
                Ok(connected) => sockets.push(connected.unwrap()),
                Err(_) => return (address, sockets, Some(listener)),
            }
        }
        (address, sockets, None)
    }

    #[tokio::test]
    async fn an_address_that_drops_packets_leaves_time_for_the_next() {
        let (dead, _sockets, _listener) = silent().await;
        let alive = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = alive.local_addr().unwrap();
        let too_late = || Instant::now() + Duration::from_secs(1);
        let socket = connect_to_one_of(vec![dead, address], too_late()).await.unwrap();
        assert_eq!(socket.peer_addr().unwrap(), address);
        assert!(connect_to_one_of(vec![dead, dead], too_late()).await.is_err());
        assert!(connect_to_one_of(Vec::new(), too_late()).await.is_err());
    }
}
