//! Encodes thumbnails.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use webpx::{Encoder as WebpEncoder, Unstoppable};

use super::{
    Format,
    pixels::{Layout, Pixels},
    refusal::Refusal,
};

const QUALITY: u8 = 80;
/// Of 0 (quick) to 6 (small).
const WEBP_EFFORT: u8 = 2;

/// The file of a thumbnail. Nothing but the picture is in it.
pub(super) fn encode(pixels: Pixels, format: Format) -> Result<Vec<u8>, Refusal> {
    match format {
        Format::Jpeg => jpeg(&on_white(pixels)),
        Format::Webp => webp(&in_colour(pixels)),
    }
}

fn jpeg(pixels: &Pixels) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(pixels.samples.len() / 8);
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    let colours = if pixels.layout == Layout::Grey { ColorType::Luma } else { ColorType::Rgb };
    let side = |side| u16::try_from(side).map_err(|_| Refusal::Broken);
    let (width, height) = (side(pixels.size.width)?, side(pixels.size.height)?);
    encoder.encode(&pixels.samples, width, height, colours).map_err(|_| Refusal::Broken)?;
    Ok(bytes)
}

fn webp(pixels: &Pixels) -> Result<Vec<u8>, Refusal> {
    let Pixels { size, layout, samples } = pixels;
    let encoder = match layout {
        Layout::Rgba => WebpEncoder::new_rgba(samples, size.width, size.height),
        _ => WebpEncoder::new_rgb(samples, size.width, size.height),
    };
    let encoder = encoder.quality(f32::from(QUALITY)).method(WEBP_EFFORT);
    encoder.encode(Unstoppable).map_err(|_| Refusal::Broken)
}

/// Without transparency, which JPEG has not.
fn on_white(pixels: Pixels) -> Pixels {
    let mix = |sample: u8, alpha: u8| {
        let (sample, alpha) = (u32::from(sample), u32::from(alpha));
        u8::try_from((sample * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
    };
    match pixels.layout {
        Layout::GreyAlpha => pixels.map(Layout::Grey, |pixel| [mix(pixel[0], pixel[1])]),
        Layout::Rgba => {
            pixels.map(Layout::Rgb, |pixel| [0, 1, 2].map(|channel| mix(pixel[channel], pixel[3])))
        }
        Layout::Grey | Layout::Rgb | Layout::Cmyk => pixels,
    }
}

/// With red, green and blue, which WebP cannot do without.
fn in_colour(pixels: Pixels) -> Pixels {
    match pixels.layout {
        Layout::Grey => pixels.map(Layout::Rgb, |pixel| [pixel[0]; 3]),
        Layout::GreyAlpha => pixels.map(Layout::Rgba, |pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]),
        Layout::Rgb | Layout::Rgba | Layout::Cmyk => pixels,
    }
}
