//! PNG, and the first picture of animated ones.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Reader, Transformations};

use super::{
    Decoded, orientation,
    pixels::Layout,
    refusal::Refusal,
    shrink::{Rows, Shrinker},
    task::{Size, Task},
};

/// For the profile and a few rows.
const MEMORY: usize = 32 * 1024 * 1024;

/// Decodes the picture row by row; an interlaced one as a whole.
pub(super) fn decode(task: &Task<'_>) -> Result<Decoded, Refusal> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(task.source), Limits { bytes: MEMORY });
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let header = decoder.read_header_info().map_err(|_| Refusal::Broken)?;
    let size = task.size(header.width.into(), header.height.into())?;
    let mut reader = decoder.read_info().map_err(|_| Refusal::Broken)?;
    let layout = match reader.output_color_type().0 {
        ColorType::Grayscale => Layout::Grey,
        ColorType::GrayscaleAlpha => Layout::GreyAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => return Err(Refusal::Broken),
    };
    let mut shrinker = Shrinker::new(task, Rows::whole(size, layout), task.target(size));
    let row_bytes = size.width as usize * layout.channels();
    if reader.info().interlaced {
        whole(task, &mut reader, size, row_bytes, &mut shrinker)?;
    } else {
        let mut row = vec![0; row_bytes];
        for _ in 0..size.height {
            reader.read_row(&mut row).ok().flatten().ok_or(Refusal::Broken)?;
            shrinker.push(&row)?;
        }
    }
    let profile = reader.info().icc_profile.as_deref().map(<[u8]>::to_vec);
    Ok(Decoded { pixels: shrinker.finish()?, profile, orientation: orientation_of(task.source) })
}

fn whole(
    task: &Task<'_>,
    reader: &mut Reader<Cursor<&[u8]>>,
    size: Size,
    row_bytes: usize,
    shrinker: &mut Shrinker<'_>,
) -> Result<(), Refusal> {
    let mut picture = task.buffer(row_bytes * size.height as usize)?;
    if reader.output_buffer_size() != Some(picture.len()) {
        return Err(Refusal::Broken);
    }
    reader.next_frame(&mut picture).map_err(|_| Refusal::Broken)?;
    picture.chunks_exact(row_bytes).try_for_each(|row| shrinker.push(row))
}

/// What the EXIF chunk says, which may stand behind the picture.
fn orientation_of(source: &[u8]) -> u8 {
    let mut rest = source.get(8..).unwrap_or_default();
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some(body) = length.checked_add(4).and_then(|end| after.get(4..end)) else { break };
        if after.starts_with(b"eXIf") {
            return orientation::from_exif(body);
        }
        // then comes a checksum
        rest = after.get(length + 8..).unwrap_or_default();
    }
    orientation::UPRIGHT
}
