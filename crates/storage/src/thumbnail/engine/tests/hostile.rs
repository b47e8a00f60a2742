//! Pictures that lie, break off or cost: each ends in a thumbnail or a refusal, soon.

use std::time::Duration;

use image::ImageFormat;
use proptest::prelude::*;

use super::{
    super::{Format, Limits, Refusal, Wanted},
    make, refusal, refusal_within,
    samples::{
        chunk, exif, extended, file, gif, jpeg, png, quarters, riff, stored, webp, webp_file, with_chunk,
    },
    tight,
};

/// One file of each kind.
fn corpus() -> Vec<Vec<u8>> {
    let picture = quarters(64, 48);
    let common =
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff];
    let mut files: Vec<_> = common.map(|format| file(picture.clone(), format)).to_vec();
    files.push(jpeg(64, 48, |encoder| {
        encoder.set_progressive(true);
        encoder.add_exif_metadata(&exif(6)).unwrap();
    }));
    files.push(gif((64, 48), &[((1, 1), (40, 40), [1, 2, 3]), ((0, 0), (9, 9), [3, 2, 1])]));
    files.push(webp(&picture, (64, 48), 3));
    files
}

fn try_out(source: &[u8]) -> Result<(), Refusal> {
    make(source, &Wanted { longest_side: 32, format: Format::Webp }, &tight()).map(|picture| {
        image::load_from_memory(&picture.bytes).unwrap();
    })
}

#[test]
fn files_that_break_off_anywhere_are_refused_or_shown() {
    for source in corpus() {
        for length in (0..source.len().min(1500)).chain((1500..source.len()).step_by(101)) {
            // whatever it is, it comes back
            let _ = try_out(&source[..length]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        // PROPTEST_CASES may ask for more
        cases: ProptestConfig::default().cases.max(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn files_with_wrong_bytes_are_refused_or_shown(
        which in 0_usize..8,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut source = corpus().swap_remove(which);
        for (place, byte) in changes {
            let place = place.index(source.len());
            source[place] = byte;
        }
        let _ = try_out(&source);
    }

    #[test]
    fn beginnings_with_anything_behind_are_refused_or_shown(
        which in 0_usize..8,
        kept in 4_usize..64,
        rest in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut source = corpus().swap_remove(which);
        source.truncate(kept);
        source.extend(rest);
        let _ = try_out(&source);
    }
}

/// A PNG that says it is this large.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let header = chunk(*b"IHDR", &[&sides[..], &[8, 2, 0, 0, 0]].concat());
    [&b"\x89PNG\r\n\x1a\n"[..], &header, &chunk(*b"IDAT", &stored(&[0; 1000])), &chunk(*b"IEND", &[])]
        .concat()
}

/// A JPEG whose header says it is this large.
fn lying_jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut source = jpeg(64, 48, |_| ());
    let frame = source.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    source[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    source[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    source
}

#[test]
fn pictures_of_too_many_pixels_are_refused_by_their_header() {
    let bmp = |width: i32, height: i32| {
        let mut source = file(quarters(64, 48), ImageFormat::Bmp);
        source[18..22].copy_from_slice(&width.to_le_bytes());
        source[22..26].copy_from_slice(&height.to_le_bytes());
        source
    };
    let huge_webp =
        webp_file(&[extended(2, 16_000, 16_000), riff(*b"ANIM", &[0; 6]), riff(*b"ANMF", &[0; 40])]);
    let sources = [
        png_header(65_000, 65_000),
        lying_jpeg(65_000, 65_000),
        gif((65_000, 65_000), &[((0, 0), (1, 1), [1, 2, 3])]),
        bmp(30_000, 30_000),
        bmp(30_000, -30_000),
        huge_webp,
    ];
    for source in sources {
        let refusal = refusal(&source);
        assert!(matches!(refusal, Refusal::TooManyPixels { most: 50_000_000, .. }), "{refusal:?}");
        assert_eq!(refusal.code(), "too-many-pixels");
        assert!(refusal.to_string().contains("50000000"), "{refusal}");
    }
}

#[test]
fn sides_and_files_that_are_too_long_are_refused() {
    assert!(matches!(refusal(&png_header(30_000, 10)), Refusal::SideTooLong { width: 30_000, .. }));
    assert!(matches!(refusal(&lying_jpeg(10, 30_000)), Refusal::SideTooLong { height: 30_000, .. }));
    let limits = Limits { bytes: 10, ..Limits::default() };
    assert_eq!(refusal_within(&[0; 11], &limits), Refusal::TooManyBytes { bytes: 11, most: 10 });
}

#[test]
fn pictures_without_pixels_are_broken() {
    for source in [png_header(0, 10), png_header(10, 0), lying_jpeg(0, 10), lying_jpeg(10, 0)] {
        assert_eq!(refusal(&source), Refusal::Broken);
    }
}

#[test]
fn a_jpeg_of_thousands_of_passes_is_refused_unseen() {
    let source = jpeg(64, 48, |encoder| encoder.set_progressive(true));
    let scan = source.windows(2).position(|marker| marker == [0xff, 0xda]).unwrap();
    let after = &source[scan + 2..];
    let next = after.windows(2).position(|marker| marker[0] == 0xff && marker[1] != 0).unwrap();
    let pass = &source[scan..scan + 2 + next];
    let many = [&source[..scan], &pass.repeat(5000), &source[scan..]].concat();
    assert_eq!(refusal(&many), Refusal::TooManyScans { most: 100 });
}

#[test]
fn a_jpeg_without_any_picture_is_broken() {
    let source = jpeg(64, 48, |_| ());
    let scan = source.windows(2).position(|marker| marker == [0xff, 0xda]).unwrap();
    assert_eq!(refusal(&source[..scan]), Refusal::Broken);
    assert_eq!(refusal(&source[..scan + 14]), Refusal::Broken);
}

#[test]
fn a_jpeg_that_lacks_its_end_is_shown() {
    let source = file(quarters(640, 480), ImageFormat::Jpeg);
    try_out(&source[..source.len() - 2]).unwrap();
    try_out(&source[..source.len() * 3 / 4]).unwrap();
}

#[test]
fn a_huge_profile_or_text_beside_a_picture_costs_nothing() {
    let plain = png(64, 48, &quarters(64, 48), |encoder| encoder.set_color(png::ColorType::Rgb));
    let packed = [b"x\0\0".to_vec(), stored(&vec![7; 60_000])].concat();
    let mut source = with_chunk(&plain, *b"iCCP", &packed);
    for _ in 0..200 {
        source = with_chunk(&source, *b"zTXt", &packed);
    }
    try_out(&source).unwrap();
}

/// A TIFF of one directory with these entries: tag, kind, count, value.
fn tiff(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut source = b"II*\0\x08\0\0\0".to_vec();
    source.extend_from_slice(&u16::try_from(entries.len()).unwrap().to_le_bytes());
    for (tag, kind, count, value) in entries {
        source.extend_from_slice(&tag.to_le_bytes());
        source.extend_from_slice(&kind.to_le_bytes());
        source.extend_from_slice(&count.to_le_bytes());
        source.extend_from_slice(&value.to_le_bytes());
    }
    source.extend_from_slice(&next.to_le_bytes());
    source
}

#[test]
fn tiffs_that_lie_about_their_strips_are_refused() {
    let sides = |width, height| {
        vec![(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    };
    let strips = |offsets: u32, count: u32, rows: u32| {
        [(273, 4, offsets, 8), (277, 3, 1, 1), (278, 4, 1, rows), (279, 4, count, 8)]
    };
    let honest = [&sides(8, 1)[..], &strips(1, 1, 1)].concat();
    try_out(&tiff(&honest, 0)).unwrap();
    for (entries, next) in [
        // one that comes back to itself
        (honest, 8),
        ([&sides(1000, 1000)[..], &strips(u32::MAX, u32::MAX, 1)].concat(), 0),
        ([&sides(1000, 1000)[..], &strips(1, 1, 0)].concat(), 0),
        ([&sides(1000, 1000)[..], &strips(1, 1, u32::MAX)].concat(), 0),
        ([&sides(0, 1000)[..], &strips(1, 1, 1)].concat(), 0),
        (sides(1000, 1000), 0),
        (vec![], 0),
    ] {
        assert_eq!(refusal(&tiff(&entries, next)), Refusal::Broken);
    }
    let huge = [&sides(1_000_000, 1_000_000)[..], &strips(1, 1, 1_000_000)].concat();
    assert!(matches!(refusal(&tiff(&huge, 0)), Refusal::TooManyPixels { .. }));
}

#[test]
fn a_picture_that_needs_too_much_memory_or_time_is_refused() {
    let mut interlaced = png_header(4000, 4000);
    interlaced.truncate(8);
    let header = [&4000_u32.to_be_bytes()[..], &4000_u32.to_be_bytes(), &[8, 2, 0, 0, 1]].concat();
    interlaced.extend(
        [chunk(*b"IHDR", &header), chunk(*b"IDAT", &stored(&[0; 10])), chunk(*b"IEND", &[])].concat(),
    );
    let limits = Limits { buffer: 1024 * 1024, ..Limits::default() };
    assert_eq!(refusal_within(&interlaced, &limits), Refusal::TooMuchMemory { most_mib: 1 });
    let limits = Limits { time: Duration::ZERO, ..Limits::default() };
    for source in corpus() {
        assert_eq!(refusal_within(&source, &limits), Refusal::TookTooLong);
    }
}
