//! Small pictures in memory.

use fast_image_resize::PixelType;

use super::task::Size;

/// What the samples of a pixel mean, one byte each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Grey,
    /// The last sample is the opacity; the others are not multiplied by it. So in [`Layout::Rgba`].
    GreyAlpha,
    Rgb,
    Rgba,
    /// 255 is full ink.
    Cmyk,
}

impl Layout {
    /// Samples per pixel.
    pub(super) fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    pub(super) fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }

    /// What the resizing library calls it.
    pub(super) fn pixel_type(self) -> PixelType {
        match self {
            Self::Grey => PixelType::U8,
            Self::GreyAlpha => PixelType::U8x2,
            Self::Rgb => PixelType::U8x3,
            Self::Rgba | Self::Cmyk => PixelType::U8x4,
        }
    }
}

/// A picture, row by row without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pixels {
    pub(super) size: Size,
    pub(super) layout: Layout,
    pub(super) samples: Vec<u8>,
}

impl Pixels {
    /// Each pixel made into one of another layout.
    pub(super) fn map<const TO: usize>(self, layout: Layout, convert: impl Fn(&[u8]) -> [u8; TO]) -> Self {
        debug_assert_eq!(layout.channels(), TO, "a pixel has as many samples as its layout says");
        let pixels = self.samples.chunks_exact(self.layout.channels());
        let samples = pixels.flat_map(convert).collect();
        Self { size: self.size, layout, samples }
    }
}
