//! Size, rotation and time of a picture, read from its headers only.
//!
//! Understands JPEG, PNG, GIF, BMP, WebP, TIFF and the HEIF family; for everything else there is no
//! `imageMediaMetadata`, as Drive too leaves it out at times. At most [`HEAD_LIMIT`] bytes are read at a time, wherever
//! a header claims that its data lies.

mod exif;

use exif::{Exif, first_directory};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// EXIF data, previews included, lies within this in practice.
const HEAD_LIMIT: u64 = 256 * 1024;

/// What the headers say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Picture {
    width: u32,
    height: u32,
    exif: Exif,
}

/// The `imageMediaMetadata` of a file, or `None` when it is no picture that is understood.
pub(crate) fn image_media_metadata(path: &Path) -> Option<Value> {
    let mut file = File::open(path).ok()?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD_LIMIT).read_to_end(&mut head).ok()?;
    let picture = read(&head).or_else(|| far_tiff(&head, file));
    picture.map(|picture| picture.to_json())
}

/// Many programs write the directory of a TIFF file behind the picture.
fn far_tiff(head: &[u8], mut file: File) -> Option<Picture> {
    let start = first_directory(head.get(..8).filter(|_| is_tiff(head))?)?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start as u64)).ok()?;
    file.take(HEAD_LIMIT).read_to_end(&mut bytes).ok()?;
    Picture::of_tiff(Exif::parse_directory(head, start, &bytes)?)
}

fn is_tiff(head: &[u8]) -> bool {
    head.starts_with(b"II*\0") || head.starts_with(b"MM\0*")
}

impl Picture {
    fn sized(width: u32, height: u32) -> Self {
        Self { width, height, exif: Exif::default() }
    }

    fn of_tiff(exif: Exif) -> Option<Self> {
        Some(Self { width: exif.width?, height: exif.height?, exif })
    }

    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("width".into(), json!(self.width));
        fields.insert("height".into(), json!(self.height));
        fields.insert("rotation".into(), json!(self.exif.clockwise_turns()));
        let texts =
            [("time", &self.exif.time), ("cameraMake", &self.exif.make), ("cameraModel", &self.exif.model)];
        for (name, text) in texts {
            fields.extend(text.iter().map(|text| (name.to_owned(), json!(text))));
        }
        Value::Object(fields)
    }
}

fn read(head: &[u8]) -> Option<Picture> {
    match head {
        [0xff, 0xd8, ..] => jpeg(head),
        [0x89, b'P', b'N', b'G', ..] => png(head),
        [b'G', b'I', b'F', b'8', ..] => Some(Picture::sized(le16(head, 6)?.into(), le16(head, 8)?.into())),
        [b'B', b'M', ..] => Some(bmp(head)?),
        [b'R', b'I', b'F', b'F', ..] if head.get(8..12)? == b"WEBP" => webp(head),
        _ if is_tiff(head) => Picture::of_tiff(Exif::parse(head)?),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => heif(head),
        _ => None,
    }
}

/// Walks the segments up to the frame header.
fn jpeg(head: &[u8]) -> Option<Picture> {
    let mut exif = Exif::default();
    let mut at = 2;
    loop {
        let (marker, len) = match (head.get(at..at + 2)?, be16(head, at + 2)) {
            ([0xff, 0xff], _) => {
                at += 1;
                continue;
            }
            ([0xff, marker], Some(len)) => (*marker, usize::from(len)),
            _ => return None,
        };
        let segment = head.get(at + 4..)?;
        match marker {
            // SOF0 to SOF15; C4, C8 and CC are tables.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&marker) => {
                let (height, width) = (be16(segment, 1)?, be16(segment, 3)?);
                return Some(Picture { width: width.into(), height: height.into(), exif });
            }
            0xe1 if segment.starts_with(b"Exif\0\0") => {
                let body = segment.get(6..len.saturating_sub(2)).unwrap_or(&segment[6..]);
                exif = Exif::parse(body).unwrap_or_default();
            }
            0xda | 0xd9 => return None,
            _ => {}
        }
        at += 2 + len.max(2);
    }
}

fn png(head: &[u8]) -> Option<Picture> {
    let mut picture = Picture::sized(be32(head, 16)?, be32(head, 20)?);
    let mut at = 8;
    while let (Some(len), Some(kind)) = (be32(head, at), head.get(at + 4..at + 8)) {
        let body = head.get(at + 8..).unwrap_or_default();
        match kind {
            b"eXIf" => picture.exif = Exif::parse(body).unwrap_or_default(),
            b"IDAT" => break,
            _ => {}
        }
        at = at.checked_add(12)?.checked_add(usize::try_from(len).ok()?)?;
    }
    Some(picture)
}

/// A negative height means that the rows come top down.
fn bmp(head: &[u8]) -> Option<Picture> {
    let height = le32(head, 22)?.cast_signed().unsigned_abs();
    Some(Picture::sized(le32(head, 18)?, height))
}

fn webp(head: &[u8]) -> Option<Picture> {
    match head.get(12..16)? {
        b"VP8 " => Some(Picture::sized((le16(head, 26)? & 0x3fff).into(), (le16(head, 28)? & 0x3fff).into())),
        b"VP8L" => {
            let bits = le32(head, 21)?;
            Some(Picture::sized((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        // Extended: 24-bit sizes less one; EXIF comes after the picture and is mostly out of reach.
        b"VP8X" => {
            let side = |at| Some((le32(head, at)? & 0x00ff_ffff) + 1);
            Some(Picture { width: side(24)?, height: side(27)?, exif: webp_exif(head).unwrap_or_default() })
        }
        _ => None,
    }
}

fn webp_exif(head: &[u8]) -> Option<Exif> {
    let mut at = 12;
    loop {
        let len = usize::try_from(le32(head, at + 4)?).ok()?;
        if head.get(at..at + 4)? == b"EXIF" {
            let body = head.get(at + 8..)?;
            return Exif::parse(body.strip_prefix(b"Exif\0\0").unwrap_or(body));
        }
        at = at.checked_add(8)?.checked_add(len)?.checked_add(len % 2)?;
    }
}

/// The largest `ispe` box, as tiles and previews have smaller ones, turned as the first `irot` box says.
fn heif(head: &[u8]) -> Option<Picture> {
    let named = |kind: &'static [u8; 4]| {
        head.windows(4).enumerate().filter(move |(_, name)| *name == kind).map(|(at, _)| at)
    };
    let sizes =
        named(b"ispe").filter_map(|at| Some(Picture::sized(be32(head, at + 8)?, be32(head, at + 12)?)));
    let mut picture = sizes.max_by_key(|picture| u64::from(picture.width) * u64::from(picture.height))?;
    // quarter turns against the clock, as the orientation that EXIF has for them
    picture.exif.orientation =
        match named(b"irot").next().and_then(|at| head.get(at + 4)).map(|turns| turns & 3) {
            Some(1) => Some(8),
            Some(2) => Some(3),
            Some(3) => Some(6),
            _ => None,
        };
    Some(picture)
}

fn bytes<const N: usize>(from: &[u8], at: usize) -> Option<[u8; N]> {
    from.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn be16(from: &[u8], at: usize) -> Option<u16> {
    bytes(from, at).map(u16::from_be_bytes)
}

fn be32(from: &[u8], at: usize) -> Option<u32> {
    bytes(from, at).map(u32::from_be_bytes)
}

fn le16(from: &[u8], at: usize) -> Option<u16> {
    bytes(from, at).map(u16::from_le_bytes)
}

fn le32(from: &[u8], at: usize) -> Option<u32> {
    bytes(from, at).map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageFormat;
    use std::io::Cursor;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(37, 21).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// An EXIF block: orientation, and a time in the sub-directory.
    fn exif_block(orientation: u8) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
        tiff.extend_from_slice(&[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
        tiff.extend_from_slice(&[0x87, 0x69, 0, 4, 0, 0, 0, 1, 0, 0, 0, 34]);
        tiff.extend_from_slice(&[0, 1, 0x90, 0x03, 0, 2, 0, 0, 0, 20, 0, 0, 0, 48]);
        tiff.extend_from_slice(b"2024:05:06 07:08:09\0");
        tiff
    }

    fn jpeg_with_exif(orientation: u8) -> Vec<u8> {
        let tiff = exif_block(orientation);
        let len = u16::try_from(tiff.len() + 8).unwrap().to_be_bytes();
        let mut jpeg = [&[0xff, 0xd8, 0xff, 0xe1][..], &len, b"Exif\0\0", &tiff].concat();
        jpeg.extend_from_slice(&encoded(ImageFormat::Jpeg)[2..]);
        jpeg
    }

    #[test]
    fn the_size_of_every_common_format_is_read() {
        use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        for format in [Jpeg, Png, Gif, Bmp, Tiff, WebP] {
            let picture = read(&encoded(format));
            assert_eq!(picture.map(|picture| (picture.width, picture.height)), Some((37, 21)), "{format:?}");
        }
        let heif =
            b"\0\0\0\x18ftypheic....ispe\0\0\0\0\0\0\0\x08\0\0\0\x08..ispe\0\0\0\0\0\0\x02\0\0\0\x01\0";
        assert_eq!(read(heif), Some(Picture::sized(512, 256)));
        let turned = [&heif[..], b"\0\0\0\x09irot\x03"].concat();
        assert_eq!(read(&turned).map(|picture| picture.exif.clockwise_turns()), Some(1));
        let extended = b"RIFF....WEBPVP8X\x0a\0\0\0\0\0\0\0\x24\0\0\x14\0\0..........";
        assert_eq!(read(extended), Some(Picture::sized(37, 21)));
    }

    #[test]
    fn a_large_tiff_keeps_its_size_at_the_end() {
        let file = tempfile::NamedTempFile::with_suffix(".tiff").unwrap();
        image::DynamicImage::new_rgb8(700, 500).save(file.path()).unwrap();
        let expected = json!({"width": 700, "height": 500, "rotation": 0});
        assert_eq!(image_media_metadata(file.path()), Some(expected));
    }

    #[test]
    fn exif_gives_rotation_and_the_time_of_the_exposure() {
        let turns = [(1, 0), (2, 0), (3, 2), (6, 1), (8, 3)];
        for (orientation, expected) in turns {
            let json = read(&jpeg_with_exif(orientation)).unwrap().to_json();
            let whole =
                json!({"width": 37, "height": 21, "rotation": expected, "time": "2024:05:06 07:08:09"});
            assert_eq!(json, whole, "orientation {orientation}");
        }
    }

    #[test]
    fn cut_and_lying_headers_are_answered() {
        for whole in [
            jpeg_with_exif(6),
            encoded(ImageFormat::Png),
            encoded(ImageFormat::Tiff),
            encoded(ImageFormat::WebP),
        ] {
            for len in 0..whole.len() {
                let _ = read(&whole[..len]);
                let mut broken = whole.clone();
                broken[len] = 0xff;
                let _ = read(&broken);
            }
        }
        assert_eq!(read(b"hello"), None);
        assert_eq!(read(b""), None);
    }
}
