//! Paints small landscapes: a sky, a sun, hills. No two scenes are alike, and none is the same upside down or mirrored.

use image::{Rgb, RgbImage};

/// Paints scene number `scene`.
pub(super) fn landscape(scene: u32, width: u32, height: u32) -> RgbImage {
    let hue = scene * 47;
    let sky = [Rgb(colour(hue, 90)), Rgb(colour(hue + 40, 220))];
    let hills = [Rgb(colour(hue + 160, 140)), Rgb(colour(hue + 200, 90))];
    // left of the middle and above it: so an orientation can be seen
    let sun = (width / 4, height / 4, height / 8);
    RgbImage::from_fn(width, height, |x, y| {
        let ground = |hill: u32| horizon(x, width, height, scene + hill * 5) + hill * height / 7;
        if y > ground(1) {
            hills[1]
        } else if y > ground(0) {
            hills[0]
        } else if is_inside(sun, x, y) {
            Rgb([255, 240, 190])
        } else {
            mix(sky, y, height)
        }
    })
}

/// How low the ground is at `x`: three waves of whole numbers, so that every machine paints the same.
fn horizon(x: u32, width: u32, height: u32, scene: u32) -> u32 {
    let wave = |length: u32, shift: u32| {
        let at = (x * 256 / width * length + shift * 83) % 512;
        if at < 256 { at } else { 511 - at }
    };
    let sum = wave(1, scene) + wave(2, scene * 3) / 2 + wave(5, scene * 7) / 8;
    height / 2 + sum * height / 4 / 416
}

fn is_inside((x0, y0, radius): (u32, u32, u32), x: u32, y: u32) -> bool {
    let (dx, dy) = (x.abs_diff(x0), y.abs_diff(y0));
    dx * dx + dy * dy <= radius * radius
}

fn mix([top, bottom]: [Rgb<u8>; 2], y: u32, height: u32) -> Rgb<u8> {
    let channel = |at: usize| {
        let sum = u32::from(top.0[at]) * (height - y) + u32::from(bottom.0[at]) * y;
        u8::try_from(sum / height).unwrap_or(u8::MAX)
    };
    Rgb([channel(0), channel(1), channel(2)])
}

/// A colour of the wheel (in degrees), as light as `light`.
fn colour(degrees: u32, light: u8) -> [u8; 3] {
    let channel = |shift: u32| {
        let at = (degrees + shift) % 360;
        let distance = at.min(360 - at);
        let strength = 255 - distance.min(180) * 255 / 180;
        u8::try_from(u32::midpoint(strength, u32::from(light))).unwrap_or(u8::MAX)
    };
    [channel(0), channel(120), channel(240)]
}
