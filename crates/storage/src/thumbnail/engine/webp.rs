//! WebP, and the first frame of animated ones, on the canvas.

use webpx::{BitstreamFormat, Decoder, DecoderConfig, ImageInfo, Limits};

use super::{
    Decoded, orientation,
    pixels::{Layout, Pixels},
    refusal::Refusal,
    shrink::{Rows, Shrinker},
    task::{Size, Task},
};

/// Bytes of the header of a frame of an animation.
const FRAME_HEADER: usize = 16;

/// Decodes the picture.
pub(super) fn decode(task: &Task<'_>) -> Result<Decoded, Refusal> {
    let about = about(task.source)?;
    let size = task.size(about.width.into(), about.height.into())?;
    let file = task.source.get(12..).unwrap_or_default();
    let pixels = if about.has_animation {
        let frame = chunk(file, *b"ANMF").and_then(Frame::of).ok_or(Refusal::Broken)?;
        let image = Image::of(task, &frame.still(), None)?;
        shrink(task, &image, size, (frame.left, frame.top))
    } else {
        let image = Image::of(task, task.source, Some(task.target(size)))?;
        let canvas = if image.is_reduced { image.size } else { size };
        shrink(task, &image, canvas, (0, 0))
    }?;
    let profile = chunk(file, *b"ICCP").map(<[u8]>::to_vec);
    let orientation = chunk(file, *b"EXIF").map_or(orientation::UPRIGHT, orientation::from_exif);
    Ok(Decoded { pixels, profile, orientation })
}

fn about(file: &[u8]) -> Result<ImageInfo, Refusal> {
    ImageInfo::from_webp(file).map_err(|_| Refusal::Broken)
}

/// A picture as it comes from the decoder.
struct Image {
    samples: Vec<u8>,
    size: Size,
    has_alpha: bool,
    /// True where it was decoded smaller than it is.
    is_reduced: bool,
}

impl Image {
    /// Decodes a still picture: at twice the size of the thumbnail, where that is given and less. One with transparency
    /// is not reduced: the decoder would mix the colours of what is not seen into the rest.
    fn of(task: &Task<'_>, file: &[u8], thumbnail: Option<Size>) -> Result<Self, Refusal> {
        let ImageInfo { width, height, has_alpha, format, .. } = about(file)?;
        let whole = task.size(width.into(), height.into())?;
        let twice = thumbnail.map(|small| Size { width: small.width * 2, height: small.height * 2 });
        let reduced =
            twice.filter(|twice| !has_alpha && twice.width < whole.width && twice.height < whole.height);
        let channels = if has_alpha { 4 } else { 3 };
        let bytes = |size: Size, channels: usize| size.width as usize * size.height as usize * channels;
        // without losses it is held as a whole in any case, four bytes a pixel
        let inner = if format == BitstreamFormat::Lossy { 0 } else { bytes(whole, 4) };
        task.claim(inner + bytes(reduced.unwrap_or(whole), channels))?;
        // the limits are this engine's
        let mut config = DecoderConfig::new().limits(Limits::none());
        if let Some(Size { width, height }) = reduced {
            config = config.scale(width, height);
        }
        let decoder = Decoder::new(file).map_err(|_| Refusal::Broken)?.config(config);
        let picture = if has_alpha { decoder.decode_rgba_raw() } else { decoder.decode_rgb_raw() };
        let (samples, width, height) = picture.map_err(|_| Refusal::Broken)?;
        let size = Size { width, height };
        if samples.len() != bytes(size, channels) {
            return Err(Refusal::Broken);
        }
        Ok(Self { samples, size, has_alpha, is_reduced: reduced.is_some() })
    }
}

/// Shrinks an image that lies at `corner` of a canvas, which is transparent elsewhere.
fn shrink(task: &Task<'_>, image: &Image, canvas: Size, corner: (usize, usize)) -> Result<Pixels, Refusal> {
    let is_whole = image.size == canvas;
    let channels = if image.has_alpha { 4 } else { 3 };
    let layout = if is_whole && channels == 3 { Layout::Rgb } else { Layout::Rgba };
    let mut shrinker = Shrinker::new(task, Rows::whole(canvas, layout), task.target(canvas));
    let mut lines = image.samples.chunks_exact(image.size.width as usize * channels);
    if is_whole {
        lines.try_for_each(|line| shrinker.push(line))?;
        return shrinker.finish();
    }
    let mut row = vec![0; canvas.width as usize * layout.channels()];
    for y in 0..canvas.height as usize {
        row.fill(0);
        if y >= corner.1
            && let Some(line) = lines.next()
        {
            let place = row.get_mut(corner.0 * 4..).ok_or(Refusal::Broken)?;
            for (to, from) in place.chunks_exact_mut(4).zip(line.chunks_exact(channels)) {
                to[3] = 255;
                to[..channels].copy_from_slice(from);
            }
        }
        shrinker.push(&row)?;
    }
    shrinker.finish()
}

/// The body of the first chunk of this name.
fn chunk(mut rest: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    loop {
        let (name, after) = rest.split_first_chunk()?;
        let (length, after) = after.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let body = after.get(..length)?;
        if *name == wanted {
            return Some(body);
        }
        // chunks begin at even places
        rest = after.get(length.checked_next_multiple_of(2)?..)?;
    }
}

/// A frame of an animation.
struct Frame<'a> {
    left: usize,
    top: usize,
    /// Width and height less one, as the file has them.
    sides: &'a [u8],
    chunks: &'a [u8],
}

impl<'a> Frame<'a> {
    fn of(body: &'a [u8]) -> Option<Self> {
        let (header, chunks) = body.split_at_checked(FRAME_HEADER)?;
        let place = |at: usize| {
            header[at..at + 3].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)) * 2
        };
        Some(Self { left: place(0), top: place(3), sides: &header[6..12], chunks })
    }

    /// The frame as a file of its own.
    fn still(&self) -> Vec<u8> {
        let alpha = if chunk(self.chunks, *b"ALPH").is_some() { 0x10 } else { 0 };
        let mut body = b"WEBPVP8X\x0a\0\0\0".to_vec();
        body.extend_from_slice(&[alpha, 0, 0, 0]);
        body.extend_from_slice(self.sides);
        body.extend_from_slice(self.chunks);
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
        [b"RIFF".as_slice(), &length, &body].concat()
    }
}
