//! The bytes of a request, counted, hashed and looked at as they pass.

use std::{collections::VecDeque, time::Duration};

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use tokio::time::timeout;

use super::{Announced, UploadError};
use crate::{
    digest::{Hashers, Md5Digest, RunningMd5},
    probe::Probe,
};

/// A body on its way.
pub(crate) struct Source {
    body: BodyDataStream,
    /// Read from the body, counted, not yet handed out.
    peeked: VecDeque<Bytes>,
    ended: bool,
    size: u64,
    md5: RunningMd5,
    probe: Probe,
    announced: Option<u64>,
    most: Option<u64>,
    silence: Duration,
}

/// What all bytes of a body together were.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digest {
    pub(super) size: u64,
    pub(super) md5: Md5Digest,
}

impl Source {
    /// Reads from `body`. A client that says nothing for longer than `silence` is given up.
    pub(crate) fn new(body: Body, announced: Option<u64>, silence: Duration, hashers: &Hashers) -> Self {
        Self {
            body: body.into_data_stream(),
            peeked: VecDeque::new(),
            ended: false,
            size: 0,
            md5: hashers.begin(),
            probe: Probe::new(),
            announced,
            most: None,
            silence,
        }
    }

    /// Gives up as soon as there are more than `most` bytes.
    pub(super) fn with_limit(self, most: Option<u64>) -> Self {
        Self { most, ..self }
    }

    /// The next bytes, or none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        match self.peeked.pop_front() {
            Some(bytes) => Ok(Some(bytes)),
            None => self.read().await,
        }
    }

    /// Bytes from the network, none of them empty, looked at.
    async fn read(&mut self) -> Result<Option<Bytes>, UploadError> {
        let Some(bytes) = self.receive().await? else { return Ok(None) };
        self.probe.feed(&bytes);
        self.md5.update(bytes.clone()).await;
        Ok(Some(bytes))
    }

    /// Bytes from the network, none of them empty.
    async fn receive(&mut self) -> Result<Option<Bytes>, UploadError> {
        while !self.ended {
            match timeout(self.silence, self.body.next()).await {
                Err(_) => return Err(UploadError::ClientSilent),
                Ok(Some(Err(_))) => {
                    self.ended = true;
                    return Err(UploadError::BodyCut { announced: self.announced, size: self.size });
                }
                Ok(Some(Ok(bytes))) if bytes.is_empty() => {}
                Ok(Some(Ok(bytes))) => {
                    self.size += bytes.len() as u64;
                    if let Some(limit) = self.most.filter(|most| self.size > *most) {
                        return Err(UploadError::OverLimit { limit });
                    }
                    return Ok(Some(bytes));
                }
                Ok(None) => self.ended = true,
            }
        }
        Ok(None)
    }

    /// A copy of the first bytes that are still to come: `wanted` of them if there are so many.
    pub(super) async fn peek(&mut self, wanted: usize) -> Result<Bytes, UploadError> {
        while self.peeked.iter().map(Bytes::len).sum::<usize>() < wanted {
            match self.read().await? {
                Some(bytes) => self.peeked.push_back(bytes),
                None => break,
            }
        }
        let mut first = BytesMut::new();
        for bytes in &self.peeked {
            first.extend_from_slice(&bytes[..bytes.len().min(wanted - first.len())]);
        }
        Ok(first.freeze())
    }

    /// The next `wanted` bytes in one piece; fewer only at the end.
    pub(super) async fn read_up_to(&mut self, wanted: usize) -> Result<Bytes, UploadError> {
        let mut all = BytesMut::new();
        while all.len() < wanted {
            let Some(mut bytes) = self.next().await? else { break };
            if all.is_empty() && bytes.len() == wanted {
                return Ok(bytes);
            }
            if all.is_empty() && self.announced.is_some() {
                all.reserve(wanted);
            }
            let fits = bytes.len().min(wanted - all.len());
            all.extend_from_slice(&bytes.split_to(fits));
            if !bytes.is_empty() {
                self.peeked.push_front(bytes);
            }
        }
        Ok(all.freeze())
    }

    /// True when nothing is to come.
    pub(super) async fn is_at_end(&mut self) -> Result<bool, UploadError> {
        Ok(self.peek(1).await?.is_empty())
    }

    /// Once all bytes have passed: what they were, if that is what was announced.
    pub(super) async fn check(&mut self, announced: &Announced) -> Result<Digest, UploadError> {
        let digest = Digest { size: self.size, md5: self.md5.digest().await };
        if announced.size.is_some_and(|size| size != digest.size) {
            return Err(UploadError::BodyCut { announced: announced.size, size: digest.size });
        }
        if announced.md5.is_some_and(|md5| md5 != digest.md5) {
            return Err(UploadError::WrongChecksum { md5: digest.md5, size: digest.size });
        }
        Ok(digest)
    }

    /// Width and height of the picture that has passed, as a viewer sees it.
    pub(super) fn dimensions(&self) -> Option<(u32, u32)> {
        self.probe.dimensions()
    }
}

/// `body`, which fails when the client says nothing for longer than `silence`.
pub(crate) fn impatient(body: Body, silence: Duration) -> Body {
    let pieces = futures::stream::unfold(Some(body.into_data_stream()), move |body| async move {
        let mut body = body?;
        match timeout(silence, body.next()).await {
            Ok(piece) => piece.map(|piece| (piece, Some(body))),
            Err(late) => Some((Err(axum::Error::new(late)), None)),
        }
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn source(pieces: &[&'static str]) -> Source {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes())))
            .collect();
        Source::new(
            Body::from_stream(stream::iter(pieces)),
            None,
            Duration::from_secs(5),
            &Hashers::default(),
        )
    }

    #[tokio::test]
    async fn peeking_and_reading_across_pieces_loses_nothing() {
        let mut source = source(&["ab", "", "cdef", "g"]);
        assert_eq!(source.peek(3).await.unwrap(), "abc");
        assert_eq!(source.read_up_to(5).await.unwrap(), "abcde");
        assert!(!source.is_at_end().await.unwrap());
        assert_eq!(source.read_up_to(100).await.unwrap(), "fg");
        assert!(source.is_at_end().await.unwrap());
        assert_eq!(source.size, 7);
        assert_eq!(source.md5.digest().await, Md5Digest::of(b"abcdefg"));
    }

    #[tokio::test]
    async fn a_silent_client_is_given_up() {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let mut source = Source::new(body, Some(1), Duration::from_millis(5), &Hashers::default());
        assert!(matches!(source.next().await, Err(UploadError::ClientSilent)));
    }
}
