//! The open answer to a download.

use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use http::{Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::Error;
use crate::hop::AnswerBody;

/// An open download. Its bytes may end early: whoever reads them counts.
#[derive(Debug)]
pub struct Download {
    /// Bytes still to come, where the answer says so.
    pub remaining: Option<u64>,
    /// Bytes of the whole file, where the answer says so.
    pub total: Option<u64>,
    response: Response<AnswerBody>,
}

impl Download {
    /// Checks that the answer starts at `offset`.
    pub(super) fn from_response(response: Response<AnswerBody>, offset: u64) -> Result<Self, Error> {
        let remaining = response.body().size_hint().exact();
        let total = match (response.status(), offset) {
            (StatusCode::PARTIAL_CONTENT, _) => {
                let range = content_range(&response).ok_or_else(Error::unexpected_body)?;
                if range.start != offset {
                    return Err(Error::unexpected_body());
                }
                range.total
            }
            (_, 0) => remaining,
            // the server ignores ranges: starting over would repeat bytes already sent on
            _ => return Err(Error::range_ignored()),
        };
        Ok(Self { remaining, total, response })
    }

    /// The bytes; an error in the middle ends them.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send {
        self.response.into_body().into_data_stream().map_err(|failure| Error::network(&failure))
    }
}

struct ContentRange {
    start: u64,
    total: Option<u64>,
}

/// `Content-Range: bytes START-END/TOTAL`, with `*` for an unknown total.
fn content_range(response: &Response<AnswerBody>) -> Option<ContentRange> {
    let value = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let start = range.split_once('-')?.0.parse().ok()?;
    Some(ContentRange { start, total: total.parse().ok() })
}
