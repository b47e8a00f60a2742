//! TIFF, also as what EXIF is made of: a directory of numbered values somewhere in the file.

use std::{
    ops::ControlFlow::{Break, Continue},
    ops::{ControlFlow, Range},
};

use super::{Order, Picture, Window, span};

/// Entries of a directory that are looked at. They are sorted, and those that count are among the first.
const MAX_ENTRIES: u64 = 1000;

/// A TIFF file: its first page.
#[derive(Debug)]
pub(super) struct Tiff(Directory);

impl Tiff {
    pub(super) fn new() -> Option<(Self, Range<u64>)> {
        let (directory, first) = Directory::within(0, u64::MAX)?;
        Some((Self(directory), first))
    }

    pub(super) fn step(&mut self, window: Window<'_>, picture: &mut Picture) -> Option<Range<u64>> {
        match self.0.step(window) {
            Continue(next) => Some(next),
            Break(tags) => {
                // the first page of camera files is a preview: it says nothing about the picture
                picture.size = tags.width.zip(tags.height).filter(|_| !tags.is_preview);
                picture.orient(tags.orientation);
                None
            }
        }
    }
}

/// What is taken from a directory.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tags {
    width: Option<u64>,
    height: Option<u64>,
    is_preview: bool,
    /// 1 to 8, by its writer's word.
    pub(super) orientation: Option<u64>,
}

/// The first directory of a TIFF structure.
#[derive(Debug)]
pub(super) struct Directory {
    /// Where the structure begins: offsets in it count from here.
    base: u64,
    /// Where it ends.
    end: u64,
    order: Order,
    /// `BigTIFF`: counts and offsets have 64 bits.
    is_big: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Header,
    Count,
    Entries,
}

impl Directory {
    /// Of the structure at `base`, which ends before `end`; and the window to begin with.
    pub(super) fn within(base: u64, end: u64) -> Option<(Self, Range<u64>)> {
        let first = span(base, 8).filter(|first| first.end <= end)?;
        Some((Self { base, end, order: Order::Big, is_big: false, state: State::Header }, first))
    }

    /// Looks at a window: the next one, or what the directory says.
    pub(super) fn step(&mut self, window: Window<'_>) -> ControlFlow<Tags, Range<u64>> {
        let next = match self.state {
            State::Header => self.header(window),
            State::Count => self.count(window),
            State::Entries => return Break(self.tags(window.bytes)),
        };
        match next {
            Some(next) if next.end <= self.end && next.start >= window.at => Continue(next),
            _ => Break(Tags::default()),
        }
    }

    fn header(&mut self, window: Window<'_>) -> Option<Range<u64>> {
        self.order = match window.bytes.get(..2)? {
            b"II" => Order::Little,
            b"MM" => Order::Big,
            _ => return None,
        };
        let number = |at, width| self.order.number(window.bytes, at, width);
        let offset = match number(2, 2)? {
            42 => number(4, 4)?,
            43 if window.bytes.len() < 16 => return span(window.at, 16),
            43 => {
                self.is_big = true;
                number(8, 8)?
            }
            _ => return None,
        };
        self.state = State::Count;
        span(self.base.checked_add(offset)?, if self.is_big { 8 } else { 2 })
    }

    fn count(&mut self, window: Window<'_>) -> Option<Range<u64>> {
        let width = window.bytes.len() as u64;
        let count = self.order.number(window.bytes, 0, window.bytes.len())?;
        let start = window.at.checked_add(width)?;
        let entry = self.entry_length() as u64;
        // a directory that is cut off may still hold what is wanted
        let fitting = self.end.saturating_sub(start) / entry;
        self.state = State::Entries;
        span(start, count.min(MAX_ENTRIES).min(fitting) * entry).filter(|entries| !entries.is_empty())
    }

    fn entry_length(&self) -> usize {
        if self.is_big { 20 } else { 12 }
    }

    fn tags(&self, entries: &[u8]) -> Tags {
        let mut tags = Tags::default();
        for entry in entries.chunks_exact(self.entry_length()) {
            let Some((tag, value)) = self.entry(entry) else { continue };
            match tag {
                254 => tags.is_preview = value & 1 == 1,
                256 => tags.width = Some(value),
                257 => tags.height = Some(value),
                274 => tags.orientation = Some(value),
                _ => {}
            }
        }
        tags
    }

    /// Number and value of an entry, if it is one whole number.
    fn entry(&self, entry: &[u8]) -> Option<(u64, u64)> {
        let number = |at, width| self.order.number(entry, at, width);
        let count_width = if self.is_big { 8 } else { 4 };
        if number(4, count_width)? != 1 {
            return None;
        }
        let width = match number(2, 2)? {
            1 => 1,
            3 => 2,
            4 => 4,
            16 if self.is_big => 8,
            _ => return None,
        };
        Some((number(0, 2)?, number(4 + count_width, width)?))
    }
}
