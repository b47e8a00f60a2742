//! Turns an image into a thumbnail: upright, in sRGB, without any metadata.
//!
//! Pictures are read row by row and shrunk as they come, JPEG by a fraction of its size already while it is decoded, so
//! that a large one is held as a whole only where its format leaves no choice. Strangers make these bytes: everything
//! they say about themselves is checked against [`Limits`] before it costs anything.

mod bmp;
mod colour;
mod encode;
mod gif;
mod jpeg;
mod orientation;
mod pixels;
mod png;
mod refusal;
mod shrink;
mod task;
mod tiff;
mod webp;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::{pixels::Pixels, task::Task};
pub(crate) use self::{
    refusal::Refusal,
    task::{Leave, Limits},
};
use crate::sniff::sniff;

/// How a thumbnail is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    /// JPEG; what is transparent becomes white.
    Jpeg,
    /// WebP, with losses; what is transparent stays so.
    Webp,
}

/// What is wished for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The longest side in pixels. Smaller pictures keep their size.
    pub(crate) longest_side: u32,
    /// The format.
    pub(crate) format: Format,
}

/// A thumbnail.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Its bytes, in the format that was wished for.
    pub(crate) bytes: Vec<u8>,
}

/// A picture at the size of the thumbnail, and what its file says about colours and about where is up.
#[derive(Debug)]
struct Decoded {
    pixels: Pixels,
    /// ICC profile.
    profile: Option<Vec<u8>>,
    /// Orientation as EXIF numbers it.
    orientation: u8,
}

type Decoder = fn(&Task<'_>) -> Result<Decoded, Refusal>;

fn decoder(media_type: &str) -> Option<Decoder> {
    Some(match media_type {
        "image/jpeg" => jpeg::decode,
        "image/png" => png::decode,
        "image/gif" => gif::decode,
        "image/webp" => webp::decode,
        "image/bmp" => bmp::decode,
        "image/tiff" => tiff::decode,
        _ => return None,
    })
}

/// Whether thumbnails can be made of this media type.
pub(crate) fn reads(media_type: &str) -> bool {
    decoder(media_type).is_some()
}

/// Makes the thumbnail of the image file `source`. Before much memory is taken, `leave` is waited for, once.
///
/// # Errors
/// Why there can be none; the same every time, except for [`Refusal::TookTooLong`].
pub(crate) fn make(
    source: &[u8],
    wanted: &Wanted,
    limits: &Limits,
    leave: &Leave<'_>,
) -> Result<Picture, Refusal> {
    let task = Task::begin(source, wanted.longest_side, limits, leave)?;
    let media_type = sniff(source, "").media_type;
    let Some(decode) = decoder(&media_type) else {
        return Err(Refusal::Unsupported { media_type });
    };
    // decoders of foreign make meet foreign bytes: what they stumble over is a broken picture
    let made = catch_unwind(AssertUnwindSafe(|| {
        let Decoded { pixels, profile, orientation } = decode(&task)?;
        let pixels = colour::to_srgb(pixels, profile.as_deref());
        encode::encode(orientation::upright(pixels, orientation), wanted.format)
    }));
    match made {
        Ok(Ok(bytes)) => Ok(Picture { bytes }),
        Ok(Err(refusal)) => Err(refusal),
        // some decoders can only be stopped this way
        Err(_) => Err(task.check_time().err().unwrap_or(Refusal::Broken)),
    }
}
