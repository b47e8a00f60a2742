//! TIFF in its many kinds.

use std::io::Cursor;

use tiff::{
    encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, TiffValue, colortype},
    tags::CompressionMethod,
};

use super::{
    super::Format,
    assert_near,
    samples::{BLUE, GREEN, RED, YELLOW, quarters},
    thumbnail,
};

/// A picture of 400 by 200 pixels by the encoder.
fn packed<C: colortype::ColorType>(
    data: &[C::Inner],
    compression: Compression,
    predictor: Predictor,
    rows_per_strip: u32,
) -> Vec<u8>
where
    [C::Inner]: TiffValue,
{
    let mut bytes = Cursor::new(Vec::new());
    let encoder = TiffEncoder::new(&mut bytes).unwrap();
    let mut encoder = encoder.with_compression(compression).with_predictor(predictor);
    let mut image = encoder.new_image::<C>(400, 200).unwrap();
    image.rows_per_strip(rows_per_strip).unwrap();
    image.write_data(data).unwrap();
    bytes.into_inner()
}

#[track_caller]
fn assert_quarters(source: &[u8]) {
    let small = thumbnail(source, 40, Format::Webp);
    for (at, colour) in [((3, 3), RED), ((35, 3), GREEN), ((3, 15), BLUE), ((35, 15), YELLOW)] {
        assert_near(&small, at, colour);
    }
}

#[test]
fn packed_strips_are_read_with_differences_and_without() {
    let picture = quarters(400, 200);
    let deep: Vec<u16> = picture.iter().map(|sample| u16::from(*sample) * 257).collect();
    for compression in [Compression::Lzw, Compression::Deflate(DeflateLevel::Balanced), Compression::Packbits]
    {
        for predictor in [Predictor::None, Predictor::Horizontal] {
            for rows_per_strip in [7, 200] {
                assert_quarters(&packed::<colortype::RGB8>(&picture, compression, predictor, rows_per_strip));
                assert_quarters(&packed::<colortype::RGB16>(&deep, compression, predictor, rows_per_strip));
            }
            let grey: Vec<u16> =
                (0..400 * 200).map(|n| if n % 400 < 200 { 0x1000 } else { 0xe000 }).collect();
            let small =
                thumbnail(&packed::<colortype::Gray16>(&grey, compression, predictor, 9), 40, Format::Jpeg);
            assert_near(&small, (5, 5), [16, 16, 16, 255]);
            assert_near(&small, (35, 5), [224, 224, 224, 255]);
        }
    }
}

/// A page of one strip: its entries (tag, kind, values), and what is in the strip.
fn page(is_little: bool, entries: &[(u16, u16, &[u32])], strip: &[u8]) -> Vec<u8> {
    let number = |value: u32, width: usize| {
        if is_little {
            value.to_le_bytes()[..width].to_vec()
        } else {
            value.to_be_bytes()[4 - width..].to_vec()
        }
    };
    let length = |kind: u16| if kind == 3 { 2 } else { 4 };
    let mut entries = entries.to_vec();
    let (start, size) = (8, u32::try_from(strip.len()).unwrap());
    let (start, size) = ([start], [size]);
    entries.extend([(273, 4, &start[..]), (279, 4, &size[..])]);
    entries.sort_by_key(|(tag, ..)| *tag);
    let directory = (8 + strip.len()).next_multiple_of(2);
    let mut values_at = directory + 2 + entries.len() * 12 + 4;
    let (mut table, mut values) = (number(u32::try_from(entries.len()).unwrap(), 2), Vec::new());
    for (tag, kind, all) in entries {
        table.extend(number(tag.into(), 2));
        table.extend(number(kind.into(), 2));
        table.extend(number(u32::try_from(all.len()).unwrap(), 4));
        let mut bytes: Vec<u8> = all.iter().flat_map(|value| number(*value, length(kind))).collect();
        if bytes.len() <= 4 {
            bytes.resize(4, 0);
            table.extend(bytes);
        } else {
            table.extend(number(u32::try_from(values_at).unwrap(), 4));
            values_at += bytes.len();
            values.extend(bytes);
        }
    }
    let mut file = if is_little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    file.extend(number(u32::try_from(directory).unwrap(), 4));
    file.extend(strip);
    file.resize(directory, 0);
    [file, table, number(0, 4), values].concat()
}

#[test]
fn samples_of_a_palette_are_looked_up() {
    let colours = [RED, GREEN, BLUE, YELLOW];
    for is_little in [true, false] {
        // sixteen by eight of each
        for bits in [8_u32, 4, 2] {
            let pixels = 32 * 16;
            let samples: Vec<u8> =
                (0..pixels).map(|n| u8::from(n % 32 >= 16) + 2 * u8::from(n >= pixels / 2)).collect();
            let join = |some: &[u8]| some.iter().fold(0, |byte, sample| byte << (bits % 8) | sample);
            let strip: Vec<u8> = samples.chunks(8 / bits as usize).map(join).collect();
            let count = 1_usize << bits;
            let light =
                |n: usize, channel: usize| colours.get(n).map_or(0, |colour| u32::from(colour[channel]));
            for scale in [257, 1] {
                let map: Vec<u32> =
                    (0..3).flat_map(|channel| (0..count).map(move |n| light(n, channel) * scale)).collect();
                let entries: [(u16, u16, &[u32]); 8] = [
                    (256, 3, &[32]),
                    (257, 3, &[16]),
                    (258, 3, &[bits]),
                    (259, 3, &[1]),
                    (262, 3, &[3]),
                    (277, 3, &[1]),
                    (278, 3, &[16]),
                    (320, 3, &map),
                ];
                let small = thumbnail(&page(is_little, &entries, &strip), 40, Format::Webp);
                for (at, colour) in [((5, 3), RED), ((26, 3), GREEN), ((5, 12), BLUE), ((26, 12), YELLOW)] {
                    assert_near(&small, at, colour);
                }
            }
        }
    }
}

#[test]
fn a_page_is_turned_as_its_tag_says() {
    // its left half is red
    let strip = [RED[..3].repeat(8), BLUE[..3].repeat(8)].concat().repeat(8);
    for (orientation, size, red) in
        [(1, (16, 8), (3, 4)), (3, (16, 8), (12, 4)), (6, (8, 16), (4, 3)), (8, (8, 16), (4, 12))]
    {
        let entries: [(u16, u16, &[u32]); 8] = [
            (256, 3, &[16]),
            (257, 3, &[8]),
            (258, 3, &[8, 8, 8]),
            (259, 3, &[1]),
            (262, 3, &[2]),
            (274, 3, &[orientation]),
            (277, 3, &[3]),
            (278, 3, &[8]),
        ];
        let small = thumbnail(&page(false, &entries, &strip), 40, Format::Webp);
        assert_eq!((small.width(), small.height()), size, "{orientation}");
        assert_near(&small, red, RED);
    }
}

#[test]
fn colours_that_are_multiplied_by_their_opacity_are_brought_back() {
    let entries: [(u16, u16, &[u32]); 8] = [
        (256, 3, &[16]),
        (257, 3, &[16]),
        (258, 3, &[8, 8, 8, 8]),
        (259, 3, &[CompressionMethod::None.to_u16().into()]),
        (262, 3, &[2]),
        (277, 3, &[4]),
        (278, 3, &[16]),
        (338, 3, &[1]),
    ];
    let source = page(true, &entries, &[100, 50, 0, 128].repeat(256));
    assert_near(&thumbnail(&source, 40, Format::Webp), (8, 8), [199, 100, 0, 128]);
    let plain = entries.map(|entry| if entry.0 == 338 { (338, 3, &[2_u32][..]) } else { entry });
    let source = page(true, &plain, &[100, 50, 0, 128].repeat(256));
    assert_near(&thumbnail(&source, 40, Format::Webp), (8, 8), [100, 50, 0, 128]);
}
