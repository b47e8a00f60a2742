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

/// Inks as a common press prints them on coated paper: each light a polynomial of the second degree of the four inks,
/// fitted to the profile "U.S. Web Coated (SWOP)" and used so by readers of PDF.
fn without_profile(inks: &[u8]) -> [u8; 3] {
    // of the terms below
    const RED: [f32; 14] = [
        -4.39, 54.49, 18.82, 212.26, -285.23, 1.71, -5.61, -17.87, -5.5, -2.52, -21.25, 17.51, -21.86,
        -189.48,
    ];
    const GREEN: [f32; 14] =
        [8.84, 60.12, 6.87, 31.16, -79.3, -15.31, 17.58, 131.35, -190.95, 4.44, 9.86, -24.87, -20.74, -187.8];
    const BLUE: [f32; 14] =
        [0.88, 8.08, 30.9, -0.24, -14.18, 10.5, 63.02, 50.61, -112.24, 0.03, 115.6, -193.58, -22.34, -180.13];
    let [c, m, y, k] = [0, 1, 2, 3].map(|ink| f32::from(inks[ink]) / 255.0);
    let terms = [c * c, c * m, c * y, c * k, c, m * m, m * y, m * k, m, y * y, y * k, y, k * k, k];
    [RED, GREEN, BLUE].map(|weights| {
        let light: f32 = weights.iter().zip(terms).map(|(weight, term)| weight * term).sum();
        to_byte(255.0 + light)
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is beyond a byte becomes its end"
)]
fn to_byte(light: f32) -> u8 {
    (light + 0.5) as u8
}
