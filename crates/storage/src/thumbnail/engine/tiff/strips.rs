//! Packed strips of the common kind, unpacked here: the decoder of TIFF does it through a pipe of small pieces.

use fdeflate::Decompressor;
use tiff::{
    decoder::ChunkType,
    tags::{CompressionMethod, PhotometricInterpretation, Predictor, Tag},
};

use super::{Tiff, lzw, samples::Samples};
use crate::thumbnail::engine::{
    refusal::Refusal,
    shrink::Shrinker,
    task::{Size, Task},
};

/// How bytes are packed.
#[derive(Debug, Clone, Copy)]
enum Packing {
    Lzw,
    Deflate,
}

/// The strips of a picture.
pub(super) struct Strips {
    packing: Packing,
    /// Each sample is stored as what it has more than that to its left.
    has_differences: bool,
    is_big_endian: bool,
    channels: usize,
    sample_bytes: usize,
    /// Rows of a strip.
    height: usize,
    /// Where each begins in the file, and how long it is.
    places: Vec<(u64, u64)>,
}

impl Strips {
    /// None where they are not of the kind that is read here.
    pub(super) fn of(decoder: &mut Tiff<'_>, samples: &Samples, size: Size) -> Option<Self> {
        let mut number = |tag| decoder.find_tag_unsigned::<u16>(tag).ok().flatten();
        let packing = number(Tag::Compression).map(CompressionMethod::from_u16_exhaustive);
        let packing = match packing {
            Some(CompressionMethod::LZW) => Packing::Lzw,
            Some(CompressionMethod::Deflate | CompressionMethod::OldDeflate) => Packing::Deflate,
            _ => return None,
        };
        let has_differences = match number(Tag::Predictor).map_or(Some(Predictor::None), Predictor::from_u16)
        {
            Some(Predictor::None) => false,
            Some(Predictor::Horizontal) => true,
            _ => return None,
        };
        if number(Tag::PhotometricInterpretation) == Some(PhotometricInterpretation::WhiteIsZero.to_u16()) {
            return None;
        }
        let sample_bytes = samples.plain_bytes()?;
        let height = match decoder.get_chunk_type() {
            ChunkType::Strip => decoder.chunk_dimensions().1.clamp(1, size.height) as usize,
            ChunkType::Tile => return None,
        };
        let mut list = |tag| decoder.find_tag_unsigned_vec::<u64>(tag).ok().flatten();
        let (starts, lengths) = (list(Tag::StripOffsets)?, list(Tag::StripByteCounts)?);
        let is_big_endian = decoder.byte_order() == tiff::tags::ByteOrder::BigEndian;
        let channels = samples.stored;
        let places: Vec<_> = starts.into_iter().zip(lengths).collect();
        (places.len() >= (size.height as usize).div_ceil(height)).then_some(Self {
            packing,
            has_differences,
            is_big_endian,
            channels,
            sample_bytes,
            height,
            places,
        })
    }

    /// Hands all rows on.
    pub(super) fn read(
        &self,
        task: &Task<'_>,
        samples: &Samples,
        size: Size,
        shrinker: &mut Shrinker<'_>,
    ) -> Result<(), Refusal> {
        let row_bytes = size.width as usize * self.channels * self.sample_bytes;
        let mut strip = task.buffer(row_bytes * self.height)?;
        let mut row = Vec::with_capacity(size.width as usize * samples.layout.channels());
        let (mut rows_left, mut places) = (size.height as usize, self.places.iter());
        while rows_left > 0 {
            task.check_time()?;
            let rows = rows_left.min(self.height);
            rows_left -= rows;
            let packed =
                places.next().and_then(|place| within(task.source, *place)).ok_or(Refusal::Broken)?;
            let strip = &mut strip[..row_bytes * rows];
            match self.packing {
                Packing::Lzw => lzw::unpack(packed, strip),
                Packing::Deflate => inflate(packed, strip),
            }
            .ok_or(Refusal::Broken)?;
            for line in strip.chunks_exact_mut(row_bytes) {
                row.clear();
                self.light(line, samples, &mut row);
                samples.divide(&mut row);
                shrinker.push(&row)?;
            }
        }
        Ok(())
    }

    /// One byte for each sample of a row.
    fn light(&self, line: &mut [u8], samples: &Samples, row: &mut Vec<u8>) {
        if self.sample_bytes == 1 {
            if self.has_differences {
                match self.channels {
                    1 => add_left::<1>(line),
                    2 => add_left::<2>(line),
                    3 => add_left::<3>(line),
                    _ => add_left::<4>(line),
                }
            }
            samples.show(line, row);
            return;
        }
        let number = if self.is_big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
        match self.channels {
            1 => self.light_of_words::<1>(line, number, row),
            2 => self.light_of_words::<2>(line, number, row),
            3 => self.light_of_words::<3>(line, number, row),
            _ => self.light_of_words::<4>(line, number, row),
        }
    }

    /// The higher bytes of samples of two.
    fn light_of_words<const CHANNELS: usize>(
        &self,
        line: &[u8],
        number: impl Fn([u8; 2]) -> u16,
        row: &mut Vec<u8>,
    ) {
        let mut left = [0_u16; CHANNELS];
        for pixel in line.chunks_exact(2 * CHANNELS) {
            for (left, bytes) in left.iter_mut().zip(pixel.chunks_exact(2)) {
                let stored = number([bytes[0], bytes[1]]);
                *left = if self.has_differences { left.wrapping_add(stored) } else { stored };
            }
            row.extend(left.map(|sample| sample.to_be_bytes()[0]));
        }
    }
}

/// Adds each pixel to the one on its right.
fn add_left<const CHANNELS: usize>(line: &mut [u8]) {
    let mut left = [0_u8; CHANNELS];
    for pixel in line.chunks_exact_mut(CHANNELS) {
        for (left, sample) in left.iter_mut().zip(pixel) {
            *left = left.wrapping_add(*sample);
            *sample = *left;
        }
    }
}

fn within(source: &[u8], (start, length): (u64, u64)) -> Option<&[u8]> {
    let rest = source.get(usize::try_from(start).ok()?..)?;
    // some writers claim a little more than there is
    Some(&rest[..usize::try_from(length).ok()?.min(rest.len())])
}

/// Fills `out` with what `packed` holds, zlib's header before it.
fn inflate(packed: &[u8], out: &mut [u8]) -> Option<()> {
    let mut decoder = Decompressor::new();
    // damage shows in the picture, as in viewers
    decoder.ignore_adler32();
    let (mut rest, mut filled) = (packed, 0);
    while filled < out.len() {
        let (taken, given) = decoder.read(rest, out, filled, true).ok()?;
        if (taken, given) == (0, 0) {
            return None;
        }
        rest = &rest[taken..];
        filled += given;
    }
    Some(())
}
