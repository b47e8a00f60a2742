//! Samples of 1 to 32 bits, side by side or in planes, made into pixels of one byte a sample.

use super::super::pixels::Layout;

/// How samples are stored.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) layout: Layout,
    /// Samples that are stored for each pixel; at least as many as the layout has.
    stored: usize,
    bits: usize,
    is_float: bool,
    /// True where each kind of sample lies in a plane of its own.
    pub(super) is_planar: bool,
}

impl Samples {
    /// None where samples of this kind are not read.
    pub(super) fn new(
        layout: Layout,
        stored: usize,
        bits: u8,
        is_float: bool,
        is_planar: bool,
    ) -> Option<Self> {
        let is_known = match bits {
            32 => true,
            1 | 2 | 4 => !is_float && stored == 1,
            8 | 16 => !is_float,
            _ => false,
        };
        is_known.then_some(Self { layout, stored, bits: bits.into(), is_float, is_planar })
    }

    /// Appends row `y` of a chunk that is `width` pixels wide, its planes `plane` bytes apart. None where bytes are missing.
    pub(super) fn row(
        &self,
        chunk: &[u8],
        plane: usize,
        width: usize,
        y: usize,
        row: &mut Vec<u8>,
    ) -> Option<()> {
        let side_by_side = if self.is_planar { 1 } else { self.stored };
        let row_bytes = (width * side_by_side * self.bits).div_ceil(8);
        let line = |number: usize| chunk.get(number * plane + y * row_bytes..)?.get(..row_bytes);
        let channels = self.layout.channels();
        if self.bits < 8 {
            let line = line(0)?;
            row.extend((0..width).map(|x| self.packed(line, x)));
            return Some(());
        }
        if self.bits == 8 && !self.is_planar && self.stored == channels {
            row.extend_from_slice(line(0)?);
            return Some(());
        }
        let bytes = self.bits / 8;
        let mut planes = [&[][..]; 4];
        for (number, place) in planes.iter_mut().enumerate().take(channels) {
            *place = if self.is_planar { line(number)? } else { line(0)?.get(number * bytes..)? };
        }
        for x in 0..width {
            for plane in &planes[..channels] {
                row.push(self.sample(plane.get(x * side_by_side * bytes..)?.get(..bytes)?));
            }
        }
        Some(())
    }

    /// The sample at `x` of those that share bytes.
    fn packed(&self, line: &[u8], x: usize) -> u8 {
        let highest = (1_u16 << self.bits) - 1;
        let shift = 8 - self.bits - x * self.bits % 8;
        let value = u16::from(line[x * self.bits / 8]) >> shift & highest;
        u8::try_from(value * 255 / highest).unwrap_or(u8::MAX)
    }

    /// One sample, in the byte order of this machine.
    fn sample(&self, bytes: &[u8]) -> u8 {
        match *bytes {
            [sample] => sample,
            [a, b] => u8::try_from(u16::from_ne_bytes([a, b]) >> 8).unwrap_or(u8::MAX),
            [a, b, c, d] if self.is_float => light(f32::from_ne_bytes([a, b, c, d])),
            [a, b, c, d] => u8::try_from(u32::from_ne_bytes([a, b, c, d]) >> 24).unwrap_or(u8::MAX),
            _ => 0,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is beyond black and white, or no number, becomes black or white"
)]
fn light(value: f32) -> u8 {
    (value * 255.0 + 0.5) as u8
}
