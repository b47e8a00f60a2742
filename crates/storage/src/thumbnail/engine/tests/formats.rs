//! Every format is read, in all its kinds.

use image::{GenericImageView as _, ImageFormat, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};
use tiff::encoder::{TiffEncoder, colortype};

use super::{
    super::{Format, Refusal},
    assert_near, refusal,
    samples::{
        BLUE, GREEN, RED, YELLOW, chunk, exif, extended, file, gif, jpeg, png, quarters, riff, stored, webp,
        webp_file, with_chunk,
    },
    thumbnail,
};

#[track_caller]
fn assert_quarters(source: &[u8], size: (u32, u32)) {
    for format in [Format::Jpeg, Format::Webp] {
        let small = thumbnail(source, 40, format);
        assert_eq!(small.dimensions(), size);
        let (right, bottom) = (size.0 - 4, size.1 - 4);
        for (at, colour) in
            [((3, 3), RED), ((right, 3), GREEN), ((3, bottom), BLUE), ((right, bottom), YELLOW)]
        {
            assert_near(&small, at, colour);
        }
    }
}

#[test]
fn the_common_formats_keep_their_picture() {
    for format in
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff]
    {
        assert_quarters(&file(quarters(400, 200), format), (40, 20));
        assert_quarters(&file(quarters(201, 403), format), (20, 40));
    }
}

#[test]
fn a_small_picture_keeps_its_size() {
    for format in
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff]
    {
        assert_quarters(&file(quarters(31, 17), format), (31, 17));
        let dot = thumbnail(&file(quarters(1, 1), format), 160, Format::Webp);
        assert_eq!(dot.dimensions(), (1, 1));
    }
}

#[test]
fn a_thin_picture_keeps_one_pixel() {
    let small = thumbnail(&file(quarters(5000, 2), ImageFormat::Png), 160, Format::Jpeg);
    assert_eq!(small.dimensions(), (160, 1));
    let small = thumbnail(&file(quarters(3, 5000), ImageFormat::Jpeg), 160, Format::Webp);
    assert_eq!(small.dimensions(), (1, 160));
}

#[test]
fn jpegs_in_passes_and_in_grey_are_read() {
    assert_quarters(&jpeg(400, 200, |encoder| encoder.set_progressive(true)), (40, 20));
    assert_quarters(&jpeg(400, 200, |encoder| encoder.set_restart_interval(3)), (40, 20));
    let grey = thumbnail(
        &file(image::GrayImage::from_pixel(300, 300, image::Luma([90])), ImageFormat::Jpeg),
        40,
        Format::Jpeg,
    );
    assert_eq!(grey.color().channel_count(), 1);
    assert_near(&grey, (20, 20), [90, 90, 90, 255]);
}

#[test]
fn a_jpeg_for_print_has_its_colours() {
    for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let mut bytes = Vec::new();
        // cyan and some black, as the encoder takes it
        let inks = [255_u8, 0, 0, 51].repeat(100 * 100);
        Encoder::new(&mut bytes, 95).encode(&inks, 100, 100, kind).unwrap();
        assert_near(&thumbnail(&bytes, 40, Format::Jpeg), (20, 20), [0, 152, 205, 255]);
    }
}

#[test]
fn pngs_of_all_depths_are_read() {
    let deep: Vec<u8> = quarters(400, 200).iter().flat_map(|sample| [*sample, 7]).collect();
    let rgb16 = png(400, 200, &deep, |encoder| {
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Sixteen);
    });
    assert_quarters(&rgb16, (40, 20));
    // two bits a pixel: each byte is a row of four
    let indexed = png(4, 2, &[0b0000_0101, 0b1010_1111], |encoder| {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Two);
        encoder.set_palette(
            [RED, GREEN, BLUE, YELLOW].iter().flat_map(|colour| colour[..3].to_vec()).collect::<Vec<_>>(),
        );
        encoder.set_trns(vec![0]);
    });
    let small = thumbnail(&indexed, 40, Format::Webp);
    assert_eq!(small.dimensions(), (4, 2));
    assert_eq!(small.get_pixel(0, 0).0[3], 0, "the first colour is transparent");
    let bits = png(16, 1, &[0xff, 0x00], |encoder| {
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
    });
    let small = thumbnail(&bits, 40, Format::Jpeg);
    assert_near(&small, (1, 0), [255; 4]);
    assert_near(&small, (14, 0), [0, 0, 0, 255]);
}

#[test]
fn an_interlaced_png_is_read() {
    // the passes over eight by eight pixels; in the last one, every odd row is white
    let mut rows = Vec::new();
    for (width, height, light) in
        [(1, 1, 0), (1, 1, 0), (2, 1, 0), (2, 2, 0), (4, 2, 0), (4, 4, 0), (8, 4, 255)]
    {
        for _ in 0..height {
            rows.push(0);
            rows.extend(std::iter::repeat_n(light, width));
        }
    }
    let source = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(*b"IHDR", &[0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, 1]),
        chunk(*b"IDAT", &stored(&rows)),
        chunk(*b"IEND", &[]),
    ];
    let small = thumbnail(&source.concat(), 8, Format::Webp);
    assert_near(&small, (3, 2), [0, 0, 0, 255]);
    assert_near(&small, (3, 5), [255; 4]);
}

#[test]
fn an_animation_shows_its_first_frame() {
    let frames = [((0, 0), (60, 30), [220, 30, 30]), ((0, 0), (60, 30), [30, 160, 40])];
    assert_near(&thumbnail(&gif((60, 30), &frames), 20, Format::Jpeg), (10, 5), RED);
    let still = |colour: [u8; 4]| {
        let still = webp(&colour[..3].repeat(60 * 30), (60, 30), 3);
        let header = [&[0; 6][..], &[59, 0, 0, 29, 0, 0], &[100, 0, 0, 0]].concat();
        riff(*b"ANMF", &[&header, &still[12..]].concat())
    };
    let animated = webp_file(&[extended(2, 60, 30), riff(*b"ANIM", &[0; 6]), still(RED), still(GREEN)]);
    let small = thumbnail(&animated, 20, Format::Jpeg);
    assert_eq!(small.dimensions(), (20, 10));
    assert_near(&small, (10, 5), RED);
    let data = [&RED[..3], &GREEN[..3]].map(|colour| colour.repeat(60 * 30));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 60, 30);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for data in &data {
        writer.write_image_data(data).unwrap();
    }
    writer.finish().unwrap();
    assert_near(&thumbnail(&bytes, 20, Format::Jpeg), (10, 5), RED);
}

#[test]
fn a_frame_lies_where_it_belongs_on_its_canvas() {
    let small = thumbnail(&gif((80, 80), &[((40, 40), (40, 40), [30, 40, 210])]), 40, Format::Webp);
    assert_eq!(small.dimensions(), (40, 40));
    assert_eq!(small.get_pixel(10, 10).0[3], 0);
    assert_near(&small, (30, 30), BLUE);
    let larger = thumbnail(&gif((10, 10), &[((0, 0), (40, 20), [30, 40, 210])]), 40, Format::Webp);
    assert_eq!(larger.dimensions(), (40, 20));
    let still = webp(&BLUE.repeat(40 * 40), (40, 40), 4);
    let header = [&[20, 0, 0, 20, 0, 0][..], &[39, 0, 0, 39, 0, 0], &[100, 0, 0, 0]].concat();
    let frame = riff(*b"ANMF", &[&header, &still[12..]].concat());
    let small =
        thumbnail(&webp_file(&[extended(0x12, 80, 80), riff(*b"ANIM", &[0; 6]), frame]), 40, Format::Webp);
    assert_eq!((small.dimensions(), small.get_pixel(10, 10).0[3]), ((40, 40), 0));
    assert_near(&small, (30, 30), BLUE);
}

#[test]
fn tiffs_of_all_kinds_are_read() {
    fn tiff<C: colortype::ColorType>(data: &[C::Inner], rows_per_strip: u32) -> Vec<u8>
    where
        [C::Inner]: tiff::encoder::TiffValue,
    {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut image = encoder.new_image::<C>(400, 200).unwrap();
        image.rows_per_strip(rows_per_strip).unwrap();
        image.write_data(data).unwrap();
        bytes.into_inner()
    }
    let picture = quarters(400, 200);
    for rows_per_strip in [1, 7, 200] {
        assert_quarters(&tiff::<colortype::RGB8>(&picture, rows_per_strip), (40, 20));
    }
    let deep: Vec<u16> = picture.iter().map(|sample| u16::from(*sample) * 257).collect();
    assert_quarters(&tiff::<colortype::RGB16>(&deep, 16), (40, 20));
    let floats: Vec<f32> = picture.iter().map(|sample| f32::from(*sample) / 255.0).collect();
    assert_quarters(&tiff::<colortype::RGB32Float>(&floats, 16), (40, 20));
    // cyan and some black, on paper
    let inks = [255_u8, 0, 0, 51].repeat(400 * 200);
    let printed = thumbnail(&tiff::<colortype::CMYK8>(&inks, 16), 40, Format::Jpeg);
    assert_near(&printed, (9, 9), [0, 152, 205, 255]);
    let grey: Vec<u8> = vec![90; 400 * 200];
    assert_near(
        &thumbnail(&tiff::<colortype::Gray8>(&grey, 16), 40, Format::Jpeg),
        (9, 9),
        [90, 90, 90, 255],
    );
}

#[test]
fn a_bitmap_from_the_top_down_is_read() {
    let mut source = file(quarters(40, 20), ImageFormat::Bmp);
    let rows = u32::from_le_bytes(source[10..14].try_into().unwrap()) as usize;
    source[22..26].copy_from_slice(&(-20_i32).to_le_bytes());
    let lines: Vec<Vec<u8>> = source[rows..].chunks(120).rev().map(<[u8]>::to_vec).collect();
    source.truncate(rows);
    source.extend(lines.concat());
    assert_quarters(&source, (40, 20));
    let seen = RgbaImage::from_pixel(40, 40, image::Rgba(BLUE));
    assert_near(&thumbnail(&file(seen, ImageFormat::Bmp), 20, Format::Jpeg), (9, 9), BLUE);
}

#[test]
fn all_eight_orientations_are_applied() {
    // where the top left quarter of the stored picture is seen, and the top right one
    let seen = [
        (1, (0, 0), (1, 0)),
        (2, (1, 0), (0, 0)),
        (3, (1, 1), (0, 1)),
        (4, (0, 1), (1, 1)),
        (5, (0, 0), (0, 1)),
        (6, (1, 0), (1, 1)),
        (7, (1, 1), (1, 0)),
        (8, (0, 1), (0, 0)),
    ];
    let plain = file(quarters(400, 200), ImageFormat::Png);
    let still = webp(&quarters(400, 200), (400, 200), 3);
    for (orientation, top_left, top_right) in seen {
        let exif = exif(orientation);
        let sources = [
            jpeg(400, 200, |encoder| encoder.add_exif_metadata(&exif).unwrap()),
            with_chunk(&plain, *b"eXIf", &exif),
            webp_file(&[extended(8, 400, 200), still[12..].to_vec(), riff(*b"EXIF", &exif)]),
        ];
        for source in sources {
            let small = thumbnail(&source, 40, Format::Webp);
            let (width, height) = if orientation >= 5 { (20, 40) } else { (40, 20) };
            assert_eq!(small.dimensions(), (width, height), "orientation {orientation}");
            let place = |(x, y): (u32, u32)| (width / 4 + x * width / 2, height / 4 + y * height / 2);
            assert_near(&small, place(top_left), RED);
            assert_near(&small, place(top_right), GREEN);
        }
    }
}

#[test]
fn what_is_not_read_is_said_by_its_name() {
    for (source, media_type) in [
        (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], "image/heic"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1", "image/avif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"%PDF-1.7", "application/pdf"),
        (b"8BPS\0\x01", "image/vnd.adobe.photoshop"),
        (b"hello", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ] {
        let refusal = refusal(source);
        assert_eq!(refusal, Refusal::Unsupported { media_type: media_type.to_owned() });
        assert_eq!(refusal.code(), "unsupported-image");
    }
}
