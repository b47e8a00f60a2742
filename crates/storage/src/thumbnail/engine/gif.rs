//! GIF: its first frame, on the canvas.

use std::{io::Cursor, num::NonZeroU64};

use gif::{ColorOutput, DecodeOptions, MemoryLimit};

use super::{
    Decoded, orientation,
    pixels::Layout,
    refusal::Refusal,
    shrink::{Rows, Shrinker},
    task::Task,
};

/// Decodes the first frame. What it leaves free of the canvas is transparent.
pub(super) fn decode(task: &Task<'_>) -> Result<Decoded, Refusal> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    // a byte for each pixel
    options.set_memory_limit(
        NonZeroU64::new(task.limits.pixels).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes),
    );
    let mut decoder = options.read_info(Cursor::new(task.source)).map_err(|_| Refusal::Broken)?;
    let canvas = (u64::from(decoder.width()), u64::from(decoder.height()));
    let frame = decoder.next_frame_info().ok().flatten().ok_or(Refusal::Broken)?.clone();
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    // browsers make room where the first frame needs more than the canvas
    let size = task.size(canvas.0.max((left + width) as u64), canvas.1.max((top + height) as u64))?;
    let palette = decoder.palette().map_err(|_| Refusal::Broken)?.to_vec();
    let mut indices = task.buffer(decoder.buffer_size())?;
    decoder.read_into_buffer(&mut indices).map_err(|_| Refusal::Broken)?;

    let is_whole = (width, height) == (size.width as usize, size.height as usize);
    let layout = if is_whole && frame.transparent.is_none() { Layout::Rgb } else { Layout::Rgba };
    let channels = layout.channels();
    let colours: Vec<[u8; 4]> =
        (0..=u8::MAX).map(|index| colour(&palette, index, frame.transparent)).collect();
    let mut shrinker = Shrinker::new(task, Rows::whole(size, layout), task.target(size));
    let mut row = vec![0; size.width as usize * channels];
    let mut lines = indices.chunks_exact(width.max(1));
    for y in 0..size.height as usize {
        row.fill(0);
        if y >= top
            && let Some(line) = lines.next()
        {
            for (pixel, index) in row[left * channels..].chunks_exact_mut(channels).zip(line) {
                pixel.copy_from_slice(&colours[usize::from(*index)][..channels]);
            }
        }
        shrinker.push(&row)?;
    }
    let profile = decoder.icc_profile().map(<[u8]>::to_vec);
    Ok(Decoded { pixels: shrinker.finish()?, profile, orientation: orientation::UPRIGHT })
}

fn colour(palette: &[u8], index: u8, transparent: Option<u8>) -> [u8; 4] {
    if transparent == Some(index) {
        return [0; 4];
    }
    let start = usize::from(index) * 3;
    // an index beyond the palette is black
    palette.get(start..start + 3).map_or([0, 0, 0, 255], |rgb| [rgb[0], rgb[1], rgb[2], 255])
}
