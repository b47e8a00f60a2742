//! WebP, and the first frame of animated ones, on the canvas.

use webp::{BitstreamFeatures, Decoder, WebPImage};

use super::{
    Decoded, orientation,
    pixels::Layout,
    refusal::Refusal,
    shrink::{Rows, Shrinker},
    task::{Size, Task},
};

/// Bytes of the header of a frame of an animation.
const FRAME_HEADER: usize = 16;

/// Decodes the picture.
pub(super) fn decode(task: &Task<'_>) -> Result<Decoded, Refusal> {
    let features = BitstreamFeatures::new(task.source).ok_or(Refusal::Broken)?;
    let size = task.size(features.width().into(), features.height().into())?;
    let file = task.source.get(12..).unwrap_or_default();
    let pixels = if features.has_animation() {
        let frame = chunk(file, *b"ANMF").and_then(Frame::of).ok_or(Refusal::Broken)?;
        let still = frame.still();
        let features = BitstreamFeatures::new(&still).ok_or(Refusal::Broken)?;
        task.size(features.width().into(), features.height().into())?;
        shrink(task, &image(&still)?, size, (frame.left, frame.top))
    } else {
        shrink(task, &image(task.source)?, size, (0, 0))
    }?;
    let profile = chunk(file, *b"ICCP").map(<[u8]>::to_vec);
    let orientation = chunk(file, *b"EXIF").map_or(orientation::UPRIGHT, orientation::from_exif);
    Ok(Decoded { pixels, profile, orientation })
}

fn image(file: &[u8]) -> Result<WebPImage, Refusal> {
    Decoder::new(file).decode().ok_or(Refusal::Broken)
}

/// Shrinks an image that lies at `corner` of a canvas, which is transparent elsewhere.
fn shrink(
    task: &Task<'_>,
    image: &WebPImage,
    canvas: Size,
    corner: (usize, usize),
) -> Result<super::Pixels, Refusal> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let is_whole = (image.width(), image.height()) == (canvas.width, canvas.height);
    let channels = if image.is_alpha() { 4 } else { 3 };
    let layout = if is_whole && channels == 3 { Layout::Rgb } else { Layout::Rgba };
    let mut shrinker = Shrinker::new(task, Rows::whole(canvas, layout), task.target(canvas));
    let lines = image.chunks_exact(width * channels);
    if is_whole {
        lines.take(height).try_for_each(|line| shrinker.push(line))?;
        return shrinker.finish();
    }
    let mut lines = lines;
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
