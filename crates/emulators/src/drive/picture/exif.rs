//! The few EXIF tags that Drive repeats in `imageMediaMetadata`.

use super::{be16, be32, le16, le32};

/// More entries than any real directory has.
const MOST_ENTRIES: u16 = 512;

/// Tags of the first directory and of its EXIF sub-directory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Exif {
    pub(super) orientation: Option<u16>,
    /// `YYYY:MM:DD HH:MM:SS`, as written by the camera.
    pub(super) time: Option<String>,
    pub(super) make: Option<String>,
    pub(super) model: Option<String>,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
}

impl Exif {
    /// Reads a TIFF structure: byte order, then a chain of directories.
    pub(super) fn parse(tiff: &[u8]) -> Option<Self> {
        let big_endian = tiff.starts_with(b"MM");
        Self::read(Tiff { bytes: tiff, start: 0, big_endian }, first_directory(tiff)?)
    }

    /// Reads the directory at `start` of a TIFF file, of which `bytes` is what follows there.
    pub(super) fn parse_directory(head: &[u8], start: usize, bytes: &[u8]) -> Option<Self> {
        let big_endian = head.starts_with(b"MM");
        Self::read(Tiff { bytes, start, big_endian }, start)
    }

    fn read(tiff: Tiff<'_>, directory: usize) -> Option<Self> {
        let mut exif = Self::default();
        let mut sub_directory = None;
        tiff.entries(directory, |entry| match entry.tag {
            0x0100 => exif.width = entry.number(),
            0x0101 => exif.height = entry.number(),
            0x010f => exif.make = entry.text(),
            0x0110 => exif.model = entry.text(),
            0x0112 => exif.orientation = entry.number().and_then(|number| number.try_into().ok()),
            0x0132 => exif.time = entry.text(),
            0x8769 => sub_directory = entry.number(),
            _ => {}
        })?;
        if let Some(offset) = sub_directory {
            // The moment of the exposure wins over that of the last edit.
            tiff.entries(usize::try_from(offset).ok()?, |entry| {
                if entry.tag == 0x9003 {
                    exif.time = entry.text().or(exif.time.take());
                }
            });
        }
        Some(exif)
    }

    /// Number of clockwise quarter turns that bring the picture upright.
    pub(super) fn clockwise_turns(&self) -> u8 {
        match self.orientation {
            Some(3 | 4) => 2,
            Some(5 | 6) => 1,
            Some(7 | 8) => 3,
            _ => 0,
        }
    }
}

/// Where the first directory of a TIFF structure lies.
pub(super) fn first_directory(head: &[u8]) -> Option<usize> {
    let offset = if head.starts_with(b"MM") { be32(head, 4)? } else { le32(head, 4)? };
    usize::try_from(offset).ok()
}

/// A TIFF structure, or a part of one.
#[derive(Clone, Copy)]
struct Tiff<'a> {
    bytes: &'a [u8],
    /// Where `bytes` starts in the whole.
    start: usize,
    big_endian: bool,
}

struct Entry<'a> {
    tiff: Tiff<'a>,
    tag: u16,
    kind: u16,
    count: usize,
    /// Where the four bytes lie that hold the value, or point to it.
    at: usize,
}

impl<'a> Tiff<'a> {
    fn u16(self, at: usize) -> Option<u16> {
        let at = at.checked_sub(self.start)?;
        if self.big_endian { be16(self.bytes, at) } else { le16(self.bytes, at) }
    }

    fn u32(self, at: usize) -> Option<u32> {
        let at = at.checked_sub(self.start)?;
        if self.big_endian { be32(self.bytes, at) } else { le32(self.bytes, at) }
    }

    fn entries(self, start: usize, mut look: impl FnMut(Entry<'a>)) -> Option<()> {
        let count = self.u16(start)?.min(MOST_ENTRIES);
        for index in 0..usize::from(count) {
            let at = start.checked_add(2 + index * 12)?;
            let (tag, kind) = (self.u16(at)?, self.u16(at + 2)?);
            let count = usize::try_from(self.u32(at + 4)?).ok()?;
            look(Entry { tiff: self, tag, kind, count, at: at + 8 });
        }
        Some(())
    }
}

impl Entry<'_> {
    fn number(&self) -> Option<u32> {
        match self.kind {
            3 => self.tiff.u16(self.at).map(u32::from),
            4 => self.tiff.u32(self.at),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        if self.kind != 2 {
            return None;
        }
        let start = if self.count <= 4 { self.at } else { usize::try_from(self.tiff.u32(self.at)?).ok()? };
        let start = start.checked_sub(self.tiff.start)?;
        let bytes = self.tiff.bytes.get(start..start.checked_add(self.count)?)?;
        let text = String::from_utf8_lossy(bytes).trim_end_matches(['\0', ' ']).to_owned();
        (!text.is_empty()).then_some(text)
    }
}
