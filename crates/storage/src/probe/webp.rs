//! WebP: the first chunk says how large the canvas is; EXIF, where that chunk promises any, comes among the last.

use std::{
    ops::ControlFlow::{Break, Continue},
    ops::Range,
};

use super::{Order, Picture, Window, span, tiff::Directory};

/// Kind and length of the first chunk.
pub(super) const FIRST: Range<u64> = 12..20;
/// Kind and length of a chunk.
const CHUNK: u64 = 8;
/// The bit that promises EXIF.
const HAS_EXIF: u8 = 0x08;

#[derive(Debug)]
pub(super) struct Webp {
    state: State,
    /// Where the content of the chunk at hand ends.
    end: u64,
}

#[derive(Debug)]
enum State {
    FirstChunk,
    Lossy,
    Lossless,
    Extended,
    Chunk,
    /// Some writers put the label of JPEG before it.
    Label,
    Exif(Directory),
}

impl Webp {
    pub(super) fn new() -> Self {
        Self { state: State::FirstChunk, end: 0 }
    }

    pub(super) fn step(&mut self, window: Window<'_>, picture: &mut Picture) -> Option<Range<u64>> {
        let bytes = window.bytes;
        let number = |at, width| Order::Little.number(bytes, at, width);
        match &mut self.state {
            State::FirstChunk | State::Chunk => return self.chunk(window),
            State::Lossy if bytes.get(3..6)? == [0x9d, 0x01, 0x2a] => {
                // two bits of each say how it should be scaled, which nobody does
                picture.size = number(6, 2).zip(number(8, 2)).map(|(w, h)| (w & 0x3fff, h & 0x3fff));
            }
            State::Lossless if *bytes.first()? == 0x2f => {
                let sides = number(1, 4)?;
                picture.size = Some(((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1));
            }
            State::Lossy | State::Lossless => {}
            State::Extended => {
                picture.size = number(4, 3).zip(number(7, 3)).map(|(w, h)| (w + 1, h + 1));
                if bytes.first()? & HAS_EXIF != 0 {
                    self.state = State::Chunk;
                    return self.onward();
                }
            }
            State::Label => {
                let label = if bytes.starts_with(b"Exif\0\0") { 6 } else { 0 };
                let (directory, first) = Directory::within(window.at.checked_add(label)?, self.end)?;
                self.state = State::Exif(directory);
                return Some(first);
            }
            State::Exif(directory) => match directory.step(window) {
                Continue(next) => return Some(next),
                Break(tags) => picture.orient(tags.orientation),
            },
        }
        None
    }

    fn chunk(&mut self, window: Window<'_>) -> Option<Range<u64>> {
        let content = window.at.checked_add(CHUNK)?;
        self.end = content.checked_add(Order::Little.number(window.bytes, 4, 4)?)?;
        let (state, length) = match (&self.state, window.bytes.get(..4)?) {
            (State::FirstChunk, b"VP8 ") => (State::Lossy, 10),
            (State::FirstChunk, b"VP8L") => (State::Lossless, 5),
            (State::FirstChunk, b"VP8X") => (State::Extended, 10),
            (State::FirstChunk, _) => return None,
            (_, b"EXIF") => (State::Label, 6),
            _ => return self.onward(),
        };
        self.state = state;
        span(content, length)
    }

    /// The chunk after the one at hand: they begin at even places.
    fn onward(&self) -> Option<Range<u64>> {
        span(self.end.checked_add(self.end % 2)?, CHUNK)
    }
}
