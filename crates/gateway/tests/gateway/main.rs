//! The gateway as its clients see it, in front of services that say what the test wants.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod access;
mod forwarding;
mod golden;
mod inside;
mod limits;
mod pages;
mod stub;
mod trouble;
