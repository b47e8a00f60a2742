//! GIF: the logical screen, on which all frames are painted.

use std::ops::Range;

use super::{Order, Picture, Window};

/// Width and height.
pub(super) const FIRST: Range<u64> = 6..10;

pub(super) fn read(window: Window<'_>, picture: &mut Picture) -> Option<Range<u64>> {
    let side = |at| Order::Little.number(window.bytes, at, 2);
    picture.size = side(0).zip(side(2));
    None
}
