//! `alt=media`: the bytes of a file, whole or in part, well or badly.

use super::Drive;
use super::answer::common_headers;
use super::broken::end;
use super::content::{PIECE, Reader};
use super::errors::DriveError;
use super::faults::{Cut, Length, Plan, Wire};
use super::files::readable;
use super::item::{Item, Kind};
use super::mime;
use super::range::{Wanted, wanted};
use super::request::Call;
use super::stats::Download;
use super::wire::WireHandle;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::Stream;
use http::{HeaderValue, StatusCode, Version, header};
use std::io;
use std::ops::Range;
use std::time::Duration;

/// Answers a download, or says why there is none.
pub(crate) async fn media(
    drive: &Drive,
    call: &Call,
    plan: Plan,
    id: &str,
    wire: Option<WireHandle>,
) -> Result<Response, DriveError> {
    let viewer = call.viewer()?;
    let (library, file, edit) = (drive.clone(), id.to_owned(), plan.edit);
    let opened = tokio::task::spawn_blocking(move || {
        if let Some(edit) = edit {
            library.library.edit(&file, edit);
        }
        open(readable(&library, &viewer, &file)?)
    });
    let (item, reader) = opened.await.map_err(|_| DriveError::of_reason("internalError", id))??;
    let len = reader.len();
    let ignores_range = plan.ignore_range || item.marks.ignores_range;
    let range = match wanted(call.header("range").filter(|_| !ignores_range), len) {
        Wanted::Whole => None,
        Wanted::Part(range) => Some(range),
        Wanted::Nothing => return Err(DriveError::range_not_satisfiable(len)),
    };
    Ok(respond(drive, &item, reader, range, plan.wire, wire))
}

fn open(item: Item) -> Result<(Item, Reader), DriveError> {
    let Kind::Blob(source) = &item.kind else { return Err(DriveError::not_downloadable()) };
    if item.marks.download_disabled {
        return Err(DriveError::of_reason("cannotDownloadFile", &item.id));
    }
    let reader = source.open().map_err(|_| DriveError::file_not_found(&item.id))?;
    Ok((item, reader))
}

fn respond(
    drive: &Drive,
    item: &Item,
    reader: Reader,
    part: Option<Range<u64>>,
    faults: Wire,
    wire: Option<WireHandle>,
) -> Response {
    let total = reader.len();
    let range = part.clone().unwrap_or(0..total);
    let len = range.end - range.start;
    let length = match faults.end {
        Some((_, Cut::Close(length))) => length,
        _ => Length::Announced,
    };
    let transfer = Transfer {
        drive: drive.clone(),
        download: drive.stats.download(&item.id),
        reader: Some(reader),
        range,
        sent: 0,
        faults,
        wire,
    };
    let mut response = Response::new(Body::from_stream(transfer.stream()));
    if length == Length::None {
        // Only an HTTP/1.0 answer can end where the connection ends.
        *response.version_mut() = Version::HTTP_10;
    }
    if part.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    let headers = response.headers_mut();
    let mime_type = item.mime_type.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
    headers.insert(header::CONTENT_TYPE, mime_type.unwrap_or(HeaderValue::from_static(mime::UNKNOWN)));
    common_headers(headers);
    if length == Length::Announced {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(len));
    }
    let content_range = part.map(|range| format!("bytes {}-{}/{total}", range.start, range.end - 1));
    headers.extend(content_range.and_then(|text| Some((header::CONTENT_RANGE, text.parse().ok()?))));
    response
}

/// A download on its way.
struct Transfer {
    drive: Drive,
    download: Download,
    /// `None` only while a piece is being read.
    reader: Option<Reader>,
    range: Range<u64>,
    sent: u64,
    faults: Wire,
    wire: Option<WireHandle>,
}

impl Transfer {
    fn stream(mut self) -> impl Stream<Item = io::Result<Bytes>> {
        async_stream::stream! {
            loop {
                match self.next().await {
                    Ok(Some(piece)) => yield Ok(piece),
                    Ok(None) => return,
                    Err(error) => {
                        yield Err(error);
                        return;
                    }
                }
            }
        }
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if let Some((_, pause)) = self.faults.stall.take_if(|(at, _)| *at <= self.sent) {
            self.drive.pause(pause).await;
        }
        let len = self.range.end - self.range.start;
        let (end, cut) = match self.faults.end {
            Some((place, cut)) => (place.within(len), Some(cut)),
            None => (len, None),
        };
        if self.sent >= end {
            return self.end(cut).await;
        }
        let stall = self.faults.stall.map_or(u64::MAX, |(at, _)| at);
        let rate = self.faults.bytes_per_second.map_or(u64::MAX, |rate| (rate / 20).max(1));
        let wanted = (end - self.sent).min(stall - self.sent).min(rate).min(PIECE as u64);
        let piece = self.read(wanted).await?;
        if let Some(per_second) = self.faults.bytes_per_second {
            let slow = Duration::from_secs(piece.len() as u64)
                / u32::try_from(per_second.max(1)).unwrap_or(u32::MAX);
            self.drive.pause(slow).await;
        }
        self.sent += piece.len() as u64;
        self.download.sent(piece.len() as u64);
        Ok(Some(piece))
    }

    async fn read(&mut self, wanted: u64) -> io::Result<Bytes> {
        let mut reader = self.reader.take().ok_or_else(|| io::Error::other("the reader was lost"))?;
        let offset = self.range.start + self.sent;
        let max = usize::try_from(wanted).unwrap_or(PIECE);
        let read = tokio::task::spawn_blocking(move || (reader.read_at(offset, max), reader));
        let (piece, reader) = read.await.map_err(io::Error::other)?;
        let len = reader.len();
        self.reader = Some(reader);
        let piece = piece?;
        if piece.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        Ok(match self.faults.flip {
            Some(number) => flipped(piece, offset, number, len),
            None => piece,
        })
    }

    async fn end(&self, cut: Option<Cut>) -> io::Result<Option<Bytes>> {
        match cut {
            Some(cut) => end(cut, self.wire.clone()).await.map(|_| None),
            None => Ok(None),
        }
    }
}

/// Turns over one byte of the file: the last, or another for another number.
fn flipped(piece: Bytes, offset: u64, number: u64, len: u64) -> Bytes {
    let wrong = len - 1 - number % len;
    let within =
        wrong.checked_sub(offset).and_then(|at| usize::try_from(at).ok()).filter(|at| *at < piece.len());
    let Some(at) = within else { return piece };
    let mut bytes = piece.to_vec();
    bytes[at] ^= 0xff;
    bytes.into()
}
