//! Paintings as files of many formats.

use std::io::Cursor;

use image::{
    Delay, DynamicImage, Frame, ImageEncoder, ImageFormat, ImageResult, codecs, metadata::Orientation,
};

use super::paint::landscape;

/// Size of all pictures, in pixels, once upright.
const SIZE: (u32, u32) = (480, 320);
/// Pictures of the animation.
const FRAMES: u32 = 6;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// JPEG.
    Jpeg,
    /// A JPEG that is stored turned or mirrored, and says so: upright in a viewer that reads its EXIF orientation.
    Turned(u8),
    /// PNG.
    Png,
    /// PNG that does not depend on the scene.
    Twin,
    /// An animation.
    Gif,
    /// WebP, lossless.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// TIFF.
    Tiff,
    /// Text.
    Svg,
    /// No bytes at all.
    Empty,
}

/// The file.
pub(super) fn bytes(kind: Kind, scene: u32) -> ImageResult<Vec<u8>> {
    let picture = || DynamicImage::ImageRgb8(landscape(scene, SIZE.0, SIZE.1));
    match kind {
        Kind::Jpeg => encoded(&picture(), ImageFormat::Jpeg),
        Kind::Png => encoded(&picture(), ImageFormat::Png),
        Kind::WebP => encoded(&picture(), ImageFormat::WebP),
        Kind::Bmp => encoded(&picture(), ImageFormat::Bmp),
        Kind::Tiff => encoded(&picture(), ImageFormat::Tiff),
        Kind::Twin => encoded(&DynamicImage::ImageRgb8(landscape(99, SIZE.0, SIZE.1)), ImageFormat::Png),
        Kind::Turned(turn) => turned(picture(), turn),
        Kind::Gif => animation(scene),
        Kind::Svg => Ok(drawing().into_bytes()),
        Kind::Empty => Ok(Vec::new()),
    }
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> ImageResult<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format)?;
    Ok(file.into_inner())
}

fn turned(mut picture: DynamicImage, turn: u8) -> ImageResult<Vec<u8>> {
    // two of the eight do not undo themselves: a quarter turn is undone by one the other way
    let undoing = match turn {
        6 => 8,
        8 => 6,
        other => other,
    };
    if let Some(orientation) = Orientation::from_exif(undoing) {
        picture.apply_orientation(orientation);
    }
    let mut file = Vec::new();
    let mut encoder = codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 85);
    encoder.set_exif_metadata(exif(turn)).map_err(image::ImageError::Unsupported)?;
    encoder.encode_image(&picture)?;
    Ok(file)
}

/// The smallest EXIF that holds an orientation: big-endian TIFF with one directory of one entry.
fn exif(turn: u8) -> Vec<u8> {
    const ORIENTATION: u8 = 0x12;
    const SHORT: u8 = 3;
    let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
    tiff.extend([0, 1]);
    tiff.extend([1, ORIENTATION, 0, SHORT, 0, 0, 0, 1, 0, turn, 0, 0]);
    tiff.extend([0, 0, 0, 0]);
    tiff
}

fn animation(scene: u32) -> ImageResult<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = codecs::gif::GifEncoder::new_with_speed(&mut file, 30);
    encoder.set_repeat(codecs::gif::Repeat::Infinite)?;
    let frames = (0..FRAMES).map(|at| {
        let picture = DynamicImage::ImageRgb8(landscape(scene + at * 7, SIZE.0 / 4, SIZE.1 / 4));
        Frame::from_parts(picture.to_rgba8(), 0, 0, Delay::from_numer_denom_ms(200, 1))
    });
    encoder.encode_frames(frames)?;
    drop(encoder);
    Ok(file)
}

fn drawing() -> String {
    let (width, height) = SIZE;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 480 320">
  <rect width="480" height="320" fill="#9cd3f0"/>
  <circle cx="120" cy="80" r="40" fill="#fff0be"/>
  <path d="M0 220 Q120 140 240 210 T480 180 V320 H0 Z" fill="#6aa35a"/>
  <path d="M0 270 Q160 210 300 260 T480 240 V320 H0 Z" fill="#3c7048"/>
</svg>
"##
    )
}

#[cfg(test)]
mod tests {
    use image::{ImageDecoder, ImageReader};

    use super::*;

    fn reader(bytes: &[u8]) -> ImageReader<Cursor<&[u8]>> {
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap()
    }

    #[test]
    fn every_format_is_what_it_claims() {
        for (kind, format) in [
            (Kind::Jpeg, ImageFormat::Jpeg),
            (Kind::Png, ImageFormat::Png),
            (Kind::Gif, ImageFormat::Gif),
            (Kind::WebP, ImageFormat::WebP),
            (Kind::Bmp, ImageFormat::Bmp),
            (Kind::Tiff, ImageFormat::Tiff),
        ] {
            let file = bytes(kind, 3).unwrap();
            assert_eq!(reader(&file).format(), Some(format));
            reader(&file).decode().unwrap();
        }
    }

    #[test]
    fn turned_pictures_are_upright_once_their_exif_is_followed() {
        for turn in 1..=8 {
            let file = bytes(Kind::Turned(turn), 3).unwrap();
            let mut decoder = reader(&file).into_decoder().unwrap();
            let orientation = decoder.orientation().unwrap();
            assert_eq!(orientation.to_exif(), turn);
            let mut picture = DynamicImage::from_decoder(decoder).unwrap();
            assert_eq!(picture.width() < picture.height(), turn > 4, "turn {turn}");
            picture.apply_orientation(orientation);
            assert_eq!((picture.width(), picture.height()), SIZE);
            let pixel = picture.to_rgb8().get_pixel(SIZE.0 / 4, SIZE.1 / 4).0;
            assert!(pixel.iter().all(|channel| *channel > 170), "turn {turn}: the sun is at {pixel:?}");
        }
    }
}
