//! The running service between a Drive emulator and a stand-in for the worker, both behind real sockets.

mod harness;

mod cancelling;
mod dispatching;
mod listing;
mod reporting;
mod restarting;
mod starting;
