//! One thumbnail to make: from which bytes, how large, within which limits.

use std::{cell::Cell, io, time::Duration};

use super::refusal::Refusal;
use crate::thumbnail::clock;

/// What a picture may cost.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Pixels of the picture.
    pub(crate) pixels: u64,
    /// Pixels of each side.
    pub(crate) side: u64,
    /// Passes over a JPEG; cameras and programs make about ten.
    pub(crate) scans: usize,
    /// Bytes of one buffer.
    pub(crate) buffer: usize,
    /// Bytes of a buffer that is taken without leave.
    pub(crate) light: usize,
    /// Time of the processor for all of it.
    pub(crate) time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 100 * 1024 * 1024,
            pixels: 50_000_000,
            side: 20_000,
            scans: 100,
            buffer: 400 * 1024 * 1024,
            light: 64 * 1024 * 1024,
            time: Duration::from_secs(20),
        }
    }
}

/// Waits until much memory may be taken; an error when it never may.
pub(crate) type Leave<'l> = dyn Fn() -> io::Result<()> + 'l;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

/// One thumbnail to make.
pub(super) struct Task<'a> {
    /// The whole file.
    pub(super) source: &'a [u8],
    pub(super) limits: &'a Limits,
    longest_side: u32,
    deadline: Duration,
    leave: &'a Leave<'a>,
    has_leave: Cell<bool>,
}

impl<'a> Task<'a> {
    /// From here on the time runs, on this thread.
    pub(super) fn begin(
        source: &'a [u8],
        longest_side: u32,
        limits: &'a Limits,
        leave: &'a Leave<'a>,
    ) -> Result<Self, Refusal> {
        let bytes = source.len() as u64;
        if bytes > limits.bytes {
            return Err(Refusal::TooManyBytes { bytes, most: limits.bytes });
        }
        let deadline = clock::of_this_thread() + limits.time;
        let (longest_side, has_leave) = (longest_side.max(1), Cell::new(false));
        Ok(Self { source, limits, longest_side, deadline, leave, has_leave })
    }

    /// The size of a picture, if it may have that.
    pub(super) fn size(&self, width: u64, height: u64) -> Result<Size, Refusal> {
        let Limits { pixels, side, .. } = *self.limits;
        if width == 0 || height == 0 {
            return Err(Refusal::Broken);
        }
        if width.saturating_mul(height) > pixels {
            return Err(Refusal::TooManyPixels { width, height, most: pixels });
        }
        if width.max(height) > side {
            return Err(Refusal::SideTooLong { width, height, most: side });
        }
        let narrow = |side| u32::try_from(side).map_err(|_| Refusal::Broken);
        Ok(Size { width: narrow(width)?, height: narrow(height)? })
    }

    /// Room for so many bytes, if they are not too many.
    pub(super) fn buffer(&self, bytes: usize) -> Result<Vec<u8>, Refusal> {
        self.claim(bytes)?;
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(bytes).map_err(|_| self.too_much_memory())?;
        buffer.resize(bytes, 0);
        Ok(buffer)
    }

    /// To be called before so many bytes are occupied at once: refuses too many, and waits for leave to take many.
    pub(super) fn claim(&self, bytes: usize) -> Result<(), Refusal> {
        if bytes > self.limits.buffer {
            return Err(self.too_much_memory());
        }
        if bytes > self.limits.light && !self.has_leave.replace(true) {
            (self.leave)().map_err(|_| self.too_much_memory())?;
        }
        Ok(())
    }

    fn too_much_memory(&self) -> Refusal {
        Refusal::TooMuchMemory { most_mib: self.limits.buffer / (1024 * 1024) }
    }

    /// An error once the time is over.
    pub(super) fn check_time(&self) -> Result<(), Refusal> {
        if clock::of_this_thread() > self.deadline { Err(Refusal::TookTooLong) } else { Ok(()) }
    }

    /// The size of the thumbnail of a picture of this size: never larger, and as long as was wished for.
    pub(super) fn target(&self, picture: Size) -> Size {
        let longest = u64::from(picture.width.max(picture.height));
        let wanted = u64::from(self.longest_side).min(longest);
        let side = |side: u32| {
            let rounded = (u64::from(side) * wanted + longest / 2) / longest;
            // at most as long as the longest side of the picture
            u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
        };
        Size { width: side(picture.width), height: side(picture.height) }
    }
}
