//! Shrinks a picture to its final size while its rows come in.
//!
//! First blocks of pixels are averaged, to no less than twice the final size, which is cheap; then a Lanczos filter goes
//! over what is left, across as the rows come and down at the end. So no more is held than a picture of final width.

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

use super::{
    pixels::{Layout, Pixels},
    refusal::Refusal,
    task::{Size, Task},
};

/// Largest block: so many bytes fit into the sum of one column.
const MAX_BLOCK: u32 = 128;
/// Rows that are filtered across at once.
const BAND: usize = 64;

/// A picture as its rows are delivered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    /// Columns and rows.
    pub(super) size: Size,
    /// How much of them the picture fills: a decoder that scales rounds up to whole pixels.
    pub(super) filled: (f64, f64),
    pub(super) layout: Layout,
}

impl Rows {
    /// Rows that the picture fills.
    pub(super) fn whole(size: Size, layout: Layout) -> Self {
        Self { size, filled: (f64::from(size.width), f64::from(size.height)), layout }
    }
}

/// Takes rows, gives the small picture.
pub(super) struct Shrinker<'t> {
    task: &'t Task<'t>,
    rows: Rows,
    target: Size,
    /// Columns and rows of a block.
    block: u32,
    rows_seen: u32,
    /// The sums of the rows of the current blocks, for each sample of a row.
    sums: Vec<u16>,
    /// Rows of blocks that are not filtered yet.
    band: Vec<u8>,
    /// Rows of final width.
    narrow: Vec<u8>,
    resizer: Resizer,
}

impl<'t> Shrinker<'t> {
    /// Makes a picture of the size `target` from `rows`.
    pub(super) fn new(task: &'t Task<'t>, rows: Rows, target: Size) -> Self {
        let longest = rows.size.width.max(rows.size.height);
        let block = (longest / (2 * target.width.max(target.height))).clamp(1, MAX_BLOCK);
        let samples = rows.size.width as usize * rows.layout.channels();
        let sums = if block > 1 { vec![0; samples] } else { Vec::new() };
        let resizer = Resizer::new();
        let (band, narrow) = (Vec::new(), Vec::new());
        Self { task, rows, target, block, rows_seen: 0, sums, band, narrow, resizer }
    }

    /// The next row, from top to bottom.
    pub(super) fn push(&mut self, row: &[u8]) -> Result<(), Refusal> {
        let samples = self.rows.size.width as usize * self.rows.layout.channels();
        if row.len() != samples || self.rows_seen == self.rows.size.height {
            return Err(Refusal::Broken);
        }
        self.rows_seen += 1;
        let is_last = self.rows_seen == self.rows.size.height;
        if self.block == 1 {
            self.band.extend_from_slice(row);
        } else {
            add(&mut self.sums, row, self.rows.layout);
            if self.rows_seen.is_multiple_of(self.block) || is_last {
                self.average();
            }
        }
        if is_last || self.band.len() >= BAND * self.band_width() * self.rows.layout.channels() {
            self.task.check_time()?;
            self.narrow()?;
        }
        Ok(())
    }

    /// The small picture, when all rows have come.
    pub(super) fn finish(mut self) -> Result<Pixels, Refusal> {
        let Size { width, height } = self.target;
        let layout = self.rows.layout;
        if self.rows_seen < self.rows.size.height {
            return Err(Refusal::Broken);
        }
        let rows = self.narrow.len() / (width as usize * layout.channels());
        let filled = filled(self.rows.filled.1, self.block, rows);
        let narrow = std::mem::take(&mut self.narrow);
        let across = f64::from(width);
        let samples = self.filter(&narrow, (width, rows), (across, filled), height)?;
        Ok(Pixels { size: self.target, layout, samples })
    }

    /// Columns of blocks.
    fn band_width(&self) -> usize {
        self.rows.size.width.div_ceil(self.block) as usize
    }

    /// One row of blocks is complete.
    fn average(&mut self) {
        let channels = self.rows.layout.channels();
        let block = self.block as usize;
        let rows = match self.rows_seen % self.block {
            0 => self.block,
            rest => rest,
        };
        for columns in self.sums.chunks(block * channels) {
            let mut sums = [0_u32; 4];
            for pixel in columns.chunks_exact(channels) {
                for (sum, sample) in sums.iter_mut().zip(pixel) {
                    *sum += u32::from(*sample);
                }
            }
            let count = rows * u32::try_from(columns.len() / channels).unwrap_or(1);
            let (colours, alpha) =
                sums[..channels].split_at(if self.rows.layout.has_alpha() { channels - 1 } else { channels });
            let weight = alpha.first().copied();
            for sum in colours {
                let mean = match weight {
                    None => (sum + count / 2) / count,
                    // nothing is seen of it
                    Some(0) => 0,
                    Some(alpha) => (sum * 255 + alpha / 2) / alpha,
                };
                self.band.push(u8::try_from(mean).unwrap_or(u8::MAX));
            }
            if let Some(alpha) = weight {
                self.band.push(u8::try_from((alpha + count / 2) / count).unwrap_or(u8::MAX));
            }
        }
        self.sums.fill(0);
    }

    /// Filters the band across.
    fn narrow(&mut self) -> Result<(), Refusal> {
        let width = self.band_width();
        let rows = self.band.len() / (width * self.rows.layout.channels());
        let filled = filled(self.rows.filled.0, self.block, width);
        let band = std::mem::take(&mut self.band);
        let down = u32::try_from(rows).map_err(|_| Refusal::Broken)?;
        let columns = u32::try_from(width).map_err(|_| Refusal::Broken)?;
        let narrow = self.filter(&band, (columns, rows), (filled, f64::from(down)), down)?;
        self.narrow.extend_from_slice(&narrow);
        self.band = band;
        self.band.clear();
        Ok(())
    }

    /// The part `filled` of a picture of `from` columns and rows, made as wide as the thumbnail and `height` rows high.
    fn filter(
        &mut self,
        samples: &[u8],
        from: (u32, usize),
        filled: (f64, f64),
        height: u32,
    ) -> Result<Vec<u8>, Refusal> {
        let layout = self.rows.layout;
        let rows = u32::try_from(from.1).map_err(|_| Refusal::Broken)?;
        let source =
            ImageRef::new(from.0, rows, samples, layout.pixel_type()).map_err(|_| Refusal::Broken)?;
        let mut small = Image::new(self.target.width, height, layout.pixel_type());
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
            .crop(0.0, 0.0, filled.0, filled.1)
            .use_alpha(layout.has_alpha());
        self.resizer.resize(&source, &mut small, &options).map_err(|_| Refusal::Broken)?;
        Ok(small.into_vec())
    }
}

/// How many of `blocks` are filled by so many pixels; one at least, for a filter to have something.
fn filled(pixels: f64, block: u32, blocks: usize) -> f64 {
    let blocks = u32::try_from(blocks).map_or(1.0, f64::from);
    (pixels / f64::from(block)).clamp(1.0, blocks.max(1.0))
}

/// Adds a row to the sums of its columns, colours weighted by their opacity.
fn add(sums: &mut [u16], row: &[u8], layout: Layout) {
    if !layout.has_alpha() {
        for (sum, sample) in sums.iter_mut().zip(row) {
            *sum += u16::from(*sample);
        }
        return;
    }
    let channels = layout.channels();
    for (sums, pixel) in sums.chunks_exact_mut(channels).zip(row.chunks_exact(channels)) {
        let alpha = u16::from(pixel[channels - 1]);
        for (sum, sample) in sums.iter_mut().zip(&pixel[..channels - 1]) {
            *sum += (u16::from(*sample) * alpha + 127) / 255;
        }
        sums[channels - 1] += alpha;
    }
}
