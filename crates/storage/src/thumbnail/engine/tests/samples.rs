//! Small pictures of all kinds, made in code.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder};

pub(super) const RED: [u8; 4] = [220, 30, 30, 255];
pub(super) const GREEN: [u8; 4] = [30, 160, 40, 255];
pub(super) const BLUE: [u8; 4] = [30, 40, 210, 255];
pub(super) const YELLOW: [u8; 4] = [230, 220, 40, 255];

/// A picture with red, green, blue and yellow quarters: top left, top right, bottom left, bottom right.
pub(super) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let [red, green, blue, _] = match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        };
        Rgb([red, green, blue])
    })
}

/// The picture as a file.
pub(super) fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG of the quarters, finished by `set`.
pub(super) fn jpeg(width: u16, height: u16, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let picture = quarters(width.into(), height.into());
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    set(&mut encoder);
    encoder.encode(&picture, width, height, ColorType::Rgb).unwrap();
    bytes
}

/// An EXIF block that tells the orientation, without the name that JPEG has before it.
pub(super) fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

/// A JPEG in passes of this size, of which nothing but the first ones are there: small, and much memory.
pub(super) fn heavy_jpeg(width: u16, height: u16) -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker][..], &length, body].concat()
    };
    let sides = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let codes = [&[1][..], &[0; 15], &[0]].concat();
    [
        b"\xff\xd8".to_vec(),
        segment(0xdb, &[&[0][..], &[1; 64]].concat()),
        segment(0xc2, &[&[8][..], &sides, &[3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]].concat()),
        segment(0xc4, &[&[0][..], &codes].concat()),
        segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 0, 0]),
        vec![0; 10],
        b"\xff\xd9".to_vec(),
    ]
    .concat()
}

/// A PNG by the encoder, finished by `set`, of these bytes.
pub(super) fn png(
    width: u32,
    height: u32,
    data: &[u8],
    set: impl FnOnce(&mut png::Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    set(&mut encoder);
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    bytes
}

/// The file with one more PNG chunk right behind its header.
pub(super) fn with_chunk(file: &[u8], name: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&file[..33], &chunk(name, body), &file[33..]].concat()
}

/// A PNG chunk.
pub(super) fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let checked = [&name, body].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[..], &checked, &checksum(&checked).to_be_bytes()].concat()
}

/// Bytes as zlib keeps them when it does not pack.
pub(super) fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    let mut packed = vec![0x78, 0x01, 1];
    packed.extend_from_slice(&length.to_le_bytes());
    packed.extend_from_slice(&(!length).to_le_bytes());
    packed.extend_from_slice(bytes);
    packed.extend_from_slice(&(high << 16 | low).to_be_bytes());
    packed
}

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ sum >> 1 } else { sum >> 1 },
        )
    })
}

/// Left and top, width and height, colour.
type Frame = ((u16, u16), (u16, u16), [u8; 3]);

/// A GIF of frames at places on a canvas.
pub(super) fn gif(canvas: (u16, u16), frames: &[Frame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, canvas.0, canvas.1, &[]).unwrap();
    for ((left, top), (width, height), colour) in frames {
        let palette = [&colour[..], &[0, 0, 0]].concat();
        let pixels = vec![0; usize::from(*width) * usize::from(*height)];
        let mut frame = gif::Frame::from_palette_pixels(*width, *height, pixels, palette, None);
        (frame.left, frame.top) = (*left, *top);
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

/// A WebP file of these samples: with losses where there are three a pixel, without where there are four.
pub(super) fn webp(samples: &[u8], (width, height): (u32, u32), channels: usize) -> Vec<u8> {
    let encoder = match channels {
        3 => webpx::Encoder::new_rgb(samples, width, height).quality(90.0),
        _ => webpx::Encoder::new_rgba(samples, width, height).lossless(true),
    };
    encoder.encode(webpx::Unstoppable).unwrap()
}

/// A WebP chunk.
pub(super) fn riff(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = [&name[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), body].concat();
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

/// A WebP file of chunks.
pub(super) fn webp_file(chunks: &[Vec<u8>]) -> Vec<u8> {
    riff(*b"RIFF", &[b"WEBP".to_vec(), chunks.concat()].concat())
}

/// The header of an extended WebP file.
pub(super) fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let mut body = vec![flags, 0, 0, 0];
    body.extend_from_slice(&(width - 1).to_le_bytes()[..3]);
    body.extend_from_slice(&(height - 1).to_le_bytes()[..3]);
    riff(*b"VP8X", &body)
}
