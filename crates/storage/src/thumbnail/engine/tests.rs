//! What comes out of pictures that are made here, good and bad.

mod formats;
mod hostile;
mod looks;
mod memory;
mod samples;
mod tiffs;

use std::time::Duration;

use image::{DynamicImage, GenericImageView as _, Rgba};

use super::{Format, Limits, Picture, Refusal, Wanted};

/// The engine, where any memory may be taken.
fn make(source: &[u8], wanted: &Wanted, limits: &Limits) -> Result<Picture, Refusal> {
    super::make(source, wanted, limits, &|| Ok(()))
}

/// The thumbnail, decoded.
fn thumbnail(source: &[u8], longest_side: u32, format: Format) -> DynamicImage {
    let picture = make(source, &Wanted { longest_side, format }, &Limits::default()).unwrap();
    image::load_from_memory(&picture.bytes).unwrap()
}

fn refusal(source: &[u8]) -> Refusal {
    refusal_within(source, &Limits::default())
}

fn refusal_within(source: &[u8], limits: &Limits) -> Refusal {
    make(source, &Wanted { longest_side: 160, format: Format::Jpeg }, limits).unwrap_err()
}

/// Limits under which hostile pictures are tried: what passes them is cheap.
fn tight() -> Limits {
    Limits { pixels: 4_000_000, buffer: 64 * 1024 * 1024, time: Duration::from_secs(5), ..Limits::default() }
}

#[track_caller]
fn assert_near(picture: &DynamicImage, at: (u32, u32), expected: [u8; 4]) {
    let Rgba(found) = picture.get_pixel(at.0, at.1);
    let is_near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 24);
    assert!(is_near, "{found:?} at {at:?} of {:?}, not {expected:?}", picture.dimensions());
}
