//! JPEG within TIFF: its decoder makes room for whatever size the inner picture claims.

use tiff::{decoder::ChunkType, tags::Tag};

use super::Tiff;
use crate::thumbnail::engine::{jpeg, refusal::Refusal, task::Task};

/// Sides of inner pictures end at whole blocks, of at most so many pixels.
const BLOCK: u32 = 32;

/// Sees to it that no inner picture claims to be larger than the chunk it fills.
pub(super) fn check(task: &Task<'_>, decoder: &mut Tiff<'_>) -> Result<(), Refusal> {
    let (width, height) = decoder.chunk_dimensions();
    let tag = match decoder.get_chunk_type() {
        ChunkType::Strip => Tag::StripOffsets,
        ChunkType::Tile => Tag::TileOffsets,
    };
    let places = decoder.find_tag_unsigned_vec::<u64>(tag).ok().flatten().ok_or(Refusal::Broken)?;
    for place in places {
        task.check_time()?;
        let start = usize::try_from(place).map_err(|_| Refusal::Broken)?;
        let inner = task.source.get(start..).and_then(jpeg::claimed_size).ok_or(Refusal::Broken)?;
        if inner.0 > width.next_multiple_of(BLOCK) || inner.1 > height.next_multiple_of(BLOCK) {
            return Err(Refusal::Broken);
        }
    }
    Ok(())
}
