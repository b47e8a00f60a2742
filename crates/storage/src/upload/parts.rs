//! A body cut into parts.

use std::time::Duration;

use bytes::Bytes;

use super::{
    Announced, UploadError,
    source::{Digest, Source},
};
use crate::{
    budget::{Budget, Share},
    digest::Md5Digest,
};

/// Parts that S3 takes at most.
const MAX_PARTS: u64 = 10_000;
/// The usual size of a part: the least that S3 takes, because parts are held in memory.
const USUAL: u64 = 5 * 1024 * 1024;
/// The same where the length is unknown, and there may come to be many.
const USUAL_OF_UNKNOWN: u64 = 8 * 1024 * 1024;
/// The largest part: several must fit into memory.
const LARGEST: u64 = 64 * 1024 * 1024;
/// Parts of unknown many double in size after so many.
const STEP: u64 = 2000;
/// The next part of an upload that has begun is waited for as long as it takes: those before it are on their way.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Hands out one part after the other.
pub(super) struct Parts<'s> {
    from: From<'s>,
    number: u64,
}

enum From<'s> {
    Memory { left: Bytes, digest: Digest },
    Stream { source: &'s mut Source, budget: Budget, size: Option<u64>, first: Option<(Bytes, Share)> },
}

/// Some bytes, and the memory they are in.
pub(super) struct NextPart {
    pub(super) number: i32,
    pub(super) bytes: Bytes,
    pub(super) share: Option<Share>,
}

impl<'s> Parts<'s> {
    /// Parts of bytes that are in memory and accounted for.
    pub(super) fn in_memory(bytes: Bytes) -> Self {
        let digest = Digest { size: bytes.len() as u64, md5: Md5Digest::of(&bytes) };
        Self { from: From::Memory { left: bytes, digest }, number: 0 }
    }

    /// Parts of what `source` brings, `size` bytes where that is known.
    pub(super) fn streamed(
        source: &'s mut Source,
        budget: Budget,
        size: Option<u64>,
    ) -> Result<Self, UploadError> {
        if size.is_some_and(|size| size > LARGEST * MAX_PARTS) {
            return Err(UploadError::TooLarge { limit: LARGEST * MAX_PARTS });
        }
        Ok(Self { from: From::Stream { source, budget, size, first: None }, number: 0 })
    }

    /// The same, after `bytes` that were read before.
    pub(super) fn after(mut self, bytes: Bytes, share: Share) -> Self {
        if let From::Stream { first, .. } = &mut self.from {
            *first = Some((bytes, share));
        }
        self
    }

    /// The next part, or none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<NextPart>, UploadError> {
        let (bytes, share) = match &mut self.from {
            From::Memory { left, .. } => {
                let size =
                    usize::try_from(part_size(self.number, Some(left.len() as u64))).unwrap_or(usize::MAX);
                (left.split_to(size.min(left.len())), None)
            }
            From::Stream { first, source, budget, size } => {
                if let Some((bytes, share)) = first.take() {
                    (bytes, Some(share))
                } else {
                    let wanted = usize::try_from(part_size(self.number, *size)).unwrap_or(usize::MAX);
                    let share = budget.take(wanted, PATIENCE).await?;
                    (source.read_up_to(wanted).await?, Some(share))
                }
            }
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let number = i32::try_from(self.number).ok().filter(|_| self.number <= MAX_PARTS);
        let number = number.ok_or(UploadError::TooLarge { limit: LARGEST * MAX_PARTS })?;
        Ok(Some(NextPart { number, bytes, share }))
    }

    /// Once all parts were handed out: what they were, if that is what was announced.
    pub(super) async fn check(&mut self, announced: &Announced) -> Result<Digest, UploadError> {
        match &mut self.from {
            From::Memory { digest, .. } => Ok(*digest),
            From::Stream { source, .. } => source.check(announced).await,
        }
    }
}

/// The size of the part after `number` others, of an object of `size` bytes where that is known.
fn part_size(number: u64, size: Option<u64>) -> u64 {
    const MIB: u64 = 1024 * 1024;
    match size {
        Some(size) => size.div_ceil(MAX_PARTS).next_multiple_of(MIB).max(USUAL),
        None => (USUAL_OF_UNKNOWN << (number / STEP).min(3)).min(LARGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_never_too_many_too_small_or_too_large() {
        for size in [17 << 20, 1 << 30, 80 << 30, 100 << 30, LARGEST * MAX_PARTS] {
            let part = part_size(0, Some(size));
            assert!(size.div_ceil(part) <= MAX_PARTS && (USUAL..=LARGEST).contains(&part), "{size}: {part}");
        }
        let all: u64 = (0..MAX_PARTS).map(|number| part_size(number, None)).sum();
        assert!(all > 300 << 30, "an object of unknown length may have {all} bytes");
        assert_eq!((part_size(0, None), part_size(0, Some(1))), (USUAL_OF_UNKNOWN, USUAL));
    }
}
