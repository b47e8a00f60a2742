//! JPEG: from segment to segment, up to the first scan. EXIF lies in one of them, the size in another.

use std::{
    ops::ControlFlow::{Break, Continue},
    ops::Range,
};

use super::{Order, Picture, Window, span, tiff::Directory};

/// The first marker after the one that begins the file.
pub(super) const FIRST: Range<u64> = 2..6;
/// A marker and the length of its segment.
const MARKER: u64 = 4;

#[derive(Debug)]
pub(super) struct Jpeg {
    state: State,
    /// Where the next segment begins.
    next: u64,
    has_exif: bool,
}

#[derive(Debug)]
enum State {
    Marker,
    /// Precision, height, width.
    Frame,
    /// The first segment that may be EXIF.
    Label,
    Exif(Directory),
}

impl Jpeg {
    pub(super) fn new() -> Self {
        Self { state: State::Marker, next: FIRST.start, has_exif: false }
    }

    pub(super) fn step(&mut self, window: Window<'_>, picture: &mut Picture) -> Option<Range<u64>> {
        match &mut self.state {
            State::Marker => return self.marker(window, picture),
            State::Frame => {
                let side = |at| Order::Big.number(window.bytes, at, 2);
                picture.size = side(3).zip(side(1));
            }
            State::Label if window.bytes.starts_with(b"Exif\0") => {
                self.has_exif = true;
                if let Some((directory, first)) = Directory::within(window.at.checked_add(6)?, self.next) {
                    self.state = State::Exif(directory);
                    return Some(first);
                }
            }
            State::Label => {}
            State::Exif(directory) => match directory.step(window) {
                Continue(next) => return Some(next),
                Break(tags) => picture.orient(tags.orientation),
            },
        }
        self.state = State::Marker;
        span(self.next, MARKER)
    }

    fn marker(&mut self, window: Window<'_>, picture: &Picture) -> Option<Range<u64>> {
        let (kind, length) = match window.bytes {
            [0xff, 0x00 | 0x01 | 0xd0..=0xd8, ..] => return span(window.at.checked_add(2)?, MARKER),
            // the end, or the first scan
            [0xff, 0xd9 | 0xda, ..] => return None,
            [0xff, kind @ 0x02..=0xfe, high, low] => (*kind, u64::from(u16::from_be_bytes([*high, *low]))),
            // fill bytes, or what decoders pass over too
            _ => return span(window.at.checked_add(1)?, MARKER),
        };
        let content = window.at.checked_add(MARKER)?;
        self.next = window.at.checked_add(2)?.checked_add(length).filter(|next| *next >= content)?;
        match kind {
            // not the tables that share these numbers
            0xc0..=0xcf if !matches!(kind, 0xc4 | 0xc8 | 0xcc) && picture.size.is_none() => {
                self.state = State::Frame;
                span(content, 5)
            }
            0xe1 if !self.has_exif && length > 8 => {
                self.state = State::Label;
                span(content, 6)
            }
            _ => span(self.next, MARKER),
        }
    }
}
