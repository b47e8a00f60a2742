//! Pictures of all kinds, broken ones, and ones that were never any.

mod files;

use image::ImageFormat;
use proptest::prelude::*;

use self::files::{
    BOTH, app1, avif, bmp, boxed, canvas, clap, encoded, exif, full_box, irot, ispe, jpeg_with, png_with,
    webp,
};
use super::*;

const WRITTEN: [ImageFormat; 6] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::Gif,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

fn probed(chunks: &[&[u8]]) -> Option<(u32, u32)> {
    let mut probe = Probe::new();
    for chunk in chunks {
        probe.feed(chunk);
    }
    probe.dimensions()
}

/// The dimensions of a file, which must be the same in one piece, byte by byte, and in odd pieces.
fn dimensions(file: &[u8]) -> Option<(u32, u32)> {
    let whole = probed(&[file]);
    for length in [1, 7, 4096] {
        assert_eq!(probed(&file.chunks(length).collect::<Vec<_>>()), whole, "pieces of {length}");
    }
    whole
}

#[test]
fn pictures_are_as_large_as_their_encoder_made_them() {
    for format in WRITTEN {
        for (width, height) in [(1, 1), (37, 21), (300, 200)] {
            let file = encoded(width, height, format);
            assert_eq!(dimensions(&file), Some((width, height)), "{format:?}");
        }
    }
}

#[test]
fn a_photograph_on_its_side_is_measured_upright() {
    let jpeg = encoded(40, 30, ImageFormat::Jpeg);
    for numbers in BOTH {
        for orientation in 0..=9 {
            let due = if (5..=8).contains(&orientation) { (30, 40) } else { (40, 30) };
            let exif = exif(numbers, orientation);
            let profile = (0xe2, vec![7; 60_000]);
            let xmp = (0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>".to_vec());
            let file = jpeg_with(&jpeg, &[profile, xmp, app1(&exif), app1(&files::exif(numbers, 1))]);
            assert_eq!(dimensions(&file), Some(due), "JPEG {orientation}");
        }
    }
}

#[test]
fn exif_that_is_broken_or_far_inside_its_segment_hides_no_picture() {
    let jpeg = encoded(40, 30, ImageFormat::Jpeg);
    let [numbers, _] = BOTH;
    let far = numbers.tiff(50_000, &[(274, 6)]);
    assert_eq!(dimensions(&jpeg_with(&jpeg, &[app1(&far)])), Some((30, 40)));
    let cut = &exif(numbers, 6)[..30];
    for broken in
        [&b""[..], b"MM", b"MM\0\x2a\xff\xff\xff\xff", b"MM\0\x2a\0\0\0\0", b"XX\0\x2a\0\0\0\x08", cut]
    {
        assert_eq!(dimensions(&jpeg_with(&jpeg, &[app1(broken)])), Some((40, 30)), "{broken:?}");
    }
}

#[test]
fn what_decoders_of_jpeg_pass_over_is_passed_over() {
    let jpeg = encoded(40, 30, ImageFormat::Jpeg);
    let filled = [&jpeg[..2], &[0xff, 0xff, 0xff, 0xff], &jpeg[3..]].concat();
    assert_eq!(dimensions(&filled), Some((40, 30)));
    let littered = [&jpeg_with(&jpeg[..2], &[(0xe0, vec![0; 4])]), &b"litter"[..], &jpeg[2..]].concat();
    assert_eq!(dimensions(&littered), Some((40, 30)));
    assert_eq!(
        dimensions(b"\xff\xd8\xff\xe0\0\x01\xff\xc0\0\x0b\x08\0\x1e\0\x28"),
        None,
        "a length below two"
    );
    assert_eq!(dimensions(b"\xff\xd8\xff\xda\0\x08\xff\xc0\0\x0b\x08\0\x1e\0\x28"), None, "inside a scan");
}

#[test]
fn exif_of_a_png_counts_wherever_it_lies() {
    let png = encoded(40, 30, ImageFormat::Png);
    for numbers in BOTH {
        for is_late in [false, true] {
            let file = png_with(&png, b"eXIf", &exif(numbers, 8), is_late);
            assert_eq!(dimensions(&file), Some((30, 40)), "late: {is_late}");
            assert_eq!(dimensions(&png_with(&png, b"tEXt", &exif(numbers, 8), is_late)), Some((40, 30)));
        }
    }
    let mut other = png.clone();
    other[12..16].copy_from_slice(b"CgBI");
    assert_eq!(dimensions(&other), None, "its first chunk is no header");
}

#[test]
fn webp_of_all_three_kinds() {
    let lossy = [&[0, 0, 0, 0x9d, 0x01, 0x2a, 40, 0x40, 30, 0x80][..], &[0; 21]].concat();
    assert_eq!(dimensions(&webp(&[(b"VP8 ", &lossy)])), Some((40, 30)));
    assert_eq!(dimensions(&webp(&[(b"VP8 ", &[0; 31])])), None);
    let [numbers, _] = BOTH;
    let labelled = [b"Exif\0\0", &exif(numbers, 6)[..]].concat();
    for (flags, exif, due) in [
        (0x08, exif(numbers, 6), (70_000, 100_000)),
        (0x08, labelled, (70_000, 100_000)),
        (0x08, exif(numbers, 3), (100_000, 70_000)),
        // viewers do not look for what was not promised
        (0x10, exif(numbers, 6), (100_000, 70_000)),
    ] {
        let extended = webp(&[
            (b"VP8X", &canvas(flags, 100_000, 70_000)),
            (b"ICCP", &[1; 5001]),
            (b"VP8 ", &lossy),
            (b"EXIF", &exif),
            (b"XMP ", b"<x/>"),
        ]);
        assert_eq!(dimensions(&extended), Some(due), "{flags}");
    }
}

#[test]
fn bitmaps_from_the_top_and_of_other_systems() {
    assert_eq!(dimensions(&bmp(40, 30)), Some((40, 30)));
    assert_eq!(dimensions(&bmp(40, -30)), Some((40, 30)));
    assert_eq!(
        dimensions(b"BM\x1a\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0\x28\0\x1e\0\x01\0\x18\0"),
        Some((40, 30))
    );
    assert_eq!(dimensions(&bmp(-40, 30)), None);
    assert_eq!(dimensions(b"BMW is the name of a maker of cars"), None);
}

#[test]
fn a_tiff_tells_wherever_its_directory_lies_ahead() {
    let tags = [(254, 0), (256, 400), (257, 300), (258, 8), (274, 6)];
    for numbers in BOTH {
        for gap in [0, 1, 100_000] {
            assert_eq!(dimensions(&numbers.tiff(gap, &tags)), Some((300, 400)));
            assert_eq!(dimensions(&numbers.big_tiff(gap, &tags)), Some((300, 400)));
        }
        assert_eq!(dimensions(&numbers.tiff(0, &tags[..4])), Some((400, 300)));
        assert_eq!(dimensions(&numbers.tiff(0, &[(254, 1), (256, 16), (257, 12)])), None, "a preview");
        assert_eq!(dimensions(&numbers.tiff(0, &tags[..2])), None, "no height");
        assert_eq!(dimensions(&numbers.tiff(0, &[])), None);
    }
}

#[test]
fn the_primary_item_of_an_avif_counts_with_its_crop_and_turn() {
    let colours = boxed(b"colr", &[1; 3000]);
    for (properties, due) in [
        (vec![ispe(400, 300)], (400, 300)),
        (vec![ispe(400, 300), colours.clone(), irot(1)], (300, 400)),
        (vec![ispe(400, 300), irot(2)], (400, 300)),
        (vec![ispe(400, 300), irot(3), boxed(b"imir", &[1])], (300, 400)),
        (vec![ispe(400, 300), clap(200, 100), irot(1)], (100, 200)),
        (vec![ispe(400, 300), irot(1), clap(200, 100)], (200, 100)),
        (vec![colours, ispe(400, 300), clap(500, 100)], (400, 300)),
    ] {
        for (is_wide, is_late) in [(false, false), (true, false), (false, true)] {
            assert_eq!(dimensions(&avif(&properties, is_wide, is_late)), Some(due), "{properties:?}");
        }
    }
    assert_eq!(dimensions(&avif(&[irot(1)], false, false)), None, "the size is another item's");
}

#[test]
fn boxes_of_odd_lengths_are_walked_or_end_the_walk() {
    let file = avif(&[ispe(400, 300)], false, false);
    let (kind, rest) = file.split_at(24);
    let long = [&1_u32.to_be_bytes()[..], b"free", &5016_u64.to_be_bytes(), &[0; 5000]].concat();
    let movie = boxed(b"moov", &vec![9; 70_000]);
    assert_eq!(dimensions(&[kind, &long, &movie, &boxed(b"free", b""), rest].concat()), Some((400, 300)));
    for length in [0, 2, 7, 0xffff_ffff_u32] {
        assert_eq!(dimensions(&[kind, &length.to_be_bytes(), b"free", rest].concat()), None, "{length}");
    }
    let late = full_box(b"meta", 0, 0, &[&u32::MAX.to_be_bytes()[..], b"iprp", &[0; 90]].concat());
    assert_eq!(dimensions(&[kind, &late].concat()), None, "a box that ends behind the one it is in");
}

#[test]
fn no_side_is_nothing_or_beyond_belief() {
    for (width, height) in [(0, 30), (40, 0), (1_000_001, 30), (40, i32::MAX)] {
        assert_eq!(dimensions(&bmp(width, height)), None, "{width} x {height}");
        let (width, height) = (width.unsigned_abs(), height.unsigned_abs());
        assert_eq!(dimensions(&avif(&[ispe(width, height)], false, false)), None, "{width} x {height}");
    }
    assert_eq!(dimensions(&bmp(1_000_000, 1_000_000)), Some((1_000_000, 1_000_000)));
    assert_eq!(dimensions(b"GIF89a\0\0\x01\0\0\0\0"), None);
    assert_eq!(dimensions(b""), None);
    assert_eq!(dimensions(b"<svg width='40' height='30'/>"), None);
}

#[test]
fn hostile_files_cost_little_memory_and_few_looks() {
    let huge = boxed(b"iprp", &vec![0; 1 << 20]);
    let file = [boxed(b"ftyp", b"avif\0\0\0\0"), full_box(b"meta", 0, 0, &huge)].concat();
    let mut probe = Probe::new();
    for chunk in file.chunks(1000) {
        probe.feed(chunk);
        assert!(probe.held.capacity() < 1000);
    }
    let mut probe = Probe::new();
    probe.feed(&[&b"\xff\xd8\xff\xe0\0\x02"[..], &vec![0; 1 << 20]].concat());
    assert!(probe.wanted.is_none(), "litter is not searched for ever");
    let mut probe = Probe::new();
    probe.feed(&encoded(40, 30, ImageFormat::Gif));
    assert_eq!((probe.wanted.clone(), probe.held.capacity()), (None, 0), "what is known is not looked for");
}

fn some_files() -> Vec<Vec<u8>> {
    let [big, little] = BOTH;
    let mut files: Vec<_> = WRITTEN.into_iter().map(|format| encoded(40, 30, format)).collect();
    files.push(jpeg_with(&encoded(40, 30, ImageFormat::Jpeg), &[app1(&exif(little, 6))]));
    files.push(png_with(&encoded(40, 30, ImageFormat::Png), b"eXIf", &exif(big, 6), true));
    files.push(webp(&[(b"VP8X", &canvas(8, 40, 30)), (b"VP8L", &[0; 9]), (b"EXIF", &exif(big, 6))]));
    files.push(little.big_tiff(9, &[(256, 40), (257, 30), (274, 6)]));
    files.push(avif(&[ispe(40, 30), clap(40, 30), irot(1)], true, true));
    files
}

#[test]
fn a_cut_file_tells_the_truth_or_nothing() {
    for file in some_files() {
        for length in 0..file.len() {
            let known = probed(&[&file[..length]]);
            assert!(known.is_none_or(|sides| sides == (40, 30) || sides == (30, 40)), "{known:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_and_no_chunks_make_it_fail_or_change_its_mind(
        which in 0..some_files().len(),
        keep in 0_usize..80,
        noise in prop::collection::vec(any::<u8>(), 0..300),
        flips in prop::collection::vec((0_usize..600, any::<u8>()), 0..6),
        cuts in prop::collection::vec(1_usize..90, 1..20),
    ) {
        let mut file = some_files().swap_remove(which);
        for (at, byte) in flips {
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
        }
        let noisy = [&file[..keep.min(file.len())], &noise[..]].concat();
        for file in [file, noisy, noise] {
            let whole = probed(&[&file]);
            let (mut rest, mut chunks) = (&file[..], Vec::new());
            for cut in cuts.iter().cycle() {
                let (chunk, left) = rest.split_at((*cut).min(rest.len()));
                chunks.push(chunk);
                rest = left;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(probed(&chunks), whole);
        }
    }
}
