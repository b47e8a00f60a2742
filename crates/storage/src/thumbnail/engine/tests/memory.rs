//! Pictures that take much memory wait for leave, and those that take too much are refused unseen.

use std::{cell::Cell, io};

use image::ImageFormat;

use super::{
    super::{Format, Limits, Refusal, Wanted, make},
    samples::{file, heavy_jpeg, jpeg, quarters, webp},
};

const WANTED: Wanted = Wanted { longest_side: 32, format: Format::Jpeg };

/// How often leave is asked for by what takes more than `light` bytes at once.
fn asks(source: &[u8], light: usize) -> u32 {
    let asked = Cell::new(0);
    let leave = || {
        asked.set(asked.get() + 1);
        Ok(())
    };
    make(source, &WANTED, &Limits { light, ..Limits::default() }, &leave).unwrap();
    asked.get()
}

#[test]
fn leave_is_asked_for_once_by_what_is_held_as_a_whole() {
    let in_passes = jpeg(400, 200, |encoder| encoder.set_progressive(true));
    let in_one = jpeg(400, 200, |_| ());
    // two bytes a coefficient, one component of colour for four of brightness at most
    assert_eq!((asks(&in_passes, 400 * 200 * 2), asks(&in_passes, 420 * 220 * 6)), (1, 0));
    assert_eq!(asks(&in_one, 0), 0);
    let lossless = webp(&vec![7; 400 * 200 * 4], (400, 200), 4);
    assert_eq!((asks(&lossless, 400 * 200 * 4), asks(&lossless, 400 * 200 * 8)), (1, 0));
    assert_eq!(asks(&webp(&quarters(400, 200), (400, 200), 3), 64 * 64 * 3), 0, "it is decoded small");
    assert_eq!(asks(&file(quarters(400, 200), ImageFormat::Png), 0), 0);
}

#[test]
fn without_leave_nothing_is_read() {
    let source = jpeg(400, 200, |encoder| encoder.set_progressive(true));
    let limits = Limits { light: 0, ..Limits::default() };
    let refused = make(&source, &WANTED, &limits, &|| Err(io::ErrorKind::BrokenPipe.into()));
    assert_eq!(refused.unwrap_err().code(), "too-much-memory");
}

#[test]
fn a_jpeg_whose_coefficients_are_too_many_is_refused_by_its_header() {
    let limits = Limits { buffer: 10 * 1024 * 1024, ..Limits::default() };
    let leave = || -> io::Result<()> { panic!("it was begun") };
    let refused = make(&heavy_jpeg(2000, 1000), &WANTED, &limits, &leave).unwrap_err();
    assert_eq!(refused, Refusal::TooMuchMemory { most_mib: 10 });
    super::make(&heavy_jpeg(2000, 1000), &WANTED, &Limits::default()).unwrap();
}
