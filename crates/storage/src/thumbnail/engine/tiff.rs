//! TIFF: the first picture of a file, strip by strip or by rows of tiles.

mod embedded;
mod lzw;
mod palette;
mod samples;
mod strips;

use tiff::{
    ColorType,
    decoder::{ChunkType, Decoder, Limits},
    tags::{CompressionMethod, ExtraSamples, PlanarConfiguration, SampleFormat, Tag},
};

use self::{palette::Shown, samples::Samples, strips::Strips};
use super::{
    Decoded, colour, orientation,
    pixels::Layout,
    refusal::Refusal,
    shrink::{Rows, Shrinker},
    task::{Size, Task},
};

/// Lists of places of strips are the longest values.
const MAX_VALUE: usize = 4 * 1024 * 1024;

type Tiff<'a> = Decoder<Shown<'a>>;

/// Decodes the picture.
pub(super) fn decode(task: &Task<'_>) -> Result<Decoded, Refusal> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = task.limits.buffer;
    limits.intermediate_buffer_size = task.limits.buffer;
    limits.ifd_value_size = MAX_VALUE;
    let shown = Shown::new(task.source);
    let has_palette = shown.has_palette();
    let mut decoder = Decoder::new(shown).map_err(|_| Refusal::Broken)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(|_| Refusal::Broken)?;
    let size = task.size(width.into(), height.into())?;
    let kind = decoder.colortype().map_err(|_| Refusal::Broken)?;
    let mut samples = samples_of(&mut decoder, kind)?;
    if has_palette {
        if samples.stored != 1 {
            return Err(Refusal::Broken);
        }
        let colours = palette::colours(&mut decoder, kind.bit_depth());
        samples = samples.with_palette(colours.ok_or(Refusal::Broken)?);
    }
    let mut shrinker = Shrinker::new(task, Rows::whole(size, samples.layout), task.target(size));
    if decoder.find_tag_unsigned(Tag::Compression).ok().flatten()
        == Some(CompressionMethod::ModernJPEG.to_u16())
    {
        embedded::check(task, &mut decoder)?;
    }
    if let Some(strips) = Strips::of(&mut decoder, &samples, size) {
        strips.read(task, &samples, size, &mut shrinker)?;
    } else {
        Bands::of(&mut decoder, size)?.read(task, &mut decoder, &samples, &mut shrinker)?;
    }
    let orientation =
        decoder.find_tag_unsigned(Tag::Orientation).ok().flatten().unwrap_or(orientation::UPRIGHT);
    let profile = decoder.find_tag(Tag::IccProfile).ok().flatten().and_then(|value| value.into_u8_vec().ok());
    let profile = profile.filter(|profile| profile.len() <= colour::MAX_PROFILE);
    let mut pixels = shrinker.finish()?;
    if matches!(kind, ColorType::YCbCr(_)) {
        // averages are the same before and after
        pixels = pixels.map(Layout::Rgb, rgb);
    }
    Ok(Decoded { pixels, profile, orientation })
}

/// Red, green and blue from brightness and differences, as JPEG has them.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn rgb(pixel: &[u8]) -> [u8; 3] {
    let [luma, blue, red] = [0, 1, 2].map(|channel| f32::from(pixel[channel]));
    let (blue, red) = (blue - 128.0, red - 128.0);
    [luma + 1.402 * red, luma - 0.344_14 * blue - 0.714_14 * red, luma + 1.772 * blue]
        .map(|light| light.round().clamp(0.0, 255.0) as u8)
}

/// How samples become pixels.
fn samples_of(decoder: &mut Tiff<'_>, kind: ColorType) -> Result<Samples, Refusal> {
    let (layout, stored, bits) = match kind {
        ColorType::Gray(bits) => (Layout::Grey, 1, bits),
        ColorType::GrayA(bits) | ColorType::Multiband { bit_depth: bits, num_samples: 2 } => {
            (Layout::GreyAlpha, 2, bits)
        }
        ColorType::RGB(bits) | ColorType::YCbCr(bits) => (Layout::Rgb, 3, bits),
        ColorType::RGBA(bits) => (Layout::Rgba, 4, bits),
        ColorType::CMYK(bits) => (Layout::Cmyk, 4, bits),
        ColorType::CMYKA(bits) => (Layout::Cmyk, 5, bits),
        _ => return Err(Refusal::Broken),
    };
    let number = |decoder: &mut Tiff<'_>, tag| decoder.find_tag_unsigned::<u16>(tag).ok().flatten();
    let formats = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).ok().flatten();
    let format = formats.and_then(|formats| formats.first().copied()).unwrap_or(1);
    let is_float = format == SampleFormat::IEEEFP.to_u16();
    if !is_float && format != SampleFormat::Uint.to_u16() {
        return Err(Refusal::Broken);
    }
    let is_planar =
        number(decoder, Tag::PlanarConfiguration) == Some(PlanarConfiguration::Planar.to_u16()) && stored > 1;
    let samples = Samples::new(layout, stored, bits, is_float, is_planar).ok_or(Refusal::Broken)?;
    let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten();
    let is_multiplied =
        extra.and_then(|kinds| kinds.first().copied()) == Some(ExtraSamples::AssociatedAlpha.to_u16());
    Ok(if is_multiplied { samples.multiplied() } else { samples })
}

/// A picture cut across, each band one strip or one row of tiles.
struct Bands {
    /// Chunks side by side.
    across: u32,
    /// Bands.
    down: u32,
    size: Size,
}

impl Bands {
    fn of(decoder: &mut Tiff<'_>, size: Size) -> Result<Self, Refusal> {
        let (width, height) = decoder.chunk_dimensions();
        let across = match decoder.get_chunk_type() {
            ChunkType::Strip => 1,
            ChunkType::Tile if width > 0 => size.width.div_ceil(width),
            ChunkType::Tile => return Err(Refusal::Broken),
        };
        let height = height.clamp(1, size.height);
        Ok(Self { across, down: size.height.div_ceil(height), size })
    }

    fn read(
        &self,
        task: &Task<'_>,
        decoder: &mut Tiff<'_>,
        samples: &Samples,
        shrinker: &mut Shrinker<'_>,
    ) -> Result<(), Refusal> {
        let row_bytes = self.size.width as usize * samples.layout.channels();
        // one chunk of full width needs no copy of a band
        let mut band = Vec::new();
        let mut row = Vec::with_capacity(row_bytes);
        for number in 0..self.down {
            band.clear();
            for column in 0..self.across {
                task.check_time()?;
                let chunk = Chunk::read(task, decoder, samples, number * self.across + column)?;
                for y in 0..chunk.height {
                    row.clear();
                    samples
                        .row(&chunk.bytes, chunk.plane, chunk.width, y, &mut row)
                        .ok_or(Refusal::Broken)?;
                    if self.across == 1 {
                        shrinker.push(&row)?;
                        continue;
                    }
                    if column == 0 && y == 0 {
                        band = task.buffer(row_bytes * chunk.height)?;
                    }
                    let start = y * row_bytes + column as usize * self.tile_bytes(decoder, samples);
                    let place = band.get_mut(start..start + row.len()).ok_or(Refusal::Broken)?;
                    place.copy_from_slice(&row);
                }
            }
            band.chunks_exact(row_bytes).try_for_each(|row| shrinker.push(row))?;
        }
        Ok(())
    }

    /// Bytes of a row of a whole tile.
    fn tile_bytes(&self, decoder: &Tiff<'_>, samples: &Samples) -> usize {
        decoder.chunk_dimensions().0.min(self.size.width) as usize * samples.layout.channels()
    }
}

/// A strip or tile, without what lies beyond the picture.
struct Chunk {
    bytes: Vec<u8>,
    /// Bytes from one plane to the next.
    plane: usize,
    width: usize,
    height: usize,
}

impl Chunk {
    fn read(task: &Task<'_>, decoder: &mut Tiff<'_>, samples: &Samples, index: u32) -> Result<Self, Refusal> {
        let unit = tiff::decoder::TiffCodingUnit(index);
        let layout = decoder.image_coding_unit_layout(unit).map_err(|_| Refusal::Broken)?;
        let (width, height) = decoder.chunk_data_dimensions(index);
        let mut bytes = task.buffer(layout.complete_len)?;
        decoder.read_coding_unit_bytes(unit, &mut bytes).map_err(|_| Refusal::Broken)?;
        let plane =
            if samples.is_planar { layout.plane_stride.map_or(0, std::num::NonZeroUsize::get) } else { 0 };
        Ok(Self { bytes, plane, width: width as usize, height: height as usize })
    }
}
