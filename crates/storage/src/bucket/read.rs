//! Reading objects: as a stream of pieces that is either whole or an error, and never waits for ever.

use std::time::Duration;

use aws_sdk_s3::{
    operation::{get_object::GetObjectOutput, head_object::HeadObjectOutput},
    primitives::{ByteStream, DateTime},
};
use bytes::{Bytes, BytesMut};

use super::{Bucket, CACHE_CONTROL, S3Error, ask, retry::retrying, small::THUMBNAIL_OF};
use crate::sniff::HEAD_BYTES;

const OPERATION: &str = "GetObject";

/// Which bytes of an object to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first one, counted from 0.
    pub(crate) first: u64,
    /// The last one, if not that of the object; an object that ends before is read to its end.
    pub(crate) last: Option<u64>,
}

/// An object without its bytes.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// Its length in bytes.
    pub(crate) size: u64,
    /// Its entity tag as S3 tells it, quotes included.
    pub(crate) etag: Option<String>,
    /// When it was written, in seconds since 1970.
    pub(crate) last_modified: Option<u64>,
    /// Its `Content-Type` as stored; believed only of objects that [`About::is_ours`].
    pub(crate) content_type: String,
    /// Its `Content-Disposition` as stored.
    pub(crate) content_disposition: Option<String>,
    /// True when this system wrote it: then its type was told by its bytes. The original stored neither of the headers
    /// that show this.
    pub(crate) is_ours: bool,
}

/// An object that is being read.
#[derive(Debug)]
pub(crate) struct Opened {
    /// What it is.
    pub(crate) about: About,
    /// The first and last byte that come; none if all of it does.
    pub(crate) part: Option<(u64, u64)>,
    /// Of which image it is a thumbnail, where it says so.
    pub(crate) thumbnail_of: Option<String>,
    /// The bytes.
    pub(crate) body: Reading,
}

impl Bucket {
    /// Begins to read the object `key`, or a part of it; none if there is no such object. The first bytes have come
    /// when this returns ([`Reading::head`]); a beginning that breaks is tried again.
    ///
    /// # Errors
    /// What S3 has to say at last; [`S3Error::is_unsatisfiable`] where the object ends before the part begins.
    pub(crate) async fn open(&self, key: &str, span: Option<Span>) -> Result<Option<Opened>, S3Error> {
        match retrying(|| self.open_once(key, span)).await {
            Err(error) if error.is_missing_key() => Ok(None),
            opened => opened.map(Some),
        }
    }

    pub(super) async fn open_once(&self, key: &str, span: Option<Span>) -> Result<Opened, S3Error> {
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .set_range(span.map(|Span { first, last }| match last {
                Some(last) => format!("bytes={first}-{last}"),
                None => format!("bytes={first}-"),
            }))
            .send();
        let answer = self.in_time(OPERATION, ask(OPERATION, request)).await?;
        let senseless = S3Error::Senseless { operation: OPERATION };
        let length = length(answer.content_length).ok_or(S3Error::Hasty { operation: OPERATION })?;
        let (part, size) = match answer.content_range.as_deref().map(parse_content_range) {
            None => (None, length),
            Some(Some((first, last, size))) if span.is_some_and(|span| span.first == first) => {
                if last - first + 1 != length {
                    return Err(senseless);
                }
                (Some((first, last)), size)
            }
            Some(_) => return Err(senseless),
        };
        let about = About::of_answer(&answer, size);
        let thumbnail_of = answer.metadata().and_then(|metadata| metadata.get(THUMBNAIL_OF)).cloned();
        let mut body =
            Reading { stream: answer.body, head: Bytes::new(), left: length, silence: self.silence };
        body.peek().await?;
        Ok(Opened { about, part, thumbnail_of, body })
    }

    /// The object `key` without its bytes; none if there is no such object.
    ///
    /// # Errors
    /// What S3 has to say at last.
    pub(crate) async fn about(&self, key: &str) -> Result<Option<About>, S3Error> {
        Ok(self.find(key).await?.as_ref().map(About::of_head))
    }

    /// What `HeadObject` says about the object `key`; none if there is no such object.
    pub(super) async fn find(&self, key: &str) -> Result<Option<HeadObjectOutput>, S3Error> {
        const OPERATION: &str = "HeadObject";
        let found = retrying(|| async {
            let request = self.client.head_object().bucket(&self.name).key(key).send();
            let found = self.in_time(OPERATION, ask(OPERATION, request)).await?;
            // a proxy that lost its way; an object without a length there is not
            if found.content_length().is_none() {
                return Err(S3Error::Hasty { operation: OPERATION });
            }
            Ok(found)
        });
        match found.await {
            // the answer to HEAD has no body that tells a missing object from a missing bucket
            Err(error) if error.is_missing_key() => self.probe().await.map(|()| None),
            found => found.map(Some),
        }
    }
}

impl About {
    fn of_answer(answer: &GetObjectOutput, size: u64) -> Self {
        Self {
            size,
            etag: answer.e_tag().map(str::to_owned),
            last_modified: answer.last_modified().and_then(seconds),
            content_type: answer.content_type().unwrap_or_default().to_owned(),
            content_disposition: answer.content_disposition().map(str::to_owned),
            is_ours: is_ours(answer.cache_control(), answer.content_disposition()),
        }
    }

    fn of_head(head: &HeadObjectOutput) -> Self {
        Self {
            size: length(head.content_length()).unwrap_or(0),
            etag: head.e_tag().map(str::to_owned),
            last_modified: head.last_modified().and_then(seconds),
            content_type: head.content_type().unwrap_or_default().to_owned(),
            content_disposition: head.content_disposition().map(str::to_owned),
            is_ours: is_ours(head.cache_control(), head.content_disposition()),
        }
    }
}

fn is_ours(cache_control: Option<&str>, disposition: Option<&str>) -> bool {
    cache_control == Some(CACHE_CONTROL)
        && disposition.is_some_and(|text| matches!(text.split(';').next(), Some("inline" | "attachment")))
}

/// The bytes of an object as they come. No more and no fewer come than were announced.
#[derive(Debug)]
pub(crate) struct Reading {
    stream: ByteStream,
    /// What has come and was not handed out.
    head: Bytes,
    /// What has not come.
    left: u64,
    silence: Duration,
}

impl Reading {
    /// The first bytes: all, or at least [`HEAD_BYTES`]. Empty once [`Reading::next`] was called.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// How many bytes are still to be handed out.
    pub(crate) fn left(&self) -> u64 {
        self.left + self.head.len() as u64
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// When S3 falls silent, or its answer ends before its announced end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        if !self.head.is_empty() {
            return Ok(Some(std::mem::take(&mut self.head)));
        }
        self.receive().await
    }

    async fn peek(&mut self) -> Result<(), S3Error> {
        let mut gathered = BytesMut::new();
        while gathered.len() < HEAD_BYTES {
            let Some(piece) = self.receive().await? else { break };
            if gathered.is_empty() && piece.len() >= HEAD_BYTES {
                self.head = piece;
                return Ok(());
            }
            gathered.extend_from_slice(&piece);
        }
        self.head = gathered.freeze();
        Ok(())
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, S3Error> {
        if self.left == 0 {
            return Ok(None);
        }
        let cut = |source| S3Error::Unreachable { operation: OPERATION, source };
        let piece = tokio::time::timeout(self.silence, self.stream.next())
            .await
            .map_err(|_| S3Error::Silent { operation: OPERATION })?
            .ok_or_else(|| cut("the answer was cut".into()))?
            .map_err(|error| cut(error.into()))?;
        self.left =
            self.left.checked_sub(piece.len() as u64).ok_or(S3Error::Senseless { operation: OPERATION })?;
        Ok(Some(piece))
    }
}

/// First byte, last byte and size in `bytes 0-9/100`.
fn parse_content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, size) = (first.parse().ok()?, last.parse().ok()?, size.parse().ok()?);
    (first <= last && last < size).then_some((first, last, size))
}

fn length(announced: Option<i64>) -> Option<u64> {
    announced.and_then(|length| u64::try_from(length).ok())
}

fn seconds(time: &DateTime) -> Option<u64> {
    u64::try_from(time.secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(bytes: &'static [u8], left: u64) -> Reading {
        let stream = ByteStream::from_static(bytes);
        Reading { stream, head: Bytes::new(), left, silence: Duration::from_secs(5) }
    }

    #[tokio::test]
    async fn a_body_of_another_length_than_announced_is_an_error() {
        for (announced, is_right) in [(3, true), (4, false), (2, false), (0, true)] {
            let mut reading = reading(b"abc", announced);
            let read = async {
                while reading.next().await?.is_some() {}
                Ok::<_, S3Error>(())
            };
            assert_eq!(read.await.is_ok(), is_right, "{announced}");
        }
    }

    #[tokio::test]
    async fn what_was_looked_at_comes_again() {
        let mut reading = reading(b"abc", 3);
        reading.peek().await.unwrap();
        assert_eq!((reading.head(), reading.left()), (&b"abc"[..], 3));
        assert_eq!(reading.next().await.unwrap().as_deref(), Some(&b"abc"[..]));
        assert_eq!((reading.head(), reading.left()), (&b""[..], 0));
        assert!(reading.next().await.unwrap().is_none());
    }

    #[test]
    fn a_content_range_is_read_only_where_it_makes_sense() {
        for (text, range) in [
            ("bytes 0-9/100", Some((0, 9, 100))),
            ("bytes 99-99/100", Some((99, 99, 100))),
            ("bytes 5-4/100", None),
            ("bytes 0-100/100", None),
            ("bytes 0-9/*", None),
            ("bytes */100", None),
            ("items 0-9/100", None),
            ("", None),
        ] {
            assert_eq!(parse_content_range(text), range, "{text}");
        }
    }
}
