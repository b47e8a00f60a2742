//! AVIF and HEIF: boxes in boxes. One says which item is the picture, another what it is like: how large, how much of it is
//! to be shown, and how it is turned. EXIF does not count here.

use std::ops::Range;

use super::{Order, Picture, Window, index, span};

/// The first box.
pub(super) const FIRST: Range<u64> = 0..8;
/// Length and kind of a box.
const HEADER: u64 = 8;
/// The same with a length of 64 bits.
const LONG_HEADER: u64 = 16;
/// Properties that are looked at: items share them, so there are few.
const MAX_PROPERTIES: usize = 1000;

#[derive(Debug)]
pub(super) struct Isobmff {
    state: State,
    /// Where the box that holds the boxes at hand ends.
    outer_end: u64,
    /// Where the box at hand ends.
    end: u64,
    /// The item that is the picture.
    primary: Option<u64>,
    /// The properties of all items, where they come before it is known which one counts.
    properties: Option<Vec<u8>>,
}

#[derive(Debug)]
enum State {
    /// Boxes of the file.
    File,
    /// Boxes of `meta`.
    Meta,
    PrimaryItem,
    Properties,
}

impl Isobmff {
    pub(super) fn new() -> Self {
        Self { state: State::File, outer_end: u64::MAX, end: 0, primary: None, properties: None }
    }

    pub(super) fn step(&mut self, window: Window<'_>, picture: &mut Picture) -> Option<Range<u64>> {
        match self.state {
            State::File | State::Meta => return self.header(window),
            State::PrimaryItem => {
                let width = if *window.bytes.first()? == 0 { 2 } else { 4 };
                self.primary = Some(Order::Big.number(window.bytes, 4, width)?);
            }
            State::Properties if self.primary.is_none() => self.properties = Some(window.bytes.to_vec()),
            State::Properties => return settle(self.primary?, window.bytes, picture),
        }
        if let (Some(primary), Some(properties)) = (self.primary, &self.properties) {
            return settle(primary, properties, picture);
        }
        self.state = State::Meta;
        self.onward()
    }

    fn header(&mut self, window: Window<'_>) -> Option<Range<u64>> {
        let number = |at, width| Order::Big.number(window.bytes, at, width);
        let (header, length) = match number(0, 4)? {
            0 => (HEADER, self.outer_end.saturating_sub(window.at)),
            1 if window.bytes.len() < 16 => return self.inside(window.at, LONG_HEADER),
            1 => (LONG_HEADER, number(8, 8)?),
            length => (HEADER, length),
        };
        let content = window.at.checked_add(header)?;
        self.end = window.at.checked_add(length).filter(|end| *end >= content && *end <= self.outer_end)?;
        match (&self.state, window.bytes.get(4..8)?) {
            (State::File, b"meta") => {
                self.state = State::Meta;
                self.outer_end = self.end;
                // version and flags
                self.inside(content.checked_add(4)?, HEADER)
            }
            (State::Meta, b"pitm") => {
                self.state = State::PrimaryItem;
                span(content, (self.end - content).min(8))
            }
            (State::Meta, b"iprp") => {
                self.state = State::Properties;
                Some(content..self.end)
            }
            _ => self.onward(),
        }
    }

    fn onward(&self) -> Option<Range<u64>> {
        self.inside(self.end, HEADER)
    }

    fn inside(&self, start: u64, length: u64) -> Option<Range<u64>> {
        span(start, length).filter(|window| window.end <= self.outer_end)
    }
}

/// Takes what the properties say about one item; nothing is left to look for.
fn settle(item: u64, properties: &[u8], picture: &mut Picture) -> Option<Range<u64>> {
    let find =
        |kind: &[u8; 4]| boxes(properties).find(|(found, _)| found == kind).map(|(_, content)| content);
    let shared = find(b"ipco")?;
    let mut maps = boxes(properties).filter(|(kind, _)| kind == b"ipma");
    let numbers = maps.find_map(|(_, map)| properties_of(item, map))?;
    let property = |number: &usize| boxes(shared).take(MAX_PROPERTIES).nth(number.checked_sub(1)?);
    let own = || numbers.iter().filter_map(property);

    let (_, size) = own().find(|(kind, _)| kind == b"ispe")?;
    let number = |bytes, at| Order::Big.number(bytes, at, 4);
    picture.size = number(size, 4).zip(number(size, 8));
    // in the order in which they are named
    for (kind, content) in own() {
        match &kind {
            b"clap" => picture.size = picture.size.map(|size| cropped(content, size).unwrap_or(size)),
            b"irot" if content.first()? & 1 == 1 => {
                picture.size = picture.size.map(|(width, height)| (height, width));
            }
            _ => {}
        }
    }
    None
}

/// The part of a picture of these sides that is to be shown: they are fractions.
fn cropped(clap: &[u8], (width, height): (u64, u64)) -> Option<(u64, u64)> {
    let number = |at| Order::Big.number(clap, at, 4);
    let side = |at, whole: u64| {
        let length = number(at)?.checked_div(number(at + 4)?)?;
        (1..=whole).contains(&length).then_some(length)
    };
    side(0, width).zip(side(8, height))
}

/// The numbers of an item's properties, from one on.
fn properties_of(item: u64, map: &[u8]) -> Option<Vec<usize>> {
    let number = |at, width| Order::Big.number(map, at, width);
    let id_width = if number(0, 1)? == 0 { 2 } else { 4 };
    let (width, mask) = if number(3, 1)? & 1 == 1 { (2, 0x7fff) } else { (1, 0x7f) };
    let mut at = 8;
    for _ in 0..number(4, 4)? {
        let id = number(at, id_width)?;
        let count = index(number(at + id_width, 1)?)?;
        at += id_width + 1;
        if id == item {
            return (0..count).map(|n| index(number(at + n * width, width)? & mask)).collect();
        }
        at += count * width;
    }
    None
}

/// Kind and content of the boxes in `bytes`, up to the first that does not fit.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let kind = bytes.get(4..8)?.try_into().ok()?;
        let (header, length) = match Order::Big.number(bytes, 0, 4)? {
            0 => (8, bytes.len()),
            1 => (16, index(Order::Big.number(bytes, 8, 8)?)?),
            length => (8, index(length)?),
        };
        let content = bytes.get(header..length)?;
        bytes = &bytes[length..];
        Some((kind, content))
    })
}
