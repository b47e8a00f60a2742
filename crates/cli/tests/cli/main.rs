//! `image-import` as its users see it: a process with arguments, two outputs and an exit code.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod arguments;
mod client;
mod demo;
mod doctor;
mod ports;
#[cfg(unix)]
mod processes;
mod program;
mod verify;
