//! How thumbnails look: transparency, colours, sharpness; and that nothing but the picture is in them.

use image::{GenericImageView as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;

use super::{
    super::{Format, Limits, Wanted},
    assert_near, make,
    samples::{exif, file, jpeg, quarters, with_chunk},
    thumbnail,
};

#[test]
fn transparency_stays_in_webp_and_becomes_white_in_jpeg() {
    let picture =
        RgbaImage::from_fn(
            400,
            400,
            |x, _| if x < 200 { Rgba([0, 0, 0, 0]) } else { Rgba([200, 0, 0, 255]) },
        );
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let source = file(picture.clone(), format);
        let webp = thumbnail(&source, 100, Format::Webp);
        assert_eq!(webp.get_pixel(20, 50).0[3], 0, "{format:?}");
        assert_near(&webp, (80, 50), [200, 0, 0, 255]);
        let jpeg = thumbnail(&source, 100, Format::Jpeg);
        assert_near(&jpeg, (20, 50), [255; 4]);
        assert_near(&jpeg, (80, 50), [200, 0, 0, 255]);
    }
}

#[test]
fn colours_of_what_is_transparent_do_not_shine_through() {
    // a fine pattern of opaque red and transparent green
    let picture = RgbaImage::from_fn(400, 400, |x, y| {
        if (x + y) % 2 == 0 { Rgba([200, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) }
    });
    let small = thumbnail(&file(picture, ImageFormat::Png), 50, Format::Webp);
    assert_near(&small, (25, 25), [200, 0, 0, 128]);
}

#[test]
fn a_fine_pattern_becomes_its_mean() {
    let picture =
        RgbImage::from_fn(640, 640, |x, y| if (x + y) % 2 == 0 { Rgb([255; 3]) } else { Rgb([0; 3]) });
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff] {
        assert_near(
            &thumbnail(&file(picture.clone(), format), 50, Format::Jpeg),
            (25, 25),
            [128, 128, 128, 255],
        );
    }
}

#[test]
fn the_profile_of_a_picture_is_applied() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let source = jpeg(400, 200, |encoder| encoder.add_icc_profile(&profile).unwrap());
    // that red is beyond sRGB, so it gets more of red and less of green
    let (with, without) =
        (thumbnail(&source, 40, Format::Webp), thumbnail(&jpeg(400, 200, |_| ()), 40, Format::Webp));
    assert!(with.get_pixel(9, 4).0[0] > without.get_pixel(9, 4).0[0] + 8);
}

#[test]
fn a_profile_that_is_broken_or_of_another_kind_is_ignored() {
    let grey = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let plain = thumbnail(&jpeg(400, 200, |_| ()), 40, Format::Webp);
    for profile in [&b"no profile"[..], &grey, &grey[..grey.len() / 2], &vec![0xff; 60_000]] {
        let small =
            thumbnail(&jpeg(400, 200, |encoder| encoder.add_icc_profile(profile).unwrap()), 40, Format::Webp);
        assert_eq!(small, plain);
    }
}

#[test]
fn nothing_but_the_picture_is_left() {
    let secret = [&exif(1)[..], b"SECRET-PLACE"].concat();
    let sources = [
        jpeg(400, 200, |encoder| {
            encoder.add_exif_metadata(&secret).unwrap();
            encoder.add_app_segment(13, b"SECRET-PLACE".to_vec()).unwrap();
        }),
        with_chunk(&file(quarters(400, 200), ImageFormat::Png), *b"eXIf", &secret),
    ];
    for source in sources {
        for format in [Format::Jpeg, Format::Webp] {
            let picture = make(&source, &Wanted { longest_side: 100, format }, &Limits::default()).unwrap();
            let has = |text: &[u8]| picture.bytes.windows(text.len()).any(|part| part == text);
            assert!(!has(b"SECRET") && !has(b"Exif") && !has(b"ICC"), "{format:?}");
        }
    }
}
