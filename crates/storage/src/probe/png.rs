//! PNG: the header comes first; EXIF may come anywhere, also after the pixels.

use std::{
    ops::ControlFlow::{Break, Continue},
    ops::Range,
};

use super::{Order, Picture, Window, span, tiff::Directory};

/// Length and kind of the first chunk, width and height in it.
pub(super) const FIRST: Range<u64> = 8..24;
/// Length and kind of a chunk.
const CHUNK: u64 = 8;
/// The checksum behind it.
const CHECKSUM: u64 = 4;

#[derive(Debug)]
pub(super) struct Png {
    state: State,
    /// Where the next chunk begins.
    next: u64,
}

#[derive(Debug)]
enum State {
    Header,
    Chunk,
    Exif(Directory),
}

impl Png {
    pub(super) fn new() -> Self {
        Self { state: State::Header, next: FIRST.start }
    }

    pub(super) fn step(&mut self, window: Window<'_>, picture: &mut Picture) -> Option<Range<u64>> {
        let number = |at| Order::Big.number(window.bytes, at, 4);
        match &mut self.state {
            State::Exif(directory) => match directory.step(window) {
                Continue(next) => return Some(next),
                Break(tags) => {
                    picture.orient(tags.orientation);
                    return None;
                }
            },
            State::Header if window.bytes.get(4..8)? != b"IHDR" => return None,
            State::Header => {
                picture.size = number(8).zip(number(12));
                self.state = State::Chunk;
            }
            State::Chunk => {}
        }
        let content = window.at.checked_add(CHUNK)?;
        let end = content.checked_add(number(0)?)?;
        self.next = end.checked_add(CHECKSUM)?;
        match window.bytes.get(4..8)? {
            b"IEND" => None,
            b"eXIf" => {
                let (directory, first) = Directory::within(content, end)?;
                self.state = State::Exif(directory);
                Some(first)
            }
            _ => span(self.next, CHUNK),
        }
    }
}
