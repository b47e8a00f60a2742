//! What stands in a JPEG beside the picture, and in how many passes that comes.

use super::super::{colour::MAX_PROFILE, orientation};

const PROFILE_NAME: &[u8] = b"ICC_PROFILE\0";

/// What the segments say.
#[derive(Debug)]
pub(super) struct Segments {
    pub(super) orientation: u8,
    pub(super) profile: Option<Vec<u8>>,
    /// True where Adobe's segment is there.
    pub(super) is_adobe: bool,
    /// Passes over the picture.
    pub(super) scans: usize,
    frame: Option<Frame>,
    /// Components that come in the first pass.
    first_components: u8,
    /// True where nothing comes after the header of the first pass.
    pub(super) is_empty: bool,
}

impl Segments {
    /// Reads them as far as they make sense.
    pub(super) fn of(source: &[u8]) -> Self {
        let mut found = Self {
            orientation: orientation::UPRIGHT,
            profile: None,
            is_adobe: false,
            scans: 0,
            frame: None,
            first_components: 0,
            is_empty: true,
        };
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((marker, after)) = next_marker(rest) {
            // the end of the picture; cameras put other pictures behind it
            if marker == 0xd9 {
                break;
            }
            let Some((body, after)) = body(marker, after) else { break };
            match marker {
                0xe1 if found.scans == 0 && body.starts_with(b"Exif\0\0") => {
                    found.orientation = orientation::from_exif(body);
                }
                0xe2 if found.scans == 0 => parts.extend(body.strip_prefix(PROFILE_NAME).and_then(part)),
                0xee if body.starts_with(b"Adobe") => found.is_adobe = true,
                _ if is_frame(marker) && found.frame.is_none() => found.frame = Frame::of(marker, body),
                0xda => {
                    if found.scans == 0 {
                        found.first_components = body.first().copied().unwrap_or(0);
                        found.is_empty = after.is_empty() || after.starts_with(&[0xff, 0xd9]);
                    }
                    found.scans += 1;
                }
                _ => {}
            }
            rest = after;
        }
        found.profile = profile(parts);
        found
    }

    /// Bytes of the coefficients that the decoder holds at once: all of them where they come in more than one pass.
    pub(super) fn coefficients(&self) -> usize {
        let Some(frame) = &self.frame else { return 0 };
        let comes_at_once =
            !frame.is_progressive && usize::from(self.first_components) >= frame.factors.len();
        if comes_at_once { 0 } else { frame.coefficients() }
    }
}

/// What the header of the picture claims.
#[derive(Debug)]
struct Frame {
    is_progressive: bool,
    width: usize,
    height: usize,
    /// How finely each component is sampled, across and down.
    factors: Vec<(usize, usize)>,
}

impl Frame {
    fn of(marker: u8, body: &[u8]) -> Option<Self> {
        let side = |at: usize| Some(usize::from(u16::from_be_bytes(*body.get(at..)?.first_chunk()?)));
        let factor = |component: &[u8]| (usize::from(component[1] >> 4), usize::from(component[1] & 15));
        Some(Self {
            is_progressive: matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce),
            width: side(3)?,
            height: side(1)?,
            factors: body.get(6..)?.chunks_exact(3).map(factor).collect(),
        })
    }

    fn coefficients(&self) -> usize {
        const BLOCK: usize = 8;
        // of two bytes each
        const BLOCK_BYTES: usize = BLOCK * BLOCK * 2;
        let finest = self.factors.iter().fold((1, 1), |(x, y), factor| (x.max(factor.0), y.max(factor.1)));
        let (across, down) = (self.width.div_ceil(BLOCK * finest.0), self.height.div_ceil(BLOCK * finest.1));
        self.factors.iter().map(|(x, y)| across * x * down * y * BLOCK_BYTES).sum()
    }
}

/// Whether a marker begins the header of a picture: not the tables that share these numbers.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// Width and height that the header of a JPEG claims.
pub(in super::super) fn claimed_size(source: &[u8]) -> Option<(u32, u32)> {
    let mut rest = source;
    loop {
        let (marker, after) = next_marker(rest)?;
        let (body, after) = body(marker, after)?;
        match marker {
            _ if is_frame(marker) => {
                let side = |at: usize| Some(u32::from(u16::from_be_bytes(*body.get(at..)?.first_chunk()?)));
                return Some((side(3)?, side(1)?));
            }
            0xda => return None,
            _ => rest = after,
        }
    }
}

/// The next marker, and what follows.
fn next_marker(mut bytes: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = bytes.iter().position(|byte| *byte == 0xff)?;
        let after = bytes.get(at + 1..)?;
        match after.first()? {
            // coded data, or a byte that fills
            0x00 => bytes = &after[1..],
            0xff => bytes = after,
            marker => return Some((*marker, &after[1..])),
        }
    }
}

/// The body of the segment, and what follows it.
fn body(marker: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if matches!(marker, 0x01 | 0xd0..=0xd8) {
        return Some((&[], bytes));
    }
    let length = usize::from(u16::from_be_bytes(*bytes.first_chunk()?));
    let body = bytes.get(2..length)?;
    Some((body, &bytes[length..]))
}

/// The number of a part of a profile, and its bytes.
fn part(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let ([number, _count], bytes) = bytes.split_first_chunk()?;
    Some((*number, bytes))
}

/// The profile from its parts, in whatever order they come.
fn profile(mut parts: Vec<(u8, &[u8])>) -> Option<Vec<u8>> {
    parts.sort_by_key(|(number, _)| *number);
    let length: usize = parts.iter().map(|(_, bytes)| bytes.len()).sum();
    (length > 0 && length <= MAX_PROFILE)
        .then(|| parts.iter().flat_map(|(_, bytes)| *bytes).copied().collect())
}
