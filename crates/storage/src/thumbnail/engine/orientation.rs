//! Turns pictures the way their camera was held.

use image::metadata::Orientation;

use super::{pixels::Pixels, task::Size};

/// As EXIF numbers it: nothing is to be done.
pub(super) const UPRIGHT: u8 = 1;

/// The orientation that an EXIF block tells.
pub(super) fn from_exif(block: &[u8]) -> u8 {
    // JPEG has a name before it, and some programs write that into other files too
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    Orientation::from_exif_chunk(block).map_or(UPRIGHT, Orientation::to_exif)
}

/// The picture as it is to be looked at.
pub(super) fn upright(pixels: Pixels, orientation: u8) -> Pixels {
    let Size { width, height } = pixels.size;
    let (right, bottom) = (width - 1, height - 1);
    // where the pixel at (x, y) of the upright picture comes from
    let from: fn(u32, u32, u32, u32) -> (u32, u32) = match orientation {
        2 => |x, y, right, _| (right - x, y),
        3 => |x, y, right, bottom| (right - x, bottom - y),
        4 => |x, y, _, bottom| (x, bottom - y),
        5 => |x, y, _, _| (y, x),
        6 => |x, y, _, bottom| (y, bottom - x),
        7 => |x, y, right, bottom| (right - y, bottom - x),
        8 => |x, y, right, _| (right - y, x),
        _ => return pixels,
    };
    let size = if orientation >= 5 { Size { width: height, height: width } } else { pixels.size };
    let channels = pixels.layout.channels();
    let mut samples = Vec::with_capacity(pixels.samples.len());
    for y in 0..size.height {
        for x in 0..size.width {
            let (column, row) = from(x, y, right, bottom);
            let start = (row as usize * width as usize + column as usize) * channels;
            samples.extend_from_slice(&pixels.samples[start..start + channels]);
        }
    }
    Pixels { size, layout: pixels.layout, samples }
}
