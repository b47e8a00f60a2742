//! JPEG, decoded at a fraction of its size.

mod feed;
mod segments;

use std::io;

use mozjpeg::{ColorSpace, Decompress};

pub(super) use self::segments::claimed_size;
use self::{feed::Feed, segments::Segments};
use super::{
    Decoded,
    pixels::Layout,
    refusal::Refusal,
    shrink::{Rows, Shrinker},
    task::{Size, Task},
};

/// Decodes the picture. Where the file ends within it, what is there is shown, as browsers do; the rest is grey.
pub(super) fn decode(task: &Task<'_>) -> Result<Decoded, Refusal> {
    let segments = Segments::of(task.source);
    if segments.scans > task.limits.scans {
        return Err(Refusal::TooManyScans { most: task.limits.scans });
    }
    if segments.is_empty {
        return Err(Refusal::Broken);
    }
    // before the decoder is asked for anything
    task.claim(segments.coefficients())?;
    let broken = |_: io::Error| task.check_time().err().unwrap_or(Refusal::Broken);
    let mut decoder = Decompress::new_reader(Feed::new(task)).map_err(broken)?;
    let size = task.size(decoder.width() as u64, decoder.height() as u64)?;
    let target = task.target(size);
    let eighths = eighths(size, target);
    decoder.scale(eighths);
    let (space, layout) = match decoder.color_space() {
        ColorSpace::JCS_GRAYSCALE => (ColorSpace::JCS_GRAYSCALE, Layout::Grey),
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => (ColorSpace::JCS_CMYK, Layout::Cmyk),
        _ => (ColorSpace::JCS_RGB, Layout::Rgb),
    };
    let mut started = decoder.to_colorspace(space).map_err(broken)?;
    let narrow = |side: usize| u32::try_from(side).map_err(|_| Refusal::Broken);
    let delivered = Size { width: narrow(started.width())?, height: narrow(started.height())? };
    let scale = f64::from(eighths) / 8.0;
    let filled = (f64::from(size.width) * scale, f64::from(size.height) * scale);
    let mut shrinker = Shrinker::new(task, Rows { size: delivered, filled, layout }, target);
    let mut row = vec![0_u8; started.width() * layout.channels()];
    for _ in 0..delivered.height {
        started.read_scanlines_into(&mut row).map_err(broken)?;
        shrinker.push(&row)?;
    }
    let mut pixels = shrinker.finish()?;
    if layout == Layout::Cmyk && segments.is_adobe {
        // Adobe writes light where others write ink
        pixels.samples.iter_mut().for_each(|sample| *sample = 255 - *sample);
    }
    Ok(Decoded { pixels, profile: segments.profile, orientation: segments.orientation })
}

/// The smallest fraction that is at least twice as large as the thumbnail, in eighths.
fn eighths(size: Size, target: Size) -> u8 {
    let (longest, wanted) = (size.width.max(size.height), target.width.max(target.height));
    u8::try_from((16 * wanted).div_ceil(longest)).unwrap_or(8).clamp(1, 8)
}
