//! Brings colours to sRGB.

use std::panic::{AssertUnwindSafe, catch_unwind};

use moxcms::{ColorProfile, DataColorSpace, Layout as Channels, ParsingOptions, TransformOptions};

use super::pixels::{Layout, Pixels};

/// The largest profiles, those of printing presses, have about 2 MiB.
pub(super) const MAX_PROFILE: usize = 8 * 1024 * 1024;

/// The picture in sRGB. A profile that is broken, or not one for this picture, is as good as none.
pub(super) fn to_srgb(pixels: Pixels, profile: Option<&[u8]>) -> Pixels {
    let converted = profile.and_then(|profile| {
        // a library of foreign make meets foreign bytes
        catch_unwind(AssertUnwindSafe(|| convert(&pixels, profile))).ok().flatten()
    });
    match converted {
        Some(converted) => converted,
        None if pixels.layout == Layout::Cmyk => pixels.map(Layout::Rgb, without_profile),
        None => pixels,
    }
}

fn convert(pixels: &Pixels, profile: &[u8]) -> Option<Pixels> {
    let options = ParsingOptions { max_profile_size: MAX_PROFILE, ..ParsingOptions::default() };
    let profile = ColorProfile::new_from_slice_with_options(profile, options).ok()?;
    let (space, from, to, layout) = match pixels.layout {
        Layout::Grey => (DataColorSpace::Gray, Channels::Gray, Channels::Rgb, Layout::Rgb),
        Layout::GreyAlpha => (DataColorSpace::Gray, Channels::GrayAlpha, Channels::Rgba, Layout::Rgba),
        Layout::Rgb => (DataColorSpace::Rgb, Channels::Rgb, Channels::Rgb, Layout::Rgb),
        Layout::Rgba => (DataColorSpace::Rgb, Channels::Rgba, Channels::Rgba, Layout::Rgba),
        // the library has no name of its own for four inks
        Layout::Cmyk => (DataColorSpace::Cmyk, Channels::Rgba, Channels::Rgb, Layout::Rgb),
    };
    if profile.color_space != space {
        return None;
    }
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
    let count = pixels.samples.len() / pixels.layout.channels();
    let mut samples = vec![0; count * layout.channels()];
    transform.transform(&pixels.samples, &mut samples).ok()?;
    Some(Pixels { size: pixels.size, layout, samples })
}

/// Inks as ideal filters.
fn without_profile(inks: &[u8]) -> [u8; 3] {
    let light = |ink: u8| 255 - u32::from(ink);
    let black = light(inks[3]);
    [inks[0], inks[1], inks[2]].map(|ink| u8::try_from((light(ink) * black + 127) / 255).unwrap_or(u8::MAX))
}
