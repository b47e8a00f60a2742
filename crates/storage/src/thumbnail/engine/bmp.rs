//! BMP: the common kinds from the file row by row, all others as a whole.

use std::io::Cursor;

use image::{ColorType, ImageDecoder, codecs::bmp::BmpDecoder};

use super::{
    Decoded, orientation,
    pixels::{Layout, Pixels},
    refusal::Refusal,
    shrink::{Rows, Shrinker},
    task::{Size, Task},
};

/// Decodes the picture.
pub(super) fn decode(task: &Task<'_>) -> Result<Decoded, Refusal> {
    let decoder = BmpDecoder::new(Cursor::new(task.source)).map_err(|_| Refusal::Broken)?;
    let (width, height) = decoder.dimensions();
    let size = task.size(width.into(), height.into())?;
    let pixels = match Plain::of(task.source, size) {
        Some(plain) => plain.shrink(task, size),
        None => whole(task, decoder, size),
    }?;
    Ok(Decoded { pixels, profile: None, orientation: orientation::UPRIGHT })
}

fn whole(task: &Task<'_>, decoder: BmpDecoder<Cursor<&[u8]>>, size: Size) -> Result<Pixels, Refusal> {
    let layout = match decoder.color_type() {
        ColorType::L8 => Layout::Grey,
        ColorType::Rgb8 => Layout::Rgb,
        ColorType::Rgba8 => Layout::Rgba,
        _ => return Err(Refusal::Broken),
    };
    let row_bytes = size.width as usize * layout.channels();
    let mut picture = task.buffer(row_bytes * size.height as usize)?;
    if decoder.total_bytes() != picture.len() as u64 {
        return Err(Refusal::Broken);
    }
    decoder.read_image(&mut picture).map_err(|_| Refusal::Broken)?;
    let mut shrinker = Shrinker::new(task, Rows::whole(size, layout), task.target(size));
    picture.chunks_exact(row_bytes).try_for_each(|row| shrinker.push(row))?;
    shrinker.finish()
}

/// A file with three or four bytes a pixel, blue first, and nothing packed.
struct Plain<'a> {
    rows: &'a [u8],
    pixel_bytes: usize,
    /// Bytes of a row, which ends at a multiple of four.
    stride: usize,
    is_top_down: bool,
}

impl<'a> Plain<'a> {
    fn of(source: &'a [u8], size: Size) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(*source.get(at..)?.first_chunk()?));
        // 0: nothing is packed
        if number(14)? < 40 || number(30)? != 0 {
            return None;
        }
        let pixel_bytes = match number(28)? & 0xffff {
            24 => 3,
            32 => 4,
            _ => return None,
        };
        let stride = (size.width as usize * pixel_bytes).next_multiple_of(4);
        let start = usize::try_from(number(10)?).ok()?;
        let rows = source.get(start..)?.get(..stride * size.height as usize)?;
        // a negative height
        let is_top_down = number(22)? > i32::MAX.unsigned_abs();
        Some(Self { rows, pixel_bytes, stride, is_top_down })
    }

    fn shrink(&self, task: &Task<'_>, size: Size) -> Result<Pixels, Refusal> {
        let mut shrinker = Shrinker::new(task, Rows::whole(size, Layout::Rgb), task.target(size));
        let mut row = vec![0; size.width as usize * 3];
        let mut push = |line: &[u8]| {
            for (rgb, bgr) in row.chunks_exact_mut(3).zip(line.chunks_exact(self.pixel_bytes)) {
                rgb.copy_from_slice(&[bgr[2], bgr[1], bgr[0]]);
            }
            shrinker.push(&row)
        };
        let mut lines = self.rows.chunks_exact(self.stride);
        if self.is_top_down {
            lines.try_for_each(&mut push)?;
        } else {
            lines.rev().try_for_each(&mut push)?;
        }
        shrinker.finish()
    }
}
