//! Settings of the making of thumbnails.

use std::{num::NonZero, path::PathBuf, thread::available_parallelism, time::Duration};

use service::env::Reader;

/// How thumbnails are made.
#[derive(Debug, Clone)]
pub struct ThumbnailConfig {
    /// `THUMBNAIL_WORKERS`: processes that make thumbnails at once; as many as there are cores by default.
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
            workers: read.count_or("THUMBNAIL_WORKERS", cores),
            program: None,
            waiting: 256,
            // it comes last on a busy machine
            time: Duration::from_secs(120),
            idle: Duration::from_secs(30),
        }
    }
}
