//! TIFFs of up to 256 colours. The decoder refuses them, so it is shown a file that says its samples are grey, and what it
//! reads is looked up in the table of colours here.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use tiff::tags::{PhotometricInterpretation, Tag};

use super::Tiff;

/// Bytes of the header of a file, and of one entry of a directory, as they are and in large files.
const HEADERS: [usize; 2] = [8, 16];
const ENTRIES: [usize; 2] = [12, 20];
/// The kind of values that have two bytes.
const SHORT: usize = 3;

/// A file as the decoder is shown it.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    file: Cursor<&'a [u8]>,
    /// Where other bytes than the file's are shown, and which.
    patch: Option<(u64, [u8; 2])>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(source: &'a [u8]) -> Self {
        let place = interpretation(source)
            .filter(|(_, kind)| *kind == PhotometricInterpretation::RGBPalette.to_u16());
        let grey = PhotometricInterpretation::BlackIsZero.to_u16();
        let grey = if source.starts_with(b"II") { grey.to_le_bytes() } else { grey.to_be_bytes() };
        let patch = place.map(|(at, _)| (at as u64, grey));
        Self { file: Cursor::new(source), patch }
    }

    /// True where samples stand for colours of a table.
    pub(super) fn has_palette(&self) -> bool {
        self.patch.is_some()
    }
}

impl Read for Shown<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = self.file.position();
        let count = self.file.read(buffer)?;
        if let Some((at, bytes)) = self.patch {
            for (at, byte) in (at..).zip(bytes) {
                let place = at.checked_sub(start).and_then(|place| usize::try_from(place).ok());
                if let Some(place) = place.and_then(|place| buffer[..count].get_mut(place)) {
                    *place = byte;
                }
            }
        }
        Ok(count)
    }
}

impl Seek for Shown<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// The table of colours, by sample of so many bits.
pub(super) fn colours(decoder: &mut Tiff<'_>, bits: u8) -> Option<Vec<[u8; 3]>> {
    let count = 1_usize.checked_shl(bits.into()).filter(|_| bits <= 8)?;
    let map = decoder.find_tag_unsigned_vec::<u16>(Tag::ColorMap).ok().flatten()?;
    let [red, green, blue] = [0, 1, 2].map(|table| map.get(table * count..(table + 1) * count));
    let (red, green, blue) = (red?, green?, blue?);
    // some writers fill only the lower bytes
    let shift = if map.iter().all(|light| *light < 256) { 0 } else { 8 };
    let light = |light: u16| u8::try_from(light >> shift).unwrap_or(u8::MAX);
    Some((0..count).map(|n| [red[n], green[n], blue[n]].map(light)).collect())
}

/// Where the first directory says what samples mean, and what it says.
fn interpretation(source: &[u8]) -> Option<(usize, u16)> {
    let is_little = source.starts_with(b"II");
    let number = |at: usize, width: usize| {
        let bytes = source.get(at..at.checked_add(width)?)?;
        let shift = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(if is_little { bytes.iter().rev().fold(0, shift) } else { bytes.iter().fold(0, shift) })
    };
    let big = usize::from(number(2, 2)? == 43);
    let (header, entry) = (HEADERS[big], ENTRIES[big]);
    let directory = number(header / 2, header / 2)?;
    let count_width = if big == 1 { 8 } else { 2 };
    let count = number(directory, count_width)?;
    let first = directory.checked_add(count_width)?;
    // a directory is sorted, and this is among its first
    let mut entries = (0..count.min(1000)).map(|n| first + n * entry);
    let wanted = usize::from(Tag::PhotometricInterpretation.to_u16());
    let found = entries.find(|at| number(*at, 2) == Some(wanted))?;
    let value = found + entry - header / 2;
    (number(found + 2, 2)? == SHORT).then_some((value, u16::try_from(number(value, 2)?).ok()?))
}
