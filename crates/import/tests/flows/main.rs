//! The running service between a Drive emulator and a stand-in for the worker, both behind real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod harness;

mod cancelling;
mod dispatching;
mod listing;
mod recorded;
mod reporting;
mod restarting;
mod starting;
