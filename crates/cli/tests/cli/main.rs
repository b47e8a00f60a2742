//! `image-import` as its users see it: a process with arguments, two outputs and an exit code.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod arguments;
mod client;
mod demo;
mod doctor;
#[cfg(unix)]
mod pages;
mod ports;
#[cfg(unix)]
mod processes;
mod program;
#[cfg(unix)]
mod running;
mod verify;
