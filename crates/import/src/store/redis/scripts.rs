//! The scripts, each with what all of them share before it.

use std::sync::LazyLock;

use service::redis::Script;

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $($(#[$doc])*
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(concat!(include_str!("lua/shared.lua"), include_str!($file)))
        });)*
    };
}

scripts! {
    /// Takes jobs that nobody works on.
    CLAIM = "lua/claim.lua";
    /// Writes down a new job.
    CREATE = "lua/create.lua";
    /// Drops a job at once.
    DISCARD = "lua/discard.lua";
    /// Drops jobs that ended long ago.
    EXPIRE = "lua/expire.lua";
    /// Reads a page of the list of jobs.
    JOBS = "lua/jobs.lua";
    /// Reads the files to send next.
    NEXT_BATCH = "lua/next_batch.lua";
    /// Reads what a decision needs.
    READ = "lua/read.lua";
    /// Gives a job back.
    RELEASE = "lua/release.lua";
    /// Gives back all jobs of a process.
    RELEASE_ALL = "lua/release_all.lua";
    /// Extends a lease.
    RENEW = "lua/renew.lua";
    /// Counts jobs that have not ended.
    RUNNING = "lua/running.lua";
    /// Reads what a status answers.
    SNAPSHOT = "lua/snapshot.lua";
    /// Reads entries of the list of stored images.
    STORED_SINCE = "lua/stored_since.lua";
    /// Drops what an ended job does not need.
    TIDY = "lua/tidy.lua";
    /// Reads failed or cancelled files.
    UNSTORED = "lua/unstored.lua";
    /// Applies a decision.
    WRITE = "lua/write.lua";
}
