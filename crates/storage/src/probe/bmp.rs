//! Windows bitmaps, and those of OS/2.

use std::ops::Range;

use super::{Order, Picture, Window};

/// The beginning of the second header: its length, width, height.
pub(super) const FIRST: Range<u64> = 14..26;
/// Length of the oldest header, which has sides of 16 bits.
const CORE: u64 = 12;

pub(super) fn read(window: Window<'_>, picture: &mut Picture) -> Option<Range<u64>> {
    let number = |at, width| Order::Little.number(window.bytes, at, width);
    picture.size = match number(0, 4)? {
        CORE => number(4, 2).zip(number(6, 2)),
        16..=124 => number(4, 4).zip(number(8, 4).map(height)),
        _ => None,
    };
    None
}

/// A height below zero says that the rows come from the top.
fn height(raw: u64) -> u64 {
    if raw >> 31 == 0 { raw } else { (1 << 32) - raw }
}
