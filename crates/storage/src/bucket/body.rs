//! A body, of a request to S3 or of an answer: of a length that is told before, fed piece by piece, and never ended early.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::{sync::mpsc, time::timeout};

use super::S3Error;

/// Size of the pieces that bytes in memory are fed in: S3 must take each within the longest silence.
const PIECE: usize = 64 * 1024;

/// A body of `size` bytes and the end that feeds it.
pub(crate) fn channel(operation: &'static str, size: u64, silence: Duration) -> (Feeder, ByteStream) {
    let (pieces, fed) = mpsc::channel(1);
    (Feeder { pieces, operation, silence }, ByteStream::from_body_1_x(FedBody::new(fed, size)))
}

/// Feeds a body. Dropping it before all is fed breaks the request off: the connection is closed short.
#[derive(Debug)]
pub(crate) struct Feeder {
    pieces: mpsc::Sender<Bytes>,
    operation: &'static str,
    silence: Duration,
}

impl Feeder {
    /// Hands `piece` over, as soon as S3 has taken the one before.
    ///
    /// # Errors
    /// When S3 takes too long.
    pub(crate) async fn send(&self, piece: Bytes) -> Result<(), S3Error> {
        let silent = || S3Error::Silent { operation: self.operation };
        match timeout(self.silence, self.pieces.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            // the request has ended without waiting for its body; why, its answer tells, if one comes
            Ok(Err(_)) => {
                let _ = timeout(self.silence, std::future::pending::<Infallible>()).await;
                Err(silent())
            }
            Err(_) => Err(silent()),
        }
    }

    /// Hands all of `bytes` over.
    pub(super) async fn send_all(self, mut bytes: Bytes) -> Result<(), S3Error> {
        while !bytes.is_empty() {
            let piece = bytes.split_to(PIECE.min(bytes.len()));
            self.send(piece).await?;
        }
        Ok(())
    }
}

/// Sends a request while its body is fed. A feed that fails breaks the request off.
pub(super) async fn transfer<T, E: From<S3Error>>(
    operation: &'static str,
    send: impl Future<Output = Result<(), S3Error>>,
    feed: impl Future<Output = Result<T, E>>,
    silence: Duration,
) -> Result<T, E> {
    let (mut send, mut feed) = (pin!(send), pin!(feed));
    let outcome = tokio::select! {
        biased;
        outcome = &mut feed => outcome?,
        answer = &mut send => {
            answer?;
            // whatever this server has stored, it cannot be all of it
            return Err(S3Error::Hasty { operation }.into());
        }
    };
    timeout(silence, send).await.unwrap_or(Err(S3Error::Silent { operation }))?;
    Ok(outcome)
}

/// A body of a known length that is fed through a channel: an error unless exactly so many bytes come.
#[derive(Debug)]
pub(crate) struct FedBody {
    fed: mpsc::Receiver<Bytes>,
    left: u64,
}

impl FedBody {
    /// A body of `size` bytes.
    pub(crate) fn new(fed: mpsc::Receiver<Bytes>, size: u64) -> Self {
        Self { fed, left: size }
    }
}

impl Body for FedBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.fed.poll_recv(context).map(|piece| match piece {
            Some(piece) if piece.len() as u64 <= self.left => {
                self.left -= piece.len() as u64;
                Some(Ok(Frame::data(piece)))
            }
            Some(_) => Some(Err(std::io::Error::other("the body is longer than announced"))),
            None => Some(Err(std::io::Error::other("the body is broken off on purpose"))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_body_that_is_not_fed_to_its_end_is_an_error() {
        let (pieces, fed) = mpsc::channel(4);
        pieces.send(Bytes::from_static(b"abc")).await.unwrap();
        drop(pieces);
        assert!(FedBody { fed, left: 4 }.collect().await.is_err());
    }

    #[tokio::test]
    async fn a_body_never_grows_beyond_its_length() {
        let (pieces, fed) = mpsc::channel(4);
        pieces.send(Bytes::from_static(b"abcde")).await.unwrap();
        assert!(FedBody { fed, left: 4 }.collect().await.is_err());
    }

    #[tokio::test]
    async fn a_server_that_takes_nothing_is_given_up() {
        let (feeder, _body) = channel("PutObject", 1000, SOON);
        let feed = feeder.send_all(Bytes::from(vec![0; 3 * PIECE]));
        let sent: Result<(), S3Error> = transfer("PutObject", std::future::pending(), feed, SOON).await;
        assert!(matches!(sent, Err(S3Error::Silent { .. })));
    }

    #[tokio::test]
    async fn success_before_the_body_was_sent_is_no_success() {
        let feed = std::future::pending::<Result<(), S3Error>>();
        let sent = transfer("PutObject", async { Ok(()) }, feed, SOON).await;
        assert!(matches!(sent, Err(S3Error::Hasty { .. })));
    }
}
