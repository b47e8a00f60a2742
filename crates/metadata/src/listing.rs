//! Lists of rows as answers: read in batches, written as they come. Memory does not grow with the number of rows.

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use service::{ApiError, error::chain};

use crate::store::{Row, Start, Store, StoreError};

/// Rows read at once.
const BATCH: u64 = 500;

/// Which rows are to be listed.
#[derive(Debug)]
pub(crate) struct Listing {
    /// Of this provider; of all without.
    pub(crate) provider: Option<String>,
    /// After so many rows.
    pub(crate) offset: u64,
    /// At most so many rows.
    pub(crate) limit: u64,
}

/// Answers `{"images":[…],<members>}`. `members` gets the number of rows sent. What fails before the first byte is an
/// error; what fails later cuts the answer, so that no half list passes for a whole one.
pub(crate) async fn answer(
    store: Store,
    listing: Listing,
    members: impl FnOnce(u64) -> String + Send + 'static,
) -> Result<Response, ApiError> {
    let mut reader =
        Reader { store, left: listing.limit, start: Some(Start::Offset(listing.offset)), listing };
    let mut sent = 0;
    let mut first = br#"{"images":["#.to_vec();
    append(&mut first, &reader.next().await?, &mut sent).map_err(ListError::from)?;
    if reader.is_done() {
        first.extend(end(&members(sent)));
        return Ok(json(first.into()));
    }
    let chunks = async_stream::try_stream! {
        yield Bytes::from(first);
        while !reader.is_done() {
            let rows = reader.next().await.map_err(cut)?;
            let mut chunk = Vec::new();
            append(&mut chunk, &rows, &mut sent).map_err(cut)?;
            yield Bytes::from(chunk);
        }
        yield Bytes::from(end(&members(sent)));
    };
    let chunks: std::pin::Pin<Box<dyn futures::Stream<Item = Result<Bytes, CutOff>> + Send>> =
        Box::pin(chunks);
    Ok(json(Body::from_stream(chunks)))
}

fn json(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn end(members: &str) -> Vec<u8> {
    format!("],{members}}}\n").into_bytes()
}

/// The answer stops before its end.
#[derive(Debug, thiserror::Error)]
#[error("the list was cut off")]
struct CutOff;

fn cut(error: impl Into<ListError>) -> CutOff {
    tracing::warn!(cause = chain(&error.into()), "a list was cut off");
    CutOff
}

/// Why a batch could not be sent.
#[derive(Debug, thiserror::Error)]
enum ListError {
    #[error("read rows")]
    Read(#[from] StoreError),
    #[error("write rows as JSON")]
    Write(#[from] serde_json::Error),
}

impl From<ListError> for ApiError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Read(error) => error.into(),
            ListError::Write(error) => {
                Self::internal("internal", "The answer could not be written.").caused_by(&error)
            }
        }
    }
}

/// Reads batch after batch.
struct Reader {
    store: Store,
    listing: Listing,
    left: u64,
    start: Option<Start>,
}

impl Reader {
    fn is_done(&self) -> bool {
        self.start.is_none()
    }

    async fn next(&mut self) -> Result<Vec<Row>, StoreError> {
        let size = self.left.min(BATCH);
        let Some(start) = self.start.take().filter(|_| size > 0) else { return Ok(Vec::new()) };
        let rows = self.store.batch(self.listing.provider.as_deref(), start, size).await?;
        self.left -= rows.len() as u64;
        // a short batch is the last one
        if rows.len() as u64 == size && self.left > 0 {
            self.start = rows.last().map(|row| Start::After(row.cursor()));
        }
        Ok(rows)
    }
}

fn append(chunk: &mut Vec<u8>, rows: &[Row], sent: &mut u64) -> Result<(), serde_json::Error> {
    for row in rows {
        if *sent > 0 {
            chunk.push(b',');
        }
        serde_json::to_writer(&mut *chunk, &row.image)?;
        *sent += 1;
    }
    Ok(())
}
