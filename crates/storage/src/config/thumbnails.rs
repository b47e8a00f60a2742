//! Settings of the making of thumbnails.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    thread::available_parallelism,
    time::Duration,
};

use service::env::Reader;

use super::memory;

/// What this service takes beside the processes that make thumbnails.
const OWN_BYTES: u64 = 256 << 20;
/// What one of them takes: an ordinary one less, one in four up to 500 MiB.
const BYTES_PER_WORKER: u64 = 300 << 20;

/// How thumbnails are made.
#[derive(Debug, Clone)]
pub struct ThumbnailConfig {
    /// `THUMBNAIL_WORKERS`: processes that make thumbnails at once; by default as many as there are cores, or fewer where
    /// memory is short.
    pub workers: usize,
    /// The program that is started with the argument `thumbnailer`; the running one by default. No setting.
    pub program: Option<PathBuf>,
    /// Thumbnails that may wait for a free process; whoever comes then is sent away. No setting.
    pub waiting: usize,
    /// Longest wait for one picture, then its process is killed; how long it may work it knows itself. No setting.
    pub time: Duration,
    /// After how long without work a process is ended. No setting.
    pub idle: Duration,
}

impl ThumbnailConfig {
    pub(super) fn read(read: &Reader<'_>) -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self {
            workers: read.count_or("THUMBNAIL_WORKERS", fitting(cores, memory::available(Path::new("/")))),
            program: None,
            waiting: 256,
            // it comes last on a busy machine
            time: Duration::from_secs(120),
            idle: Duration::from_secs(30),
        }
    }
}

/// How many processes there may be on so many cores, in so much memory.
fn fitting(cores: usize, memory_bytes: Option<u64>) -> usize {
    let Some(memory) = memory_bytes else { return cores };
    let in_memory = memory.saturating_sub(OWN_BYTES) / BYTES_PER_WORKER;
    cores.min(usize::try_from(in_memory).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_processes_as_cores_and_memory_allow() {
        const GIB: u64 = 1 << 30;
        for (cores, memory, expected) in [
            (16, None, 16),
            (16, Some(64 * GIB), 16),
            (16, Some(2 * GIB), 5),
            (4, Some(2 * GIB), 4),
            (16, Some(GIB / 2), 1),
            (2, Some(0), 1),
        ] {
            assert_eq!(fitting(cores, memory), expected, "{cores} cores, {memory:?} bytes");
        }
    }
}
