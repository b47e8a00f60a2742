//! Small files, true to their formats.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};

/// A picture of this size as the `image` crate writes it.
pub(super) fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Numbers in one of the two orders.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    pub(super) is_big: bool,
}

impl Numbers {
    fn put(self, to: &mut Vec<u8>, number: u64, width: usize) {
        if self.is_big {
            to.extend_from_slice(&number.to_be_bytes()[8 - width..]);
        } else {
            to.extend_from_slice(&number.to_le_bytes()[..width]);
        }
    }

    /// A TIFF structure with these `SHORT` tags, its directory behind `gap` bytes.
    pub(super) fn tiff(self, gap: usize, tags: &[(u64, u64)]) -> Vec<u8> {
        let mut file = if self.is_big { b"MM".to_vec() } else { b"II".to_vec() };
        self.put(&mut file, 42, 2);
        self.put(&mut file, 8 + gap as u64, 4);
        file.resize(file.len() + gap, 0xaa);
        self.put(&mut file, tags.len() as u64, 2);
        for &(tag, value) in tags {
            for (number, width) in [(tag, 2), (3, 2), (1, 4), (value, 2), (0, 2)] {
                self.put(&mut file, number, width);
            }
        }
        self.put(&mut file, 0, 4);
        file
    }

    /// The same as `BigTIFF`, with values of 64 bits.
    pub(super) fn big_tiff(self, gap: usize, tags: &[(u64, u64)]) -> Vec<u8> {
        let mut file = if self.is_big { b"MM".to_vec() } else { b"II".to_vec() };
        for (number, width) in [(43, 2), (8, 2), (0, 2), (16 + gap as u64, 8)] {
            self.put(&mut file, number, width);
        }
        file.resize(file.len() + gap, 0xaa);
        self.put(&mut file, tags.len() as u64, 8);
        for &(tag, value) in tags {
            for (number, width) in [(tag, 2), (16, 2), (1, 8), (value, 8)] {
                self.put(&mut file, number, width);
            }
        }
        file
    }
}

pub(super) const BOTH: [Numbers; 2] = [Numbers { is_big: true }, Numbers { is_big: false }];

/// EXIF that says nothing but this orientation.
pub(super) fn exif(numbers: Numbers, orientation: u64) -> Vec<u8> {
    numbers.tiff(0, &[(271, 7), (274, orientation)])
}

/// A JPEG with these segments (number, content) put behind its first marker.
pub(super) fn jpeg_with(jpeg: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = jpeg[..2].to_vec();
    for (kind, content) in segments {
        file.extend_from_slice(&[0xff, *kind]);
        file.extend_from_slice(&u16::try_from(content.len() + 2).unwrap().to_be_bytes());
        file.extend_from_slice(content);
    }
    file.extend_from_slice(&jpeg[2..]);
    file
}

/// The EXIF segment of a JPEG.
pub(super) fn app1(exif: &[u8]) -> (u8, Vec<u8>) {
    (0xe1, [b"Exif\0\0", exif].concat())
}

/// A PNG with this chunk before its last one, or else behind its first one.
pub(super) fn png_with(png: &[u8], kind: &[u8], content: &[u8], is_late: bool) -> Vec<u8> {
    let at = if is_late { png.len() - 12 } else { 33 };
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&png[..at], &length, kind, content, b"crc.", &png[at..]].concat()
}

/// A WebP of these chunks.
pub(super) fn webp(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, content) in chunks {
        body.extend_from_slice(*kind);
        body.extend_from_slice(&u32::try_from(content.len()).unwrap().to_le_bytes());
        body.extend_from_slice(content);
        body.resize(body.len() + content.len() % 2, 0);
    }
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

/// The first chunk of an extended WebP.
pub(super) fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let (w, h) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    vec![flags, 0, 0, 0, w[0], w[1], w[2], h[0], h[1], h[2]]
}

/// A BMP without pixels, with a header of the usual length.
pub(super) fn bmp(width: i32, height: i32) -> Vec<u8> {
    let mut file = b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend_from_slice(&width.to_le_bytes());
    file.extend_from_slice(&height.to_le_bytes());
    file.resize(54, 0);
    file
}

/// A box of AVIF and HEIF.
pub(super) fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
    [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], kind, content].concat()
}

/// A box whose content begins with version and flags.
pub(super) fn full_box(kind: &[u8], version: u8, flags: u8, content: &[u8]) -> Vec<u8> {
    boxed(kind, &[&[version, 0, 0, flags][..], content].concat())
}

/// The size of an item.
pub(super) fn ispe(width: u32, height: u32) -> Vec<u8> {
    full_box(b"ispe", 0, 0, &[width.to_be_bytes(), height.to_be_bytes()].concat())
}

/// What of an item is to be shown, in whole pixels.
pub(super) fn clap(width: u32, height: u32) -> Vec<u8> {
    boxed(b"clap", &[width, 1, height, 1, 0, 1, 0, 1].map(u32::to_be_bytes).concat())
}

/// A quarter turn so many times.
pub(super) fn irot(quarters: u8) -> Vec<u8> {
    boxed(b"irot", &[quarters])
}

/// An AVIF of a thumbnail (item 1, the first property) and the picture (item 2, all others).
pub(super) fn avif(properties: &[Vec<u8>], is_wide: bool, primary_is_late: bool) -> Vec<u8> {
    let shared = [vec![ispe(16, 12)], properties.to_vec()].concat().concat();
    let mut map = 2_u32.to_be_bytes().to_vec();
    let mut item = |id: u8, own: &[u8]| {
        map.extend_from_slice(if is_wide { &[0, 0, 0] } else { &[0] });
        map.extend_from_slice(&[id, u8::try_from(own.len()).unwrap()]);
        for number in own {
            // essential
            map.extend_from_slice(if is_wide { &[0x80] } else { &[] });
            map.push(if is_wide { *number } else { *number | 0x80 });
        }
    };
    item(1, &[1]);
    item(2, &(2..=u8::try_from(properties.len()).unwrap() + 1).collect::<Vec<_>>());
    let wide = u8::from(is_wide);
    let primary =
        if is_wide { full_box(b"pitm", 1, 0, &[0, 0, 0, 2]) } else { full_box(b"pitm", 0, 0, &[0, 2]) };
    let properties = boxed(b"iprp", &[boxed(b"ipco", &shared), full_box(b"ipma", wide, wide, &map)].concat());
    let handler = full_box(b"hdlr", 0, 0, b"\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let (first, second) = if primary_is_late { (properties, primary) } else { (primary, properties) };
    let meta = full_box(b"meta", 0, 0, &[handler, first, boxed(b"iloc", &[0; 300]), second].concat());
    [boxed(b"ftyp", b"avif\0\0\0\0mif1avif"), meta, boxed(b"mdat", &[0; 100])].concat()
}
