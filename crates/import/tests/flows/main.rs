//! The running service between a Drive emulator and a stand-in for the worker, both behind real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod harness;

mod cancelling;
mod dispatching;
mod expiring;
mod failures;
mod hostile;
mod in_redis;
mod jobs;
mod known;
mod limits;
mod listing;
mod previewing;
mod recorded;
mod recursing;
mod reporting;
mod restarting;
mod retrying;
mod signing;
mod starting;
mod watching;
