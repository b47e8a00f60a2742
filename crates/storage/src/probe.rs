//! Width and height of a picture as a viewer sees it, told by its bytes as they pass.
//!
//! A parser asks for one small window of the file after the other, never further back than the last one; everything in
//! between is skipped unseen. So the answer is the same however the bytes are cut into chunks, memory is bounded by the
//! largest window, and the stream is not held up. Strangers make these bytes: whatever does not add up ends the search.

mod bmp;
mod gif;
mod isobmff;
mod jpeg;
mod png;
mod tiff;
mod webp;

#[cfg(test)]
mod tests;

use std::ops::Range;

use self::{isobmff::Isobmff, jpeg::Jpeg, png::Png, tiff::Tiff, webp::Webp};

/// Longest side that is believed.
const MAX_SIDE: u64 = 1_000_000;
/// The largest window; only the properties of HEIF items come near.
const MAX_WINDOW: u64 = 256 * 1024;
/// Windows looked into before the search is given up: a file of nothing but tiny pieces must not cost more than its hash.
const MAX_STEPS: u32 = 200_000;
/// Enough to tell the formats apart.
const MAGIC: Range<u64> = 0..12;

/// Watches the bytes of a file.
#[derive(Debug)]
pub(crate) struct Probe {
    /// Bytes that have passed.
    passed: u64,
    /// What is waited for; none when the search is over.
    wanted: Option<Range<u64>>,
    /// Bytes from the start of `wanted` on; at times more than wanted, when a smaller window follows a larger one.
    held: Vec<u8>,
    steps_left: u32,
    format: Format,
    picture: Picture,
}

impl Probe {
    /// Before the first byte.
    pub(crate) fn new() -> Self {
        Self {
            passed: 0,
            wanted: Some(MAGIC),
            held: Vec::new(),
            steps_left: MAX_STEPS,
            format: Format::Unknown,
            picture: Picture::default(),
        }
    }

    /// The next bytes of the file.
    pub(crate) fn feed(&mut self, chunk: &[u8]) {
        let start = self.passed;
        self.passed = start.saturating_add(chunk.len() as u64);
        while let Some(wanted) = self.wanted.clone() {
            let held_to = wanted.start.saturating_add(self.held.len() as u64);
            if held_to < wanted.end {
                // never behind `start`: what passed before is either held or was skipped by the parser itself
                let from = held_to.saturating_sub(start);
                let to = wanted.end.saturating_sub(start).min(chunk.len() as u64);
                let new = index(from).zip(index(to)).and_then(|(from, to)| chunk.get(from..to));
                self.held.extend_from_slice(new.unwrap_or_default());
                if self.passed < wanted.end {
                    return;
                }
            }
            self.step(&wanted);
        }
    }

    /// Width and height, as far as the bytes so far tell.
    pub(crate) fn dimensions(&self) -> Option<(u32, u32)> {
        self.picture.dimensions()
    }

    /// Lets the parser look at the window it wanted.
    fn step(&mut self, wanted: &Range<u64>) {
        self.steps_left -= 1;
        let bytes = index(wanted.end - wanted.start).and_then(|length| self.held.get(..length));
        let window = Window { at: wanted.start, bytes: bytes.unwrap_or_default() };
        let next = self.format.step(window, &mut self.picture).filter(|next| {
            next.start >= wanted.start
                && (1..=MAX_WINDOW).contains(&next.end.saturating_sub(next.start))
                && self.steps_left > 0
        });
        match &next {
            Some(next) => {
                let skipped = index(next.start - wanted.start).unwrap_or(usize::MAX);
                self.held.drain(..skipped.min(self.held.len()));
            }
            None => self.held = Vec::new(),
        }
        self.wanted = next;
    }
}

fn index(number: u64) -> Option<usize> {
    usize::try_from(number).ok()
}

/// `length` bytes from `start` on.
fn span(start: u64, length: u64) -> Option<Range<u64>> {
    Some(start..start.checked_add(length)?)
}

/// A piece of the file.
#[derive(Debug, Clone, Copy)]
struct Window<'w> {
    /// Where in the file it begins.
    at: u64,
    bytes: &'w [u8],
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

impl Order {
    /// The number of `width` bytes, at most eight, at `at`.
    fn number(self, bytes: &[u8], at: usize, width: usize) -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(width)?)?;
        let shift = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self {
            Self::Big => bytes.iter().fold(0, shift),
            Self::Little => bytes.iter().rev().fold(0, shift),
        })
    }
}

/// What is known of a picture.
#[derive(Debug, Clone, Copy, Default)]
struct Picture {
    /// Width and height as stored.
    size: Option<(u64, u64)>,
    /// A viewer shows it turned by a quarter.
    is_turned: bool,
}

impl Picture {
    /// Takes the EXIF orientation, 1 to 8: from 5 on rows are columns.
    fn orient(&mut self, orientation: Option<u64>) {
        self.is_turned = matches!(orientation, Some(5..=8));
    }

    fn dimensions(&self) -> Option<(u32, u32)> {
        let side = |length: u64| u32::try_from(length).ok().filter(|_| (1..=MAX_SIDE).contains(&length));
        let (width, height) = self.size?;
        let (width, height) = (side(width)?, side(height)?);
        Some(if self.is_turned { (height, width) } else { (width, height) })
    }
}

/// Who reads on.
#[derive(Debug)]
enum Format {
    Unknown,
    Jpeg(Jpeg),
    Png(Png),
    Gif,
    Webp(Webp),
    Bmp,
    Tiff(Tiff),
    Isobmff(Isobmff),
}

impl Format {
    /// Looks at a window; the next one, or none when all is known or nothing can be.
    fn step(&mut self, window: Window<'_>, picture: &mut Picture) -> Option<Range<u64>> {
        match self {
            Self::Unknown => {
                let (format, first) = Self::of(window.bytes)?;
                *self = format;
                Some(first)
            }
            Self::Jpeg(jpeg) => jpeg.step(window, picture),
            Self::Png(png) => png.step(window, picture),
            Self::Gif => gif::read(window, picture),
            Self::Webp(webp) => webp.step(window, picture),
            Self::Bmp => bmp::read(window, picture),
            Self::Tiff(tiff) => tiff.step(window, picture),
            Self::Isobmff(boxes) => boxes.step(window, picture),
        }
    }

    /// The format of a file that begins so, and the first window to look into.
    fn of(magic: &[u8]) -> Option<(Self, Range<u64>)> {
        Some(match magic {
            [0xff, 0xd8, 0xff, ..] => (Self::Jpeg(Jpeg::new()), jpeg::FIRST),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => (Self::Png(Png::new()), png::FIRST),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => (Self::Gif, gif::FIRST),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
                (Self::Webp(Webp::new()), webp::FIRST)
            }
            [b'B', b'M', ..] => (Self::Bmp, bmp::FIRST),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => {
                let (tiff, first) = Tiff::new()?;
                (Self::Tiff(tiff), first)
            }
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => (Self::Isobmff(Isobmff::new()), isobmff::FIRST),
            _ => return None,
        })
    }
}
