//! Lists of rows as answers: read in batches, written as they come. Memory does not grow with the number of rows.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use service::{ApiError, error::chain};

use crate::{
    search::Search,
    store::{Placed, Position, StoreError},
    urls::Urls,
};

/// Rows read at once.
pub(crate) const BATCH: u64 = 500;

/// Rows that are to be answered.
#[derive(Debug)]
pub(crate) struct Listing {
    /// How they are found.
    pub(crate) search: Search,
    /// At most so many.
    pub(crate) limit: u64,
    /// What shows them.
    pub(crate) urls: Urls,
}

/// What is known of a list when its rows are sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Rows sent.
    pub(crate) rows: u64,
    /// Where the list goes on; nothing when that was all.
    pub(crate) next: Option<Position>,
}

/// Answers `{"images":[…],<members>}`. `members` gets what was sent. What fails before the first byte is an
/// error; what fails later cuts the answer, so that no half list passes for a whole one.
pub(crate) async fn answer(
    listing: Listing,
    members: impl FnOnce(&Sent) -> String + Send + 'static,
) -> Result<Response, ApiError> {
    let mut reader = Reader::of(listing);
    let mut first = begin();
    reader.read_into(&mut first).await?;
    if reader.is_done() {
        first.extend(end(&members(&reader.sent)));
        return Ok(json(first.into()));
    }
    let chunks = async_stream::try_stream! {
        yield Bytes::from(first);
        while !reader.is_done() {
            let mut chunk = Vec::new();
            reader.read_into(&mut chunk).await.map_err(|error| cut(&error))?;
            yield Bytes::from(chunk);
        }
        yield Bytes::from(end(&members(&reader.sent)));
    };
    let chunks: std::pin::Pin<Box<dyn futures::Stream<Item = Result<Bytes, CutOff>> + Send>> =
        Box::pin(chunks);
    Ok(json(Body::from_stream(chunks)))
}

/// The same, held whole: for a short list.
pub(crate) async fn whole(
    listing: Listing,
    members: impl FnOnce(&Sent) -> String,
) -> Result<Bytes, ListError> {
    let mut reader = Reader::of(listing);
    let mut whole = begin();
    while !reader.is_done() {
        reader.read_into(&mut whole).await?;
    }
    whole.extend(end(&members(&reader.sent)));
    Ok(whole.into())
}

/// An answer that is JSON.
pub(crate) fn json(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn begin() -> Vec<u8> {
    br#"{"images":["#.to_vec()
}

fn end(members: &str) -> Vec<u8> {
    format!("],{members}}}\n").into_bytes()
}

/// The answer stops before its end.
#[derive(Debug, thiserror::Error)]
#[error("the list was cut off")]
struct CutOff;

fn cut(error: &ListError) -> CutOff {
    tracing::warn!(cause = chain(error), "a list was cut off");
    CutOff
}

/// Why a batch could not be sent. One failure may answer many requests, hence the `Arc`.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ListError {
    /// The database did not give them.
    #[error("read rows")]
    Read(#[from] StoreError),
    /// They make no JSON.
    #[error("write rows as JSON")]
    Write(#[source] Arc<serde_json::Error>),
}

impl From<ListError> for ApiError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Read(error) => error.into(),
            ListError::Write(error) => {
                Self::internal("internal", "The answer could not be written.").caused_by(&*error)
            }
        }
    }
}

/// Reads batch after batch.
struct Reader {
    listing: Listing,
    /// Rows still wanted; nothing when there is nothing more to do.
    left: Option<u64>,
    /// The place of the last row sent.
    last: Option<Position>,
    sent: Sent,
}

impl Reader {
    fn of(listing: Listing) -> Self {
        // beyond the end nothing needs to be read, however far it is
        let left = Some(listing.limit).filter(|limit| *limit > 0);
        Self { listing, left, last: None, sent: Sent::default() }
    }

    fn is_done(&self) -> bool {
        self.left.is_none()
    }

    /// One more batch. At the end of a page one row more is read: it tells whether there is another page.
    async fn read_into(&mut self, chunk: &mut Vec<u8>) -> Result<(), ListError> {
        let Some(left) = self.left.take() else { return Ok(()) };
        let size = if left < BATCH { left + 1 } else { BATCH };
        let mut batch = self.listing.search.next(size).await?;
        let is_full = batch.rows.len() as u64 > left;
        if is_full {
            batch.rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        let rows = batch.rows.len() as u64;
        for row in batch.rows {
            self.append(chunk, row)?;
        }
        if is_full {
            self.sent.next = self.last.take();
        } else if batch.stopped_at.is_some() {
            self.sent.next = batch.stopped_at;
        } else if !self.listing.search.is_done() {
            self.left = Some(left - rows);
        }
        Ok(())
    }

    fn append(&mut self, chunk: &mut Vec<u8>, mut row: Placed) -> Result<(), ListError> {
        if self.sent.rows > 0 {
            chunk.push(b',');
        }
        self.listing.urls.add_to(&mut row.image);
        serde_json::to_writer(chunk, &row.image).map_err(|error| ListError::Write(Arc::new(error)))?;
        self.sent.rows += 1;
        self.last = Some(row.at);
        Ok(())
    }
}
