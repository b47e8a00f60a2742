//! Samples of 1 to 32 bits, side by side or in planes, made into pixels of one byte a sample.

use super::super::pixels::Layout;

/// How samples are stored.
#[derive(Debug)]
pub(super) struct Samples {
    /// What they are made into.
    pub(super) layout: Layout,
    /// Samples that are stored for each pixel; at least as many as the layout has, unless there is a palette.
    pub(super) stored: usize,
    bits: usize,
    is_float: bool,
    /// True where each kind of sample lies in a plane of its own.
    pub(super) is_planar: bool,
    /// The colours that samples stand for.
    palette: Option<Vec<[u8; 3]>>,
    /// True where colours are stored multiplied by the opacity.
    is_multiplied: bool,
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
        is_known.then_some(Self {
            layout,
            stored,
            bits: bits.into(),
            is_float,
            is_planar,
            palette: None,
            is_multiplied: false,
        })
    }

    /// The same, one sample a pixel, which stands for one of these colours.
    pub(super) fn with_palette(self, colours: Vec<[u8; 3]>) -> Self {
        Self { layout: Layout::Rgb, palette: Some(colours), ..self }
    }

    /// The same, with colours that are stored multiplied by the opacity.
    pub(super) fn multiplied(self) -> Self {
        Self { is_multiplied: self.layout.has_alpha(), ..self }
    }

    /// Bytes of a sample, where all that is stored is whole bytes side by side and shown.
    pub(super) fn plain_bytes(&self) -> Option<usize> {
        let is_shown = match &self.palette {
            Some(_) => self.bits == 8,
            None => self.stored == self.layout.channels(),
        };
        (is_shown && !self.is_planar && !self.is_float && matches!(self.bits, 8 | 16))
            .then_some(self.bits / 8)
    }

    /// Appends what one byte for each stored sample means.
    pub(super) fn show(&self, samples: &[u8], row: &mut Vec<u8>) {
        match &self.palette {
            Some(colours) => row.extend(samples.iter().flat_map(|sample| colour(colours, *sample))),
            None => row.extend_from_slice(samples),
        }
    }

    /// Brings colours of a whole row to what they are before they are multiplied.
    pub(super) fn divide(&self, row: &mut [u8]) {
        if !self.is_multiplied {
            return;
        }
        for pixel in row.chunks_exact_mut(self.layout.channels()) {
            let Some((alpha, colours)) = pixel.split_last_mut() else { continue };
            let alpha = u16::from(*alpha).max(1);
            for colour in colours {
                *colour = u8::try_from((u16::from(*colour) * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX);
            }
        }
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
        let start = row.len();
        if self.bits < 8 {
            let line = line(0)?;
            match &self.palette {
                Some(colours) => {
                    row.extend((0..width).flat_map(|x| colour(colours, self.packed(line, x))));
                }
                None => row.extend((0..width).map(|x| self.stretched(self.packed(line, x)))),
            }
            return Some(());
        }
        if self.plain_bytes() == Some(1) {
            self.show(line(0)?, row);
            self.divide(row.get_mut(start..)?);
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
        self.divide(row.get_mut(start..)?);
        Some(())
    }

    /// The sample at `x` of those that share bytes.
    fn packed(&self, line: &[u8], x: usize) -> u8 {
        let shift = 8 - self.bits - x * self.bits % 8;
        line[x * self.bits / 8] >> shift & self.highest()
    }

    /// The highest sample of those that share bytes.
    fn highest(&self) -> u8 {
        u8::MAX >> (8 - self.bits)
    }

    /// Such a sample, from black to white.
    fn stretched(&self, sample: u8) -> u8 {
        u8::try_from(u16::from(sample) * 255 / u16::from(self.highest())).unwrap_or(u8::MAX)
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

/// A colour of a palette; what is beyond it is black.
fn colour(colours: &[[u8; 3]], sample: u8) -> [u8; 3] {
    colours.get(usize::from(sample)).copied().unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is beyond black and white, or no number, becomes black or white"
)]
fn light(value: f32) -> u8 {
    (value * 255.0 + 0.5) as u8
}
